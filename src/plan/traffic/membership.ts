import { batchSize } from '../../domain/batches.ts';
import { refusal } from '../../domain/goal.ts';
import { NO_MINIMUM } from '../../domain/minimum-healthy.ts';
import { members, poolsOf } from '../../domain/roles.ts';
import type { Fleet, Snapshot } from '../../domain/snapshot.ts';
import type { Step } from '../../steps/index.ts';
import type { PaceOptions, Switch, TrafficModel } from './model.ts';
import { endSteps, namesOf, othersThan, registerSteps, releaseSteps, wantsStages } from './steps.ts';

/** Fleets move between the pools of production and test: add before remove. */
export function membership(snapshot: Snapshot): TrafficModel {
  const production = poolsOf(snapshot, 'production');
  const test = poolsOf(snapshot, 'test');
  const paceBack = (to: Fleet, { batch }: Pick<PaceOptions, 'batch'>) =>
    batch === undefined ? {} : { batch: batchSize(batch, members(to).length) };
  return {
    testPools: () => test,
    capacityGroups: () => production.map((pool) => ({ name: pool.name, pools: [pool] })),
    notes: [],
    setupProblem: () => undefined,
    changedByOthers: () => undefined,
    paceOf: (to, options) => (wantsStages(options) ? NO_WEIGHTS : paceBack(to, options)),
    paceBack,
    switchSteps: (change, before) => [
      ...before,
      ...batchSteps(snapshot, change, namesOf(production)),
      ...comeIn(change, namesOf(production)),
      ...swapSteps(snapshot, change, namesOf(production), namesOf(test)),
      ...releaseSteps(change),
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

/** Batch by batch: some of the fleet come in, are healthy, and as many of the others leave. The last batch is the switch's own. */
function batchSteps(snapshot: Snapshot, change: Switch, pools: readonly string[]): readonly Step[] {
  const { to, minimumHealthy, batch } = change;
  if (batch === undefined) return [];
  const from = othersThan(snapshot, to);
  const rounds = Array.from(
    { length: Math.max(0, Math.ceil(members(to).length / batch) - 1) },
    (_, n) => (n + 1) * batch,
  );
  const leave =
    (pool: string, upTo: number) =>
    (fleet: Fleet): Step => {
      const downTo = Math.max(0, members(fleet).length - upTo);
      return { do: 'deregister', pool, fleet: fleet.id, minimumHealthy: minimumHealthy[pool] ?? NO_MINIMUM, downTo };
    };
  return rounds.flatMap((upTo) =>
    pools.flatMap((pool): readonly Step[] => [
      { do: 'register', pool, fleet: to.id, upTo },
      { do: 'await-healthy', pool, fleet: to.id, minimumHealthy: NO_MINIMUM, need: 'minimum', upTo },
      ...from.map(leave(pool, upTo)),
    ]),
  );
}

/** The fleet enters production, and is healthy there. */
function comeIn({ to, minimumHealthy, need }: Switch, pools: readonly string[]): readonly Step[] {
  const fleet = to.id;
  return [
    ...registerSteps(to, pools),
    ...pools.map((pool): Step => ({
      do: 'await-healthy',
      pool,
      fleet,
      minimumHealthy: minimumHealthy[pool] ?? NO_MINIMUM,
      need,
    })),
  ];
}

/** The other fleets leave production for the test pools, and this one leaves those. */
function swapSteps(
  snapshot: Snapshot,
  { to, minimumHealthy }: Switch,
  production: readonly string[],
  test: readonly string[],
): readonly Step[] {
  const from = othersThan(snapshot, to);
  const leave = (fleet: Fleet, pool: string): Step => ({
    do: 'deregister',
    pool,
    fleet: fleet.id,
    minimumHealthy: minimumHealthy[pool] ?? NO_MINIMUM,
  });
  return [
    ...from.flatMap((fleet) => production.map((pool) => leave(fleet, pool))),
    ...from.flatMap((fleet) => registerSteps(fleet, test)),
    ...test.map((pool): Step => ({ do: 'deregister', pool, fleet: to.id, minimumHealthy: NO_MINIMUM })),
  ];
}
