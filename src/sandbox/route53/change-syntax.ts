import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { invalidInput, route53Unsupported } from './errors.ts';
import { isSupportedType } from './values.ts';

const ACTIONS = ['CREATE', 'DELETE', 'UPSERT'];
/** Route 53's record types (Route 53 API, ResourceRecordSet); not imported, since that would load the SDK package. */
const TYPES = 'SOA A TXT NS CNAME MX NAPTR PTR SRV SPF AAAA CAA DS TLSA SSHFP SVCB HTTPS'.split(' ');
const WEIGHT_MAX = 255;
const TTL_MAX = 2_147_483_647;

/** Routing policies that the sandbox does not implement. */
const POLICIES = [
  'Region',
  'GeoLocation',
  'Failover',
  'MultiValueAnswer',
  'CidrRoutingConfig',
  'GeoProximityLocation',
] as const;

/** Validates a change without its zone. Throws `InvalidInput`. */
export function checkChange({ Action, ResourceRecordSet: set = {} as ResourceRecordSet }: Change): void {
  const { SetIdentifier: id, Weight: weight } = set;
  const [action, type] = [String(Action), String(set.Type)];
  checkEnumeration(ACTIONS, action);
  checkEnumeration(TYPES, type);
  const where = `in Change with [Action=${action}, Name=${set.Name}, Type=${type}, SetIdentifier=${id ?? 'null'}]`;
  const policy = POLICIES.find((name) => set[name] !== undefined);
  if (policy !== undefined) throw route53Unsupported(`routing by ${policy}`);
  if (set.TrafficPolicyInstanceId !== undefined) throw route53Unsupported('traffic policies');
  checkContent(set, where);
  if (weight !== undefined && id === undefined) throw invalidRequest(`Missing field 'SetIdentifier' ${where}`);
  if (weight === undefined && id !== undefined) {
    throw invalidRequest(`Expected exactly one of [Weight, ${POLICIES.join(', ')}], but found none ${where}`);
  }
  checkRange('ResourceRecordSetWeight', weight, WEIGHT_MAX);
  checkRange('TTL', set.TTL, TTL_MAX);
  if (id !== undefined && (id.length < 1 || id.length > 128))
    throw invalidInput('SetIdentifier must have 1 to 128 characters');
  if (!isSupportedType(type)) throw route53Unsupported(`records of the type ${type}`);
}

function invalidRequest(message: string): Error {
  return invalidInput(`Invalid request: ${message}`);
}

function checkContent(
  { AliasTarget: alias, TTL: ttl, ResourceRecords: records }: ResourceRecordSet,
  where: string,
): void {
  const listed = ttl !== undefined && records !== undefined && records.length > 0;
  if (alias ? ttl === undefined && records === undefined : listed) return;
  const expected =
    'Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]';
  throw invalidRequest(`${expected}, but found ${alias ? 'more than one' : 'none'} ${where}`);
}

function checkEnumeration(values: readonly string[], value: string): void {
  if (values.includes(value)) return;
  const list = `'[${values.join(', ')}]'. It must be a value from the enumeration.`;
  throw invalidInput(
    `Invalid XML ; cvc-enumeration-valid: Value '${value}' is not facet-valid with respect to enumeration ${list}`,
  );
}

function checkRange(type: string, value: number | undefined, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= max)) return;
  const [facet, bound] = value > max ? ['maxInclusive', max] : ['minInclusive', 0];
  const fault = `Value '${value}' is not facet-valid with respect to ${facet} '${bound}' for type '${type}'.`;
  throw invalidInput(`Invalid XML ; cvc-${facet}-valid: ${fault}`);
}
