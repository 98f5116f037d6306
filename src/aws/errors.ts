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

/** AWS's errors that an operator can mend, by name on the wire or in the SDK. The first that matches counts. */
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
    message: 'AWS did not accept the credentials for {operation}. {detail}',
    next: 'Log in again, and check the clock of this machine.',
  },
  {
    matches: /^(UnauthorizedOperation|AccessDenied|AccessDeniedException)$/,
    code: 'access-denied',
    message: 'These credentials may not call {operation}. {detail}',
    next: 'Allow the action in the IAM policy of this role or user; the README lists all that turnout needs.',
  },
  {
    matches: /^TargetGroupNotFound/,
    code: 'target-group-not-found',
    message: 'AWS knows no such target group. {detail}',
    next: 'Check the names under `traffic` in the config, the region and the account.',
  },
  {
    matches: /^(LoadBalancerNotFound|ListenerNotFound|RuleNotFound)/,
    code: 'route-not-found',
    message: 'AWS knows no such load balancer, listener or rule. {detail}',
    next: 'Check `traffic.production` and `traffic.test` in the config, the region and the account.',
  },
  {
    matches: /^(NoSuchHostedZone|InvalidChangeBatch|InvalidInput)/,
    code: 'records-refused',
    message: 'Route 53 did not accept {operation}. {detail}',
    next: 'Check the zones, names and set identifiers under `traffic.production` in the config.',
  },
  {
    matches: /^TooManyTargets/,
    code: 'too-many-targets',
    message: 'The target group takes no more targets. {detail}',
    next: 'While production moves, both fleets are in its groups: raise the quotas of targets a group and targets a load balancer to twice a fleet.',
  },
  {
    matches: /^OperationNotPermitted$/,
    code: 'termination-protected',
    message: '{operation} is not permitted. {detail}',
    next: 'Take the termination protection off these instances if they may go, then run this again.',
  },
  {
    matches: /^InvalidLaunchTemplateId\.VersionNotFound$/,
    code: 'no-such-version',
    message: 'The launch template has no such version. {detail}',
    next: 'Check the release, and that its build has made the template version.',
  },
  {
    matches: /^InvalidLaunchTemplate/,
    code: 'launch-template-not-found',
    message: 'EC2 does not know the launch template. {detail}',
    next: 'Check `fleet.launchTemplate` in the config, the region and the account.',
  },
  {
    matches: /^ParameterNotFound$/,
    code: 'parameter-not-found',
    message: 'SSM knows no such parameter. {detail}',
    next: 'Check `fleet.image.parameter` in the config, and that the release was built.',
  },
  {
    matches:
      /^(InstanceLimitExceeded|VcpuLimitExceeded|MaxSpotInstanceCountExceeded|InsufficientInstanceCapacity|InsufficientFreeAddressesInSubnet)$/,
    code: 'no-capacity',
    message: 'EC2 cannot start that many instances. {detail}',
    next: 'Run this again later, ask for fewer (`--count`), or raise the quota; instances are never started twice.',
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

/** Errors of the connection, by Node's code or the SDK's name. */
const BROKEN =
  /^(TimeoutError|RequestTimeout|RequestTimeoutException|ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/** An outage inside AWS or on the way to it: the SDK has tried again in vain, and later it may work. */
function isTransient({ name = '', code = '', $metadata }: AwsError): boolean {
  return ($metadata?.httpStatusCode ?? 0) >= 500 || BROKEN.test(name) || BROKEN.test(code);
}

/**
 * Turns what the SDK throws into a sentence with advice. Errors of ours pass through.
 * @param operation such as `ec2:RunInstances`, which is the IAM action too
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
    const message = `AWS throttled ${operation} for as long as we tried (${aws.$metadata?.attempts ?? '?'} times). ${detail}`;
    return new OperatorError('throttled', message, {
      next: ['Wait a minute and run this again: it goes on where it stopped.'],
      transient: true,
      cause: error,
    });
  }
  const request = aws.$metadata?.requestId ? ` (request ${aws.$metadata.requestId})` : '';
  return new OperatorError('aws-error', `${operation} failed: ${aws.name ?? 'Error'}: ${detail}${request}`, {
    next: ['Look at `turnout status`, then run this again: it goes on where it stopped.'],
    transient: isTransient(aws),
    cause: error,
  });
}
