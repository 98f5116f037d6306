import { ec2DenialText } from '../iam/denial.ts';
import { ApiError } from '../service.ts';
import { json10, json11, json11Documents } from './json.ts';
import type { Protocol, WireRequest } from './protocol.ts';
import { awsQuery, ec2Query, queryParams } from './query.ts';
import { restS3 } from './rest-s3.ts';
import { restXml } from './rest-xml.ts';
import { ownValue } from '../records.ts';

/** The protocol of one version of an AWS service, and the SDK package whose schemas describe it. */
export interface ServiceProtocol {
  readonly service: string;
  readonly protocol: Protocol;
  /** Loads the SDK package; absent for services that the sandbox does not implement. */
  readonly client?: () => Promise<object>;
  /** The error of a throttled request. */
  readonly throttled: () => ApiError;
  /** The error of a request that IAM does not allow. */
  readonly denied: (message: string) => ApiError;
}

const denied = (message: string) => new ApiError('AccessDenied', message, 403);
const deniedInJson = (message: string) => new ApiError('AccessDeniedException', message);

const rateExceeded = (code: string) => () => new ApiError(code, 'Rate exceeded');

const ec2: ServiceProtocol = {
  service: 'ec2',
  protocol: ec2Query('http://ec2.amazonaws.com/doc/2016-11-15/'),
  client: () => import('@aws-sdk/client-ec2'),
  throttled: () => new ApiError('RequestLimitExceeded', 'Request limit exceeded.', 503),
  denied: (message) => new ApiError('UnauthorizedOperation', ec2DenialText(message), 403),
};

const elbv2: ServiceProtocol = {
  service: 'elbv2',
  protocol: awsQuery('http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/'),
  client: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
  throttled: rateExceeded('Throttling'),
  denied,
};

const elb: ServiceProtocol = {
  service: 'elb',
  protocol: awsQuery('http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/'),
  throttled: rateExceeded('Throttling'),
  denied,
};

const autoscaling: ServiceProtocol = {
  service: 'autoscaling',
  protocol: awsQuery('http://autoscaling.amazonaws.com/doc/2011-01-01/'),
  client: () => import('@aws-sdk/client-auto-scaling'),
  throttled: rateExceeded('Throttling'),
  denied,
};

const ssm: ServiceProtocol = {
  service: 'ssm',
  protocol: json11,
  client: () => import('@aws-sdk/client-ssm'),
  throttled: rateExceeded('ThrottlingException'),
  denied: deniedInJson,
};

const opsworks: ServiceProtocol = {
  service: 'opsworks',
  protocol: json11Documents,
  client: async () => (await import('../opsworks/schemas.ts')).schemas,
  throttled: rateExceeded('ThrottlingException'),
  denied: deniedInJson,
};

const route53: ServiceProtocol = {
  service: 'route53',
  protocol: restXml('https://route53.amazonaws.com/doc/2013-04-01/'),
  client: () => import('@aws-sdk/client-route-53'),
  throttled: rateExceeded('Throttling'),
  denied,
};

const s3: ServiceProtocol = {
  service: 's3',
  protocol: restS3,
  client: () => import('@aws-sdk/client-s3'),
  throttled: () => new ApiError('SlowDown', 'Please reduce your request rate.', 503),
  denied,
};

const cloudwatch: ServiceProtocol = {
  service: 'cloudwatch',
  protocol: json10,
  client: () => import('@aws-sdk/client-cloudwatch'),
  throttled: rateExceeded('ThrottlingException'),
  denied: deniedInJson,
};

/** The protocol of older clients and tools. */
const cloudwatchQuery: ServiceProtocol = {
  ...cloudwatch,
  protocol: awsQuery('http://monitoring.amazonaws.com/doc/2010-08-01/'),
  throttled: rateExceeded('Throttling'),
  denied,
};

const iam: ServiceProtocol = {
  service: 'iam',
  protocol: awsQuery('https://iam.amazonaws.com/doc/2010-05-08/'),
  client: () => import('@aws-sdk/client-iam'),
  throttled: rateExceeded('Throttling'),
  denied,
};

const sts: ServiceProtocol = {
  service: 'sts',
  protocol: awsQuery('https://sts.amazonaws.com/doc/2011-06-15/'),
  client: () => import('@aws-sdk/client-sts'),
  throttled: rateExceeded('Throttling'),
  denied,
};

/** The two ELB APIs share host and signing name: only the version distinguishes them. */
const BY_VERSION: Readonly<Record<string, ServiceProtocol>> = {
  '2016-11-15': ec2,
  '2015-12-01': elbv2,
  '2012-06-01': elb,
  '2011-01-01': autoscaling,
  '2010-08-01': cloudwatchQuery,
  '2010-05-08': iam,
  '2011-06-15': sts,
};
const BY_TARGET: Readonly<Record<string, ServiceProtocol>> = {
  AmazonSSM: ssm,
  OpsWorks_20130218: opsworks,
  GraniteServiceVersion20100801: cloudwatch,
};

/** The service that a request is for; undefined when it was not sent by an AWS client. */
export function serviceProtocolOf(request: WireRequest): ServiceProtocol | undefined {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string')
    return ownValue(BY_TARGET, target.split('.')[0] ?? '') ?? unknownService(request, json11);
  if (isForS3(request.headers)) return s3;
  if (request.path.startsWith('/2013-04-01/')) return route53;
  const params = queryParams(request);
  const version = params.get('Version') ?? '';
  const known = ownValue(BY_VERSION, version);
  if (known) return known;
  if (params.has('Action')) return unknownService(request, awsQuery(`https://amazonaws.com/doc/${version}/`));
  return isSigned(request) ? unknownService(request, json11) : undefined;
}

/** A service that the sandbox does not implement: all of its operations are unknown. */
function unknownService(request: WireRequest, protocol: Protocol): ServiceProtocol {
  return { service: signedFor(request.headers), protocol, throttled: rateExceeded('ThrottlingException'), denied };
}

/** The service that a signature is for. */
function signedFor(headers: WireRequest['headers']): string {
  return /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(String(headers.authorization ?? ''))?.[1] ?? 'unknown';
}

/** Any path may be an object of S3: only the signature says so. */
export function isForS3(headers: WireRequest['headers']): boolean {
  return signedFor(headers) === 's3';
}

/** How far apart the clocks of client and service may be (S3 API reference, "Error responses": RequestTimeTooSkewed). */
const SKEW_MAX_MS = 15 * 60_000;

/** Whether it was signed too long ago, or too far ahead. */
export function isTooSkewed({ headers }: WireRequest, now: number): boolean {
  const signed = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date'] ?? ''));
  if (signed === null) return false;
  const [year, month, day, ...time] = signed.slice(1).map(Number) as [number, number, number, ...number[]];
  return Math.abs(Date.UTC(year, month - 1, day, ...time) - now) > SKEW_MAX_MS;
}

/** Whether a request has a signature. It is not verified, since there is no secret key; an unsigned request fails as on AWS. */
export function isSigned(request: WireRequest): boolean {
  return (
    /^AWS4-(HMAC-SHA256|ECDSA-P256-SHA256) /.test(String(request.headers.authorization ?? '')) ||
    request.query.has('X-Amz-Signature')
  );
}

/** The access key that a request is signed with; empty where it is in the URL. */
export function accessKeyOf(request: WireRequest): string {
  return /Credential=([^/]+)\//.exec(String(request.headers.authorization ?? ''))?.[1] ?? '';
}
