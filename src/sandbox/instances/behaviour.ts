/**
 * Behaviour of a release or of one instance: `ok` serves, `sick` fails health checks, `slow` responds late, `crash` exits
 * soon after its start.
 */
export type BehaviourName = 'ok' | 'sick' | 'slow' | 'crash';

export interface Behaviour {
  readonly name: BehaviourName;
  /** `slow`: added latency in milliseconds, also for health checks. */
  readonly ms: number;
}

export const BEHAVIOURS: readonly BehaviourName[] = ['ok', 'sick', 'slow', 'crash'];
/** Longer than the timeout of any health check. */
const SLOW_MS = 10_000;
/** Lifetime of an app with the behaviour `crash`. */
export const CRASH_MS = 300;
export const OK: Behaviour = { name: 'ok', ms: 0 };

export function behaviour(name: BehaviourName, ms = SLOW_MS): Behaviour {
  return { name, ms: name === 'slow' ? ms : 0 };
}
