/**
 * Behaviour of a release or of one instance: `ok` serves, `sick` fails health checks, `slow` responds late, `crash` exits
 * soon after its start, `errors` answers some requests with 500, and is healthy.
 */
export type BehaviourName = 'ok' | 'sick' | 'slow' | 'crash' | 'errors';

export interface Behaviour {
  readonly name: BehaviourName;
  /** `slow`: added latency in milliseconds, also for health checks. */
  readonly ms: number;
  /** `errors`: of how many of a hundred requests it fails, health checks not counted. */
  readonly percent?: number;
}

export const BEHAVIOURS: readonly BehaviourName[] = ['ok', 'sick', 'slow', 'crash', 'errors'];
/** Longer than the timeout of any health check. */
const SLOW_MS = 10_000;
/** Failures of the behaviour `errors`. */
const ERRORS_PERCENT = 3;
/** Lifetime of an app with the behaviour `crash`. */
export const CRASH_MS = 300;
export const OK: Behaviour = { name: 'ok', ms: 0 };

export function behaviour(name: BehaviourName, ms = SLOW_MS): Behaviour {
  if (name === 'errors') return { name, ms: 0, percent: ERRORS_PERCENT };
  return { name, ms: name === 'slow' ? ms : 0 };
}
