import type { Authorization } from '../decide.ts';
import { arnIn, type Inventory } from '../inventory.ts';
import { autoScalingAuthorizations } from './autoscaling.ts';
import { ec2Authorizations } from './ec2.ts';
import { elbv2Authorizations } from './elbv2.ts';
import { opsworksAuthorizations } from './opsworks.ts';
import { route53Authorizations } from './route53.ts';
import { ssmAuthorizations } from './ssm.ts';

type Asks = (operation: string, input: object, inventory: Inventory) => readonly Authorization[];

/** By the prefix of a service's IAM actions. */
const ASKS: Readonly<Record<string, Asks>> = {
  autoscaling: autoScalingAuthorizations,
  cloudwatch: cloudWatchAuthorizations,
  ec2: ec2Authorizations,
  elasticloadbalancing: elbv2Authorizations,
  iam: iamAuthorizations,
  opsworks: opsworksAuthorizations,
  route53: route53Authorizations,
  s3: s3Authorizations,
  ssm: ssmAuthorizations,
  // "No permissions are required" (STS API, GetCallerIdentity).
  sts: () => [],
};

/** What IAM is asked for a request: each must be allowed. Of a service that is not known here, the action on any resource. */
export function authorizationsOf(
  prefix: string,
  operation: string,
  input: object,
  inventory: Inventory,
): readonly Authorization[] {
  const asks = Object.hasOwn(ASKS, prefix) ? ASKS[prefix] : undefined;
  const common = { 'aws:RequestedRegion': [inventory.region] };
  const asked = asks?.(operation, input, inventory) ?? [onAny(prefix, operation)];
  return asked.map((question) => ({ ...question, context: { ...common, ...question.context } }));
}

function onAny(prefix: string, operation: string): Authorization {
  return { action: `${prefix}:${operation}`, resource: '*', context: {} };
}

/** Only alarms have ARNs. */
function cloudWatchAuthorizations(operation: string, input: object, inventory: Inventory): readonly Authorization[] {
  const { AlarmName, AlarmNames = [] } = input as { readonly AlarmName?: string; readonly AlarmNames?: string[] };
  const names = AlarmName === undefined ? AlarmNames : [AlarmName];
  if (names.length === 0) return [onAny('cloudwatch', operation)];
  return names.map((name) => ({
    ...onAny('cloudwatch', operation),
    resource: arnIn(inventory, 'cloudwatch', `alarm:${name}`),
  }));
}

function iamAuthorizations(operation: string, input: object, { account }: Inventory): readonly Authorization[] {
  const { RoleName, PolicySourceArn } = input as { readonly RoleName?: string; readonly PolicySourceArn?: string };
  const resource = PolicySourceArn ?? `arn:aws:iam::${account}:role/${RoleName ?? '*'}`;
  return [{ ...onAny('iam', operation), resource }];
}

/** HEAD needs the permission of GET or of a list (S3 user guide, "Required permissions for Amazon S3 API operations"). */
const S3_ACTIONS: Readonly<Record<string, string>> = {
  HeadObject: 'GetObject',
  HeadBucket: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
};

interface S3Request {
  readonly Bucket?: string;
  readonly Key?: string;
  readonly Prefix?: string;
}

/** That an object is not there is told only to those who may list it, as by its key for a prefix (S3 API, GetObject and HeadObject). */
function s3Authorizations(operation: string, input: object, inventory: Inventory): readonly Authorization[] {
  const { Bucket = '*', Key, Prefix } = input as S3Request;
  const on = (name: string, path: string, prefix: string | undefined): Authorization => ({
    action: `s3:${S3_ACTIONS[name] ?? name}`,
    resource: `arn:aws:s3:::${path}`,
    context: prefix === undefined ? {} : { 's3:prefix': [prefix] },
  });
  if (Key === undefined) return [on(operation, Bucket, Prefix)];
  const isTold = /^(?:Get|Head)Object$/.test(operation) && inventory.lacksObject(Bucket, Key);
  return [on(operation, `${Bucket}/${Key}`, undefined), ...(isTold ? [on('ListObjectsV2', Bucket, Key)] : [])];
}
