import { expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import { servingFleets, stableFleet } from '../../src/domain/roles.ts';
import type { Instance, Pool, Snapshot, TargetState } from '../../src/domain/snapshot.ts';
import type { Unreadable } from '../../src/domain/unreadable.ts';
import { attachedWorlds } from '../support/attached-worlds.ts';
import { autoScaling, withOwner, withRule } from '../support/hands.ts';
import { scaledWorlds } from '../support/scaled-worlds.ts';
import * as weighted from '../support/weighted-invariants.ts';
import { PAIRS, weightedWorlds } from '../support/weighted-worlds.ts';
import { FULL, PROMOTED, twoFleetWorlds } from '../support/worlds.ts';
import { holdLaws, planFor } from './check.ts';

/** `rollback` needs production and the fleet that served before; nothing else keeps it from its work. */

const GONE: Unreadable = {
  name: 'test',
  code: 'target-group-not-found',
  why: 'AWS has no target group test.',
  next: [],
};
const ALIEN: Instance = { id: 'i-alien', zone: 'a', state: 'running', launchedAt: 0 };

/** Each world with one thing changed that is not production and not the fleet that served before. */
const CHANGES: Readonly<Record<string, (snapshot: Snapshot) => Snapshot>> = {
  'the test group or rule cannot be read': (snapshot) => {
    const { traffic } = snapshot;
    const pools = snapshot.pools.filter(({ name }) => name !== 'test');
    if (traffic.kind !== 'listener-weights') return { ...snapshot, pools, unreadable: [GONE] };
    const routes = traffic.routes.filter(({ role }) => role === 'production');
    return { ...snapshot, traffic: { ...traffic, routes, unreadable: [GONE] } };
  },
  'the test rule forwards nothing, but answers itself': (snapshot) => {
    const { traffic } = snapshot;
    if (traffic.kind !== 'listener-weights') return snapshot;
    const routes = traffic.routes.map((route) =>
      route.role === 'test' ? ({ ...route, weights: {}, answers: 'a fixed response' } as const) : route,
    );
    return { ...snapshot, traffic: { ...traffic, routes } };
  },
  'nothing forwards to the test group': (snapshot) =>
    withPools(snapshot, (pool) => {
      if (pool.name !== 'test') return pool;
      const targets = pool.targets.map(
        (target) => ({ ...target, state: 'unused', reason: 'Target.NotInUse' }) as const,
      );
      return { ...pool, loadBalancers: [], targets };
    }),
  'an unmanaged instance is in production': (snapshot) => ({
    ...withPools(snapshot, (pool) =>
      pool.role === 'production'
        ? { ...pool, targets: [...pool.targets, { id: ALIEN.id, port: 8080, state: 'healthy' }] }
        : pool,
    ),
    unmanaged: [ALIEN],
  }),
  'others may replace every server': (snapshot) => {
    const ids = snapshot.fleets.flatMap(({ instances }) => instances.map(({ id }) => id));
    return withOwner(snapshot, autoScaling('web'), ids);
  },
  'a rule of others leads to each target group': (snapshot) =>
    withRule(snapshot, Object.fromEntries(snapshot.pools.map(({ name }) => [name, 1]))),
  'it cannot be read what others have here': (snapshot) => ({
    ...snapshot,
    outside: { state: 'unreadable', why: 'Not allowed.', next: ['Allow it.'] },
  }),
  'one that serves has lost its tags': (snapshot) => {
    const stable = stableFleet(snapshot);
    const serving = servingFleets(snapshot).find((fleet) => fleet !== stable);
    const lost = serving?.instances.slice(0, 1) ?? [];
    const fleets = snapshot.fleets.map((fleet) => {
      return { ...fleet, instances: fleet.instances.filter((one) => !lost.includes(one)) };
    });
    return { ...snapshot, fleets: fleets.filter(({ instances }) => instances.length > 0), unmanaged: lost };
  },
};

function withPools(snapshot: Snapshot, change: (pool: Pool) => Pool): Snapshot {
  return { ...snapshot, pools: snapshot.pools.map(change) };
}

const WORLDS: readonly (readonly [name: string, worlds: () => Iterable<Snapshot>])[] = [
  ['fleets that move between groups', () => twoFleetWorlds(2, FULL, PROMOTED, 3)],
  ['rules that divide production', () => weightedWorlds(PAIRS)],
  ['names that do', () => weightedWorlds({ ...PAIRS, byName: true })],
  ['Auto Scaling groups', scaledWorlds],
  ['such that move between target groups', () => [...attachedWorlds()].filter(isOfOneMind)],
];

/** Where the test group alone calls an instance healthy, rollback needs it. */
function isOfOneMind({ pools }: Snapshot): boolean {
  const idsThat = (state: TargetState): readonly string[] =>
    pools.flatMap(({ targets }) => targets.flatMap((target) => (target.state === state ? target.id : [])));
  const healthy = new Set(idsThat('healthy'));
  return !idsThat('unhealthy').some((id) => healthy.has(id));
}

test.each(WORLDS.flatMap(([name, worlds]) => Object.keys(CHANGES).map((what) => [name, what, worlds] as const)))(
  'of %s: where %s, rollback is accepted as it would be otherwise',
  async (_name, what, worlds) => {
    let accepted = 0;
    for (const snapshot of worlds()) {
      if (isRefusal(await planFor(snapshot, 'rollback', {}))) continue;
      accepted += 1;
      const changed = CHANGES[what]!(snapshot);
      const planned = await planFor(changed, 'rollback', {});
      // The other fleet was this one instance: there is no fleet any more that could leave.
      const isAlone = changed.fleets.length === 1 && isRefusal(planned) && planned.refused === 'nothing-to-roll-back';
      if (isRefusal(planned) && !isAlone)
        throw new Error(`${planned.refused}: ${planned.message} in ${JSON.stringify(changed)}`);
    }
    expect(accepted).toBeGreaterThan(100);
  },
  60_000,
);

test.each([
  ['the test group or rule cannot be read', () => twoFleetWorlds(2, FULL, PROMOTED, 3), undefined],
  ['nothing forwards to the test group', () => twoFleetWorlds(2, FULL, PROMOTED, 3), undefined],
  ['the test group or rule cannot be read', () => weightedWorlds(PAIRS), weighted],
] as const)(
  'where %s, it breaks no rule',
  async (what, worlds, invariants) => {
    const changed = [...worlds()].map((snapshot) => CHANGES[what]!(snapshot));
    const { reached } = await holdLaws(changed, [['rollback', {}]], invariants);
    expect(reached).toBeGreaterThan(100);
  },
  60_000,
);
