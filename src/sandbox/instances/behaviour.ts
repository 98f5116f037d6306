/** How a release, or one instance of it, behaves: what makes a release good or bad. */
export type BehaviourName = 'ok' | 'sick' | 'slow' | 'crash';

export interface Behaviour {
  readonly name: BehaviourName;
  /** `slow`: how late every answer is, health checks too. Milliseconds. */
  readonly ms: number;
}

export const BEHAVIOURS: readonly BehaviourName[] = ['ok', 'sick', 'slow', 'crash'];
/** Later than any health check of the sandbox waits. */
export const SLOW_MS = 10_000;
export const OK: Behaviour = { name: 'ok', ms: 0 };

export function behaviour(name: BehaviourName, ms = SLOW_MS): Behaviour {
  return { name, ms: name === 'slow' ? ms : 0 };
}
