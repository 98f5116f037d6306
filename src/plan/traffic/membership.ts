import { batchSize } from '../../domain/batches.ts';
import { defined } from '../../domain/defined.ts';
import { refusal } from '../../domain/goal.ts';
import { NO_MINIMUM } from '../../domain/minimum-healthy.ts';
import { poolByName } from '../../domain/queries.ts';
import { isIn, members, poolsOf } from '../../domain/roles.ts';
import { isScaled } from '../../domain/scaled.ts';
import type { Fleet, Snapshot } from '../../domain/snapshot.ts';
import { NOTHING } from '../../observe/reads.ts';
import type { Step } from '../../steps/index.ts';
import { sharedTestNotes } from '../outsiders.ts';
import { bakeSteps } from './bakes.ts';
import type { PaceOptions, Switch, TrafficModel } from './model.ts';
import {
  allowedOwnersIn,
  deregisterSteps,
  endSteps,
  enterStep,
  growSteps,
  holdSteps,
  namesOf,
  othersThan,
  registerSteps,
  releaseSteps,
  wantsStages,
} from './steps.ts';

/** Fleets move between the pools of production and test: add before remove. */
export function membership(snapshot: Snapshot): TrafficModel {
  const production = poolsOf(snapshot, 'production');
  const test = poolsOf(snapshot, 'test');
  const [own, tried] = [namesOf(production), namesOf(test)];
  const paceBack = (to: Fleet, { batch }: Pick<PaceOptions, 'batch'>) =>
    batch && isScaled(to) ? WHOLE : defined({ batch: batch && batchSize(batch, members(to).length) });
  return {
    testPools: () => test,
    servingPools: () => production,
    // What drains gets no new requests.
    shareOf: (fleet) => (production.some((pool) => isIn(pool, fleet)) ? 100 : 0),
    movesServers: true,
    readsBefore: NOTHING,
    capacityGroups: () => production.map((pool) => ({ name: pool.name, pools: [pool] })),
    get notes() {
      return sharedTestNotes(snapshot);
    },
    setupProblem: () => undefined,
    changedByOthers: () => undefined,
    paceOf: (to, options) => (wantsStages(options) ? NO_WEIGHTS : paceBack(to, options)),
    paceBack,
    switchSteps: (change, before) => [
      ...holdSteps(snapshot, change),
      ...before,
      ...batchSteps(snapshot, change, own),
      ...comeIn(snapshot, change, own),
      ...startSlowly(snapshot, change, own),
      // What serves may have scaled out until now, and what came in may have lost an instance.
      ...own.flatMap((pool) => growSteps(snapshot, change, pool)),
      ...swapSteps(snapshot, change, own, tried),
      ...releaseSteps(change),
      ...own.slice(0, 1).flatMap((pool) => bakeSteps(change, pool, 100, change.minimumHealthy[pool])),
    ],
    routeTestTraffic: () => [],
    retireProblem: () => undefined,
    retireSteps: (fleet, _goal, ending) => endSteps(snapshot, fleet, 0, ending),
    settleSteps: () => [],
  };
}

const NO_WEIGHTS = refusal(
  'no-weights',
  'Here a server gets production traffic or gets none, as a member of the target group: there are no percents in between.',
  'Run `turnout promote` without --steps, --every and --to.',
  '`--batch N` moves N servers at a time.',
  '`traffic.kind: weighted-listener` moves traffic by weights, and in steps.',
);

const WHOLE = refusal(
  'no-batches',
  'An Auto Scaling group is attached to a target group, or detached from it, as a whole.',
  'Run this without --batch.',
  '`traffic.kind: weighted-listener` moves traffic between two groups in steps.',
);

/** Batch by batch: some of the fleet come in, are healthy, and as many of the others leave. The last batch is the switch's own. */
function batchSteps(snapshot: Snapshot, change: Switch, pools: readonly string[]): readonly Step[] {
  const { to, minimumHealthy, batch } = change;
  if (batch === undefined) return [];
  const from = othersThan(snapshot, to);
  const rounds = Math.max(0, Math.ceil(members(to).length / batch) - 1);
  const leave = (fleet: Fleet, pool: string, upTo: number): readonly Step[] => {
    const downTo = Math.max(0, members(fleet).length - upTo);
    return deregisterSteps(fleet, [pool], minimumHealthy, { ...allowedOwnersIn(change), downTo });
  };
  return Array.from({ length: rounds }, (_, n) => (n + 1) * batch).flatMap((upTo) =>
    pools.flatMap((pool): readonly Step[] => [
      { ...enterStep(change, pool, minimumHealthy[pool] ?? NO_MINIMUM), ...(!isScaled(to) && { upTo }) },
      { do: 'await-healthy', pool, fleet: to.id, minimumHealthy: NO_MINIMUM, need: 'minimum', upTo },
      ...slowStart(snapshot, change, pool),
      ...from.flatMap((fleet) => leave(fleet, pool, upTo)),
    ]),
  );
}

/** The fleet enters production, and is healthy there. */
function comeIn(snapshot: Snapshot, change: Switch, pools: readonly string[]): readonly Step[] {
  const { to, minimumHealthy, need } = change;
  const groups = pools.map((pool) => ({ pool, minimum: minimumHealthy[pool] ?? NO_MINIMUM }));
  return [
    ...groups.map(({ pool, minimum }) => enterStep(change, pool, minimum)),
    ...groups.map(({ pool, minimum }): Step => {
      // What it does not have yet it grows to directly after.
      const grows = growSteps(snapshot, change, pool).length > 0;
      return { do: 'await-healthy', pool, fleet: to.id, minimumHealthy: grows ? NO_MINIMUM : minimum, need };
    }),
  ];
}

/** All that came in has its share before the others leave, also what a group grows by. */
function startSlowly(snapshot: Snapshot, change: Switch, pools: readonly string[]): readonly Step[] {
  return pools.flatMap((pool) => {
    const waits = slowStart(snapshot, change, pool);
    return waits.length === 0 ? [] : [...growSteps(snapshot, change, pool), ...waits];
  });
}

/** Nothing waits for it on the way back, nor where it is allowed to end. */
function slowStart(snapshot: Snapshot, { to, prepares, allowed }: Switch, pool: string): readonly Step[] {
  const seconds = poolByName(snapshot, pool).slowStartS;
  if (seconds === undefined || !prepares || allowed?.slowStart === true) return [];
  return [{ do: 'await-slow-start', pool, fleet: to.id, seconds }];
}

/** The other fleets leave production for the test pools, and this one leaves those. */
function swapSteps(
  snapshot: Snapshot,
  change: Switch,
  production: readonly string[],
  test: readonly string[],
): readonly Step[] {
  const { to, minimumHealthy } = change;
  const from = othersThan(snapshot, to);
  return [
    ...from.flatMap((fleet) => deregisterSteps(fleet, production, minimumHealthy, allowedOwnersIn(change))),
    ...from.flatMap((fleet) => registerSteps(fleet, test)),
    ...deregisterSteps(to, test, {}, { outsiders: 'kept' }),
  ];
}
