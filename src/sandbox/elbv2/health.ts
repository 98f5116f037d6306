import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { CheckResult } from '../balancer/probe.ts';

export type FailedCheck = Exclude<CheckResult, { ok: true }>;

/**
 * The health of a target, and the number of consecutive checks with the opposite result. Sources are in
 * src/sandbox/BEHAVIOUR.md, "Target states".
 */
export type Health =
  | { readonly state: 'registering' }
  | { readonly state: 'checking'; readonly failed: number }
  | { readonly state: 'healthy'; readonly failed: number }
  | { readonly state: 'unhealthy'; readonly passed: number; readonly last: FailedCheck };

export interface Thresholds {
  /** Consecutive passed checks that make an unhealthy target healthy. */
  readonly healthy: number;
  /** Consecutive failed checks that make a target unhealthy. */
  readonly unhealthy: number;
}

export const REGISTERING: Health = { state: 'registering' };
export const CHECKING: Health = { state: 'checking', failed: 0 };
const HEALTHY: Health = { state: 'healthy', failed: 0 };

/** The health after a check. One passed check makes a newly registered target healthy (ALB user guide, "Health checks"). */
export function afterCheck(health: Health, result: CheckResult, thresholds: Thresholds): Health {
  return result.ok ? afterPass(health, thresholds) : afterFailure(health, result, thresholds);
}

function afterPass(health: Health, thresholds: Thresholds): Health {
  if (health.state !== 'unhealthy') return HEALTHY;
  const passed = health.passed + 1;
  return passed >= thresholds.healthy ? HEALTHY : { ...health, passed };
}

function afterFailure(health: Health, last: FailedCheck, thresholds: Thresholds): Health {
  if (health.state === 'unhealthy') return { state: 'unhealthy', passed: 0, last };
  if (health.state === 'registering') return health;
  const failed = health.failed + 1;
  return failed >= thresholds.unhealthy ? { state: 'unhealthy', passed: 0, last } : { ...health, failed };
}

/** The reasons for `unused`, with ELB's reason codes. */
export const NOT_REGISTERED = unused('Target.NotRegistered', 'Target is not registered to the target group');
export const NOT_IN_USE = unused(
  'Target.NotInUse',
  'Target group is not configured to receive traffic from the load balancer',
);
export const ZONE_NOT_ENABLED = unused(
  'Target.NotInUse',
  'Target is in an Availability Zone that is not enabled for the load balancer',
);

/** For an instance that is pending, stopped or terminated. */
export function invalidState(state: string): TargetHealth {
  return unused('Target.InvalidState', `Target is in the ${state} state`);
}

function unused(
  Reason: 'Target.NotRegistered' | 'Target.NotInUse' | 'Target.InvalidState',
  Description: string,
): TargetHealth {
  return { State: 'unused', Reason, Description };
}

export const DRAINING: TargetHealth = {
  State: 'draining',
  Reason: 'Target.DeregistrationInProgress',
  Description: 'Target deregistration is in progress',
};

const INITIAL = {
  registering: {
    State: 'initial',
    Reason: 'Elb.RegistrationInProgress',
    Description: 'Target registration is in progress',
  },
  checking: {
    State: 'initial',
    Reason: 'Elb.InitialHealthChecking',
    Description: 'Initial health checks in progress',
  },
} as const;

/** The SDK's shape of a target's health. */
export function targetHealthShape(health: Health): TargetHealth {
  if (health.state === 'healthy') return { State: 'healthy' };
  if (health.state === 'unhealthy') return { State: 'unhealthy', ...failureShape(health.last) };
  return INITIAL[health.state];
}

function failureShape(failure: FailedCheck): Pick<TargetHealth, 'Reason' | 'Description'> {
  if (failure.cause === 'mismatch') {
    const Description = `Health checks failed with these codes: [${failure.code}]`;
    return { Reason: 'Target.ResponseCodeMismatch', Description };
  }
  if (failure.cause === 'timeout') return { Reason: 'Target.Timeout', Description: 'Request timed out' };
  return { Reason: 'Target.FailedHealthChecks', Description: 'Health checks failed' };
}
