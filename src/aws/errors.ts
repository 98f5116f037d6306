import { proxyText } from '../proxy.ts';
import { messageOf, OperatorError } from '../errors.ts';
import { deniedError, isDenial, withoutCode } from './denial.ts';

interface AwsError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly requestId?: string; readonly attempts?: number; readonly httpStatusCode?: number };
}

interface Translation {
  /** The error's name on the wire or in the SDK, its code, or its message. */
  readonly matches: RegExp;
  /** The IAM action in which the name means this; absent: any. */
  readonly in?: RegExp;
  /** `{operation}` and `{detail}` are filled in, in `next` also the `{instance}` that AWS names. */
  readonly message: string;
  readonly next: string;
  /** It does not pass within seconds, whatever the status says. */
  readonly isFinal?: true;
}

/** AWS errors that an operator can fix, by our code. The first match is used. */
const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  'no-credentials': {
    matches: /^(CredentialsProviderError|ProviderError|TokenProviderError)$/,
    message: 'No AWS credentials were found. {detail}',
    next: 'Set AWS_PROFILE, or log in (`aws sso login`), or run where a role is attached.',
  },
  'bad-credentials': {
    matches:
      /^(ExpiredToken|ExpiredTokenException|RequestExpired|InvalidClientTokenId|AuthFailure|UnrecognizedClientException)$/,
    message: 'AWS rejected the credentials for {operation}. {detail}',
    next: 'Log in again, and check that the clock of this machine is right.',
  },
  'target-group-not-found': {
    matches: /^TargetGroupNotFound/,
    message: 'The target group does not exist. {detail}',
    next: 'Check the names under `traffic` in the config, the region and the account.',
  },
  'route-not-found': {
    matches: /^(LoadBalancerNotFound|ListenerNotFound|RuleNotFound)/,
    message: 'The load balancer, listener or rule does not exist. {detail}',
    next: 'Check `traffic.production` and `traffic.test` in the config, the region and the account.',
  },
  'records-refused': {
    matches: /^(NoSuchHostedZone|InvalidChangeBatch|InvalidInput)/,
    message: 'Route 53 rejected {operation}. {detail}',
    next: 'Check the zones, names and set identifiers under `traffic.production` in the config.',
  },
  'too-many-targets': {
    matches: /^TooManyTargets/,
    message: 'The target group, or its load balancer, has reached its maximum number of targets. {detail}',
    next: 'During a switch both fleets are registered: raise the quotas for targets per target group to twice the size of a fleet, and per load balancer to four times that size.',
  },
  // Those of other zones may be gone: EC2 terminates nothing in a zone in which the request names a protected one (EC2 API, TerminateInstances).
  'termination-protected': {
    matches: /^OperationNotPermitted$/,
    in: /^ec2:TerminateInstances$/,
    message: 'Termination protection keeps instances from being terminated. {detail}',
    next: 'If it may be terminated, `aws ec2 modify-instance-attribute --instance-id {instance} --no-disable-api-termination` turns that off; then run this again.',
  },
  'tag-policy': {
    matches: /^TagPolicyViolation$/,
    message: "{operation} would set tags that the organization's tag policy does not allow. {detail}",
    next: 'Correct the value where it comes from, which is the launch template or the servers that are cloned; keys of turnout begin with `tagPrefix` of the config, and the policy has to allow any value of them. Then run this again.',
  },
  'too-many-tags': {
    matches: /^(TagLimitExceeded|TooManyTags)$/,
    message: '{operation} would set more tags than a resource can have. {detail}',
    next: 'Remove tags that are not needed: AWS allows 50 for each. Then run this again.',
  },
  'no-such-version': {
    matches: /^InvalidLaunchTemplateId\.VersionNotFound$/,
    message: 'The launch template version does not exist. {detail}',
    next: 'Check the release, and that its build created the launch template version.',
  },
  'launch-template-not-found': {
    matches: /^InvalidLaunchTemplate/,
    message: 'The launch template does not exist. {detail}',
    next: 'Check `fleet.launchTemplate` in the config, the region and the account.',
  },
  'parameter-not-found': {
    matches: /^ParameterNotFound$/,
    message: 'The SSM parameter does not exist. {detail}',
    next: 'Check `fleet.image.parameter` in the config, and that the release was built.',
  },
  // HTTP 500, and yet nothing that passes within seconds: EC2 asks to wait some minutes, or for another zone or type (EC2 API, error codes).
  'zone-is-full': {
    matches: /^InsufficientInstanceCapacity$/,
    message: 'EC2 has no capacity for this instance type in a zone now. {detail}',
    next: 'Run this again in some minutes: no instance is launched twice. A launch that begins anew can leave that zone out: `--zone` names the others.',
    isFinal: true,
  },
  'no-capacity': {
    matches:
      /^(InstanceLimitExceeded|VcpuLimitExceeded|MaxSpotInstanceCountExceeded|InsufficientFreeAddressesInSubnet)$/,
    message: 'EC2 cannot launch this many instances. {detail}',
    next: 'Raise the quota, or run this again later: no instance is launched twice.',
  },
  'image-gone': {
    matches: /^InvalidAMIID\.(NotFound|Unavailable)$/,
    message: 'The image does not exist any more, or cannot be used. {detail}',
    next: 'Build it again; then `turnout cleanup --discard --release R` and `turnout up --release R` begin anew.',
  },
  // Auto Scaling tries a template before it takes it, and says what EC2 says of it.
  'launch-refused': {
    matches:
      /^InvalidKeyPair\.NotFound$|^InvalidGroup\.NotFound$|Invalid IAM Instance Profile|valid fully-formed launch template/,
    message: 'EC2 would not launch these servers. {detail}',
    next: 'Make what is missing, then run this again; or correct the launch template, then `turnout abandon` and `turnout up` begin anew.',
  },
  'launch-changed': {
    matches: /^IdempotentParameterMismatch$/,
    message: 'A part of this fleet was launched in another way before. {detail}',
    next: '`turnout cleanup --discard --release R` terminates what was launched; then begin anew with `turnout up`.',
  },
  unreachable: {
    matches: /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_PROXY_TUNNEL|ERR_PROXY_INVALID_CONFIG)$/,
    message: 'AWS could not be reached for {operation}. {detail}',
    next: 'Check the network, the region and the endpoint (`AWS_ENDPOINT_URL`, `endpoint` in the config). Is the sandbox running?',
  },
  'no-region': {
    // Such as by a variable that is there and empty.
    matches: /^(Region is missing|RegionMissing)$|^Region not accepted: region=""/,
    message: 'No AWS region is set.',
    next: 'Set `region` in the config, or AWS_REGION.',
  },
};

