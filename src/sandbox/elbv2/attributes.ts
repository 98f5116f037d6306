import { validationError, elbv2Unsupported } from './errors.ts';
import type { TextMap } from './model.ts';
import { ownValue } from '../records.ts';

/** An attribute: its default, and a check that throws `ValidationError` for an invalid value. */
interface AttributeSpec {
  readonly default: string;
  check(key: string, value: string): void;
}

export type AttributeSpecs = Readonly<Record<string, AttributeSpec>>;

/** Seconds up to `high`; fractions are allowed, but the API returns them rounded up. */
function seconds(usual: string, low: number, high: number): AttributeSpec {
  const check = (key: string, value: string): void => {
    const number = Number(value);
    const valid = value.trim() !== '' && number >= 0 && number <= high && (low === 0 || number > 0);
    if (!valid)
      throw validationError(`The value of the attribute '${key}' must be between '${low}' and '${high}' inclusive`);
  };
  return { default: usual, check };
}

function oneOf(usual: string, ...others: string[]): AttributeSpec {
  const check = (key: string, value: string): void => {
    if (value !== usual && !others.includes(value)) {
      throw validationError(`'${value}' is not a valid value for the attribute '${key}'`);
    }
  };
  return { default: usual, check };
}

function percentOrOff(): AttributeSpec {
  const check = (key: string, value: string): void => {
    const number = Number(value);
    if (value !== 'off' && !(Number.isInteger(number) && number >= 1 && number <= 100))
      throw validationError(`The value of the attribute '${key}' must be 'off' or between '1' and '100' inclusive`);
  };
  return { default: 'off', check };
}

/** An attribute that the sandbox does not implement: only its default is accepted. */
function fixed(usual: string): AttributeSpec {
  const check = (key: string, value: string): void => {
    if (value !== usual) throw elbv2Unsupported(`the value '${value}' of the attribute '${key}', only '${usual}'`);
  };
  return { default: usual, check };
}

export const CROSS_ZONE = 'load_balancing.cross_zone.enabled';

/** Target group attributes (ELBv2 API, TargetGroupAttribute). */
export const GROUP_ATTRIBUTES: AttributeSpecs = {
  'deregistration_delay.timeout_seconds': seconds('300', 0, 3600),
  'load_balancing.algorithm.anomaly_mitigation': fixed('off'),
  'load_balancing.algorithm.type': oneOf('round_robin', 'least_outstanding_requests'),
  [CROSS_ZONE]: oneOf('use_load_balancer_configuration', 'true', 'false'),
  'slow_start.duration_seconds': seconds('0', 0, 900),
  'stickiness.app_cookie.cookie_name': fixed(''),
  'stickiness.app_cookie.duration_seconds': fixed('86400'),
  'stickiness.enabled': oneOf('false', 'true'),
  'stickiness.lb_cookie.duration_seconds': seconds('86400', 1, 604_800),
  'stickiness.type': fixed('lb_cookie'),
  'target_group_health.dns_failover.minimum_healthy_targets.count': seconds('1', 1, 1000),
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': percentOrOff(),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': seconds('1', 1, 1000),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': percentOrOff(),
};

/** Load balancer attributes (ELBv2 API, LoadBalancerAttribute). */
const BALANCER_ATTRIBUTES: AttributeSpecs = {
  'access_logs.s3.bucket': fixed(''),
  'access_logs.s3.enabled': fixed('false'),
  'access_logs.s3.prefix': fixed(''),
  'client_keep_alive.seconds': fixed('3600'),
  'connection_logs.s3.bucket': fixed(''),
  'connection_logs.s3.enabled': fixed('false'),
  'connection_logs.s3.prefix': fixed(''),
  'deletion_protection.enabled': oneOf('false', 'true'),
  'idle_timeout.timeout_seconds': seconds('60', 1, 4000),
  [CROSS_ZONE]: fixed('true'),
  'routing.http.desync_mitigation_mode': fixed('defensive'),
  'routing.http.drop_invalid_header_fields.enabled': fixed('false'),
  'routing.http.preserve_host_header.enabled': oneOf('false', 'true'),
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': fixed('false'),
  'routing.http.xff_client_port.enabled': fixed('false'),
  'routing.http.xff_header_processing.mode': fixed('append'),
  'routing.http2.enabled': fixed('true'),
  'waf.fail_open.enabled': fixed('false'),
  'zonal_shift.config.enabled': fixed('false'),
};

export function balancerAttributes(type: 'application' | 'network'): AttributeSpecs {
  return type === 'network' ? { ...BALANCER_ATTRIBUTES, [CROSS_ZONE]: oneOf('false', 'true') } : BALANCER_ATTRIBUTES;
}

export function defaultAttributes(specs: AttributeSpecs): TextMap {
  return new Map(Object.entries(specs).map(([key, spec]) => [key, spec.default]));
}

interface Attribute {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** The attributes with the changes applied. Throws if a change is not valid. */
export function updatedAttributes(
  specs: AttributeSpecs,
  old: TextMap,
  changes: readonly Attribute[] | undefined,
): TextMap {
  const next = new Map(old);
  for (const { Key: key = '', Value: value = '' } of changes ?? []) {
    const spec = ownValue(specs, key);
    if (!spec) throw validationError(`Attribute key '${key}' is not recognized`);
    spec.check(key, value);
    next.set(key, value);
  }
  return next;
}

/** The attributes as the API returns them: in whole seconds, rounded up. */
export function attributeShapes(attributes: TextMap): { Key: string; Value: string }[] {
  return [...attributes].map(([Key, value]) => ({
    Key,
    Value: Key.endsWith('seconds') ? String(Math.ceil(Number(value))) : value,
  }));
}

/** An attribute that is in seconds, in milliseconds. */
export function msOf(attributes: TextMap, key: string): number {
  return Number(attributes.get(key)) * 1000;
}

/** Milliseconds in whole seconds as the API returns them, at least 1. */
export function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
