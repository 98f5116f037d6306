import { replaceById, withId } from '../domain/by-id.ts';
import { poolNames, registeredAt, type Places } from '../domain/in-place.ts';
import { isRegistered } from '../domain/roles.ts';
import type { Snapshot, Target } from '../domain/snapshot.ts';
import { targetWords } from '../domain/text.ts';
import type { Waiting } from '../domain/waiting.ts';
import type { Reads } from '../observe/reads.ts';
import { never, type StepDefinition } from './definition.ts';
import { batchText, countOf, goneInstances } from './deploys.ts';
import { forEachPool, isFine, isRequested, longest, poolsText, returnsTo } from './places.ts';
import { byHealthCheck, CALL_S, limit } from './timing.ts';
import { changePools } from './world.ts';

/** Register the instances where they were, and wait until they are healthy in all of it. */
export interface RegisterBack {
  readonly do: 'register-back';
  readonly fleet: string;
  readonly instances: readonly string[];
  readonly places: Places;
}

export const registerBack: StepDefinition<RegisterBack> = (step) => {
  const itsPools: Reads = { pools: poolNames(step.places), fleets: [] };
  return {
    title: (snapshot) => `put ${batchText(snapshot, step.instances)} back into ${poolsText(step)}`,
    instances: () => step.instances,
    estimateS: (snapshot) => longest(snapshot, step, 'intervalS') + CALL_S,
    progress: (snapshot) => {
      if (step.instances.every((id) => isBack(snapshot, step, id))) return 'done';
      return step.instances.every((id) => isRequested(snapshot, step, id)) ? 'under way' : 'todo';
    },
    guard: never,
    conflict: never,
    cannotSucceed: (snapshot) => goneInstances(snapshot, step.instances) ?? missingPool(snapshot, step),
    count: (snapshot) => {
      const waiting = step.instances.filter((id) => !isBack(snapshot, step, id));
      return countOf(
        step.instances,
        'healthy',
        waiting.map((id) => whyNotBack(snapshot, step, id)),
      );
    },
    lastSeen: never,
    readsBefore: () => ({ ...itsPools, fleets: [step.fleet] }),
    readsToPoll: () => itsPools,
    isDispensable: false,
    isAfterSwitch: false,
    effect: () => 'adds-capacity',
    timeLimitMs: limit('healthyMs'),
    pollEveryMs: (snapshot, waitedMs) => byHealthCheck(longest(snapshot, step, 'intervalS') * 1000, waitedMs),
    order: 'none',
    hook: 'none',
    apply: async ({ traffic }, snapshot) =>
      forEachPool(
        snapshot,
        (pool) => targetsOf(snapshot, step, pool).filter(({ id, port }) => !registeredAt(snapshot, id, { pool, port })),
        async (pool, targets) => traffic.register(pool, targets),
      ),
    simulate: (snapshot) =>
      changePools(snapshot, ({ name, targets }) => {
        const back = targetsOf(snapshot, step, name).map((one): Target => ({ ...one, state: 'healthy' }));
        const isIn = ({ id, port }: Target): boolean => back.some((one) => one.id === id && one.port === port);
        const others = step.instances.flatMap((id) => withId(targets, id)).filter((target) => !isIn(target));
        return back.length === 0 ? targets : replaceById(targets, step.instances, [...others, ...back]);
      }),
  };
};

/** The targets that the step puts into the pool. */
function targetsOf(snapshot: Snapshot, step: RegisterBack, pool: string) {
  return step.instances.flatMap((id) =>
    returnsTo(snapshot, step, id)
      .filter((place) => place.pool === pool)
      .map(({ port }) => ({ id, port })),
  );
}

function isBack(snapshot: Snapshot, step: RegisterBack, id: string): boolean {
  return returnsTo(snapshot, step, id).every((place) => {
    const target = registeredAt(snapshot, id, place);
    return target !== undefined && isFine(target);
  });
}

function whyNotBack(snapshot: Snapshot, step: RegisterBack, id: string): Waiting {
  for (const place of returnsTo(snapshot, step, id)) {
    const pool = snapshot.pools.find(({ name }) => name === place.pool);
    const target = pool?.targets.find((one) => one.id === id && one.port === place.port && isRegistered(one));
    if (pool === undefined || target === undefined) return { id, why: `not registered in ${place.pool}` };
    if (!isFine(target)) return { id, why: `${targetWords(target, pool)} in ${pool.name}` };
  }
  return { id, why: '' };
}

function missingPool(snapshot: Snapshot, step: RegisterBack): string | undefined {
  const known = new Set(snapshot.pools.map(({ name }) => name));
  const missing = step.instances.flatMap((id) => returnsTo(snapshot, step, id)).find(({ pool }) => !known.has(pool));
  return missing && `The target group ${missing.pool}, where it was registered, does not exist any more.`;
}
