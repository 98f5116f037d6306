import { isHealthy, targetKey } from '../domain/minimum-healthy.ts';
import { poolByName } from '../domain/queries.ts';
import { targetsOf } from '../domain/roles.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { duration } from '../domain/text.ts';
import type { StepDefinition } from './definition.ts';
import { batchText } from './deploys.ts';
import { WAITS_QUIETLY } from './presets.ts';
import { EFFECT_SHOWS_MS, untilThen } from './timing.ts';
import { fleetOf, memberIds, noEarlierThan } from './world.ts';

/**
 * Wait until ELB has raised the share of the pool that the fleet, or some of its instances, have, step by step. It ends at once when
 * no target is left that is out of slow start (ALB user guide, slow start mode), so the others stay until then.
 */
export interface AwaitSlowStart {
  readonly do: 'await-slow-start';
  readonly pool: string;
  readonly fleet: string;
  /** Absent: all of the fleet's. */
  readonly instances?: readonly string[];
  readonly seconds: number;
}

export const awaitSlowStart: StepDefinition<AwaitSlowStart> = (step) => ({
  ...WAITS_QUIETLY,
  title: (snapshot) =>
    `wait ${duration(step.seconds)}, the slow start of ${step.instances ? batchText(snapshot, step.instances) : fleetOf(snapshot, step).release} in ${step.pool}`,
  instances: (snapshot) => step.instances ?? memberIds(snapshot, step),
  estimateS: () => step.seconds,
  progress: (snapshot) => (leftS(snapshot, step) === 0 ? 'done' : 'under way'),
  readsToPoll: () => ({ pools: [step.pool], fleets: [], healthyIn: step.pool }),
  timeLimitMs: () => step.seconds * 1000 + EFFECT_SHOWS_MS,
  pollEveryMs: (snapshot) => untilThen(leftS(snapshot, step)),
  simulate: (snapshot) => noEarlierThan(snapshot, snapshot.at + step.seconds * 1000),
});

/** Counted from when each target was first seen to be healthy; 0 where no others serve beside it. */
function leftS(snapshot: Snapshot, { pool: name, fleet: id, instances, seconds }: AwaitSlowStart): number {
  const pool = poolByName(snapshot, name);
  const of = targetsOf(pool, fleetOf(snapshot, { fleet: id }));
  const own = new Set(instances ? of.filter((target) => instances.includes(target.id)) : of);
  const healthy = pool.targets.filter(isHealthy);
  if (healthy.every((target) => own.has(target))) return 0;
  const known = snapshot.details?.healthySince ?? {};
  const since = healthy
    .filter((target) => own.has(target))
    .map((one) => known[`${name} ${targetKey(one)}`] ?? Infinity);
  const until = Math.max(0, ...since) + seconds * 1000;
  return until === Infinity ? seconds : Math.max(0, (until - snapshot.at) / 1000);
}
