/**
 * How a release, or one instance of it, behaves: `ok` serves, `sick` fails its health checks, `slow` answers late, `crash`
 * dies soon after it has started.
 */
export type BehaviourName = 'ok' | 'sick' | 'slow' | 'crash';

export interface Behaviour {
  readonly name: BehaviourName;
  /** `slow`: how late every answer is, health checks too. Milliseconds. */
  readonly ms: number;
}

export const BEHAVIOURS: readonly BehaviourName[] = ['ok', 'sick', 'slow', 'crash'];
/** Later than any health check of the sandbox waits. */
const SLOW_MS = 10_000;
/** How long a crashing app lives. */
export const CRASH_MS = 300;
export const OK: Behaviour = { name: 'ok', ms: 0 };

export function behaviour(name: BehaviourName, ms = SLOW_MS): Behaviour {
  return { name, ms: name === 'slow' ? ms : 0 };
}