function proxyAdvice(): string {
  const proxy = proxyText();
  return proxy === undefined
    ? 'Where only a proxy leads out, set HTTPS_PROXY.'
    : `Requests go through a proxy (${proxy}): check that it answers, and that it lets requests to AWS through.`;
}

const THROTTLED =
  /^(Throttling|ThrottlingException|ThrottledException|RequestThrottled|RequestThrottledException|RequestLimitExceeded|TooManyRequestsException|SlowDown|EC2ThrottledException|PriorRequestNotComplete)/;

export function isThrottling(error: unknown): boolean {
  return THROTTLED.test((error as AwsError | undefined)?.name ?? '');
}

/** Connection errors, by Node's code or the SDK's name. */
const BROKEN =
  /^(TimeoutError|RequestTimeout|RequestTimeoutException|ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/** An outage of AWS or of the network: the SDK's retries failed, but a later request may succeed. */
function isTransient({ name = '', code = '', $metadata }: AwsError): boolean {
  return ($metadata?.httpStatusCode ?? 0) >= 500 || BROKEN.test(name) || BROKEN.test(code);
}

/**
 * Turns an SDK error into an `OperatorError` with advice; an `OperatorError` is returned unchanged.
 * @param operation the IAM action, for example `ec2:RunInstances`
 */
export function translate(error: unknown, operation: string): OperatorError {
  if (error instanceof OperatorError) return error;
  const aws = error as AwsError;
  const said = withoutCode(messageOf(error)).trim();
  const detail = /[.!?]$/.test(said) ? said : `${said}.`;
  const keys = [aws.name ?? '', aws.code ?? '', said];
  if (keys.some(isDenial)) return deniedError(operation, detail, error);
  const known = Object.entries(TRANSLATIONS).find(
    ([, { matches, in: where }]) => keys.some((key) => matches.test(key)) && (where?.test(operation) ?? true),
  );
  if (known !== undefined) {
    const [code, { message: pattern, next, isFinal = false }] = known;
    const message = pattern.replace('{operation}', operation).replace('{detail}', detail).trim();
    const proxy = code === 'unreachable' ? [proxyAdvice()] : [];
    const transient = !isFinal && isTransient(aws);
    const instance = /\bi-[0-9a-f]+\b/.exec(said)?.[0] ?? 'ID';
    const advice = next.replace('{operation}', operation).replace('{instance}', instance);
    return new OperatorError(code, message, { next: [...proxy, advice], transient, cause: error });
  }
  if (isThrottling(error)) {
    const { attempts = 1 } = aws.$metadata ?? {};
    const message = `AWS throttled ${operation}${attempts > 1 ? ` ${attempts} times` : ''}. ${detail}`;
    return new OperatorError('throttled', message, {
      next: ['Wait a minute and run this again: it continues where it stopped.'],
      transient: true,
      cause: error,
    });
  }
  const request = aws.$metadata?.requestId ? ` (request ${aws.$metadata.requestId})` : '';
  return new OperatorError('aws-error', `${operation} failed: ${aws.name ?? 'Error'}: ${detail}${request}`, {
    next: ['Check `turnout status`, then run this again: it continues where it stopped.'],
    transient: isTransient(aws),
    cause: error,
  });
}
