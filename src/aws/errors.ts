import { messageOf, OperatorError } from '../errors.ts';

interface AwsError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly requestId?: string; readonly attempts?: number; readonly httpStatusCode?: number };
}

interface Translation {
  readonly matches: RegExp;
  readonly code: string;
  /** `{operation}` and `{detail}` are filled in. */
  readonly message: string;
  readonly next: string;
}

/** AWS errors that an operator can fix, by name on the wire or in the SDK. The first match is used. */
const TRANSLATIONS: readonly Translation[] = [
  {
    matches: /^(CredentialsProviderError|ProviderError|TokenProviderError)$/,
    code: 'no-credentials',
    message: 'No AWS credentials were found. {detail}',
    next: 'Set AWS_PROFILE, or log in (`aws sso login`), or run where a role is attached.',
  },
  {
    matches:
      /^(ExpiredToken|ExpiredTokenException|RequestExpired|InvalidClientTokenId|AuthFailure|UnrecognizedClientException)$/,
    code: 'bad-credentials',
    message: 'AWS rejected the credentials for {operation}. {detail}',
    next: 'Log in again, and check that the clock of this machine is right.',
  },
  {
    matches: /^(UnauthorizedOperation|AccessDenied|AccessDeniedException)$/,
    code: 'access-denied',
    message: 'These credentials are not allowed to call {operation}. {detail}',
    next: 'Allow the action in the IAM policy of this role or user; docs/permissions.md lists the permissions that turnout needs.',
  },
  {
    matches: /^TargetGroupNotFound/,
    code: 'target-group-not-found',
    message: 'The target group does not exist. {detail}',
    next: 'Check the names under `traffic` in the config, the region and the account.',
  },
  {
    matches: /^(LoadBalancerNotFound|ListenerNotFound|RuleNotFound)/,
    code: 'route-not-found',
    message: 'The load balancer, listener or rule does not exist. {detail}',
    next: 'Check `traffic.production` and `traffic.test` in the config, the region and the account.',
  },
  {
    matches: /^(NoSuchHostedZone|InvalidChangeBatch|InvalidInput)/,
    code: 'records-refused',
    message: 'Route 53 rejected {operation}. {detail}',
    next: 'Check the zones, names and set identifiers under `traffic.production` in the config.',
  },
  {
    matches: /^TooManyTargets/,
    code: 'too-many-targets',
    message: 'The target group has reached its maximum number of targets. {detail}',
    next: 'During a switch both fleets are registered: raise the quotas for targets per target group and per load balancer to twice the size of a fleet.',
  },
  {
    matches: /^OperationNotPermitted$/,
    code: 'termination-protected',
    message: '{operation} is not permitted. {detail}',
    next: 'If these instances may be terminated, turn off their termination protection, then run this again.',
  },
  {
    matches: /^InvalidLaunchTemplateId\.VersionNotFound$/,
    code: 'no-such-version',
    message: 'The launch template version does not exist. {detail}',
    next: 'Check the release, and that its build created the launch template version.',
  },
  {
    matches: /^InvalidLaunchTemplate/,
    code: 'launch-template-not-found',
    message: 'The launch template does not exist. {detail}',
    next: 'Check `fleet.launchTemplate` in the config, the region and the account.',
  },
  {
    matches: /^ParameterNotFound$/,
    code: 'parameter-not-found',
    message: 'The SSM parameter does not exist. {detail}',
    next: 'Check `fleet.image.parameter` in the config, and that the release was built.',
  },
  {
    matches:
      /^(InstanceLimitExceeded|VcpuLimitExceeded|MaxSpotInstanceCountExceeded|InsufficientInstanceCapacity|InsufficientFreeAddressesInSubnet)$/,
    code: 'no-capacity',
    message: 'EC2 cannot launch this many instances. {detail}',
    next: 'Run this again later, launch fewer (`--count`), or raise the quota. No instance is launched twice.',
  },
  {
    matches: /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/,
    code: 'unreachable',
    message: 'AWS could not be reached for {operation}. {detail}',
    next: 'Check the network, the region and the endpoint (`AWS_ENDPOINT_URL`, `endpoint` in the config). Is the sandbox running?',
  },
  {
    matches: /^(Region is missing|RegionMissing)$/,
    code: 'no-region',
    message: 'No AWS region is set.',
    next: 'Set `region` in the config, or AWS_REGION.',
  },
];

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
  const said = messageOf(error).trim();
  const detail = /[.!?]$/.test(said) ? said : `${said}.`;
  const keys = [aws.name ?? '', aws.code ?? '', said];
  const known = TRANSLATIONS.find(({ matches }) => keys.some((key) => matches.test(key)));
  if (known !== undefined) {
    const message = known.message.replace('{operation}', operation).replace('{detail}', detail).trim();
    return new OperatorError(known.code, message, { next: [known.next], transient: isTransient(aws), cause: error });
  }
  if (isThrottling(error)) {
    const message = `AWS throttled ${operation} ${aws.$metadata?.attempts ?? '?'} times. ${detail}`;
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
