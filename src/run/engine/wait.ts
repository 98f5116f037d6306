import type { Snapshot } from '../../domain/snapshot.ts';
import { poolByName } from '../../domain/queries.ts';
import { poolNames } from '../../domain/in-place.ts';
import { meaningOf } from '../../plan/meanings.ts';
import type { Step, StepOf } from '../../plan/step.ts';

/** Time limits of a run, in milliseconds. */
export interface Limits {
  /** Until every instance runs. */
  readonly bootMs: number;
  /** Until targets are healthy, or a guard allows a step. */
  readonly healthyMs: number;
  /** Until draining has ended. */
  readonly releasedMs: number;
  /** Until production's own answers show a switch. */
  readonly provenMs: number;
  /** Until a deploy, or the migrations, have ended. */
  readonly deployMs: number;
}

/** AWS shows an effect within seconds; a minute without it is an error. */
export const SETTLE_MS = 60_000;

/** Route 53 has been seen to take two minutes (aws-reference 2). */
const SYNC_MS = 600_000;

export function timeLimitOf(step: Step, limits: Limits): number {
  switch (step.do) {
    case 'await-running':
      return limits.bootMs;
    case 'await-healthy':
    case 'rejoin':
    case 'check':
      return limits.healthyMs;
    case 'remove':
    case 'await-released':
    case 'leave':
      return limits.releasedMs;
    case 'await-synced':
    case 'await-names':
      return SYNC_MS;
    case 'prove':
      return limits.provenMs;
    case 'watch':
    case 'await-ttl':
    case 'await-lowered':
      return step.seconds * 1000 + SETTLE_MS;
    case 'await-held':
    case 'await-tail':
      return limits.releasedMs;
    case 'deploy':
    case 'migrate':
      return limits.deployMs;
    default:
      return SETTLE_MS;
  }
}

/** The share of a time that polling may add to it. */
const SLACK = 1 / 20;
const SHORTEST_MS = 100;
/** Of a longer interval the first check may come as early as that. */
const SOON_MS = 5000;

function intervalMs(snapshot: Snapshot, step: StepOf<'await-healthy' | 'rejoin'>): number {
  if (step.do === 'await-healthy') return poolByName(snapshot, step.pool).intervalS * 1000;
  const names = poolNames(step.places);
  return Math.max(
    0,
    ...snapshot.pools.filter(({ name }) => names.includes(name)).map(({ intervalS }) => intervalS * 1000),
  );
}

/**
 * When to look again. Health changes with a check, so a twentieth of the check's interval is soon enough at first; for
 * everything else, and after long waits, a twentieth of the time waited so far. From 0.1 s up to 1 s, or 5 s for slow things.
 */
export function pollIntervalMs(snapshot: Snapshot, step: Step, waitedMs: number): number {
  // Asking takes its time already.
  if (step.do === 'prove' || step.do === 'await-names') return SHORTEST_MS;
  // Of Route 53 a whole account may ask five things a second.
  if (step.do === 'await-synced') return Math.min(Math.max(waitedMs / 50, 500), 1000);
  // Nothing but time has to pass.
  if (step.do === 'await-ttl' || step.do === 'await-lowered' || step.do === 'await-held')
    return Math.min(Math.max(meaningOf(step).seconds(snapshot, step) * 1000, 1), 5000);
  // What is counted by minutes does not change any faster.
  if (step.do === 'await-tail')
    return Math.min(Math.max(meaningOf(step).seconds(snapshot, step) * 1000 * SLACK, SHORTEST_MS), 5000);
  const isHealth = step.do === 'await-healthy' || step.do === 'rejoin';
  const known = isHealth ? Math.min(intervalMs(snapshot, step), SOON_MS) : 0;
  return Math.min(Math.max(Math.max(known, waitedMs) * SLACK, SHORTEST_MS), isHealth ? 1000 : 5000);
}
