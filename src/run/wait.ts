import type { Snapshot } from '../observe/snapshot.ts';
import { poolByName } from '../plan/look.ts';
import type { Step } from '../plan/step.ts';

/** Time limits of a run, in milliseconds. */
export interface Limits {
  /** Until every instance runs. */
  readonly bootMs: number;
  /** Until targets are healthy, or a guard allows a step. */
  readonly healthyMs: number;
  /** Until draining has ended. */
  readonly releasedMs: number;
}

/** AWS shows an effect within seconds; a minute without it is an error. */
export const SETTLE_MS = 60_000;

export function limitOf(step: Step, limits: Limits): number {
  switch (step.do) {
    case 'await-running':
      return limits.bootMs;
    case 'await-healthy':
      return limits.healthyMs;
    case 'remove':
    case 'await-released':
      return limits.releasedMs;
    default:
      return SETTLE_MS;
  }
}

/** The share of a time that polling may add to it. */
const SLACK = 1 / 20;
const SHORTEST_MS = 100;

/**
 * When to look again. Health changes with a check, so a twentieth of the check's interval is soon enough at first; for
 * everything else, and after long waits, a twentieth of the time waited so far. From 0.1 s up to 1 s, or 5 s for slow things.
 */
export function pauseMs(snapshot: Snapshot, step: Step, waitedMs: number): number {
  const isHealth = step.do === 'await-healthy';
  const known = isHealth ? poolByName(snapshot, step.pool).intervalS * 1000 : 0;
  return Math.min(Math.max(Math.max(known, waitedMs) * SLACK, SHORTEST_MS), isHealth ? 1000 : 5000);
}
