import type { Owner } from '../../src/domain/owners.ts';
import { withTraffic } from '../../src/domain/routes.ts';
import type { Instance, Marks, Snapshot, TargetState } from '../../src/domain/snapshot.ts';
import type { Route } from '../../src/domain/traffic.ts';
import { blueAndGreen, FakeWorld } from './fake-world.ts';
import { weightedWorld } from './weighted-worlds.ts';
import { HOME, PROMOTED, world } from './worlds.ts';

/** What happens to a small world, by itself or by an operator's hand. */
export type Act = (fake: FakeWorld) => void;

export const MINIMUM = { total: 2, zones: { a: 2 } };

export const sicken =
  (pool: string, ...ids: readonly string[]): Act =>
  (fake) =>
    ids.forEach((id) => fake.target(pool, id, 'unhealthy', 'Target.Timeout'));

/** Nothing forwards to the pool any more, which is what ELB says of these. */
export const unlisten =
  (pool: string, ...ids: readonly string[]): Act =>
  (fake) =>
    ids.forEach((id) => fake.target(pool, id, 'unused', 'Target.NotInUse'));

export const enter =
  (pool: string, id: string, state: TargetState = 'healthy'): Act =>
  (fake) =>
    fake.target(pool, id, state);

export const leave =
  (pool: string, ...ids: readonly string[]): Act =>
  (fake) =>
    ids.forEach((id) => fake.target(pool, id, 'gone'));

export const die =
  (...ids: readonly string[]): Act =>
  (fake) =>
    ids.forEach((id) => fake.instance(id, 'terminated'));

export const weigh =
  (one: number, two: number): Act =>
  (fake) =>
    fake.weigh(new Map([['shop:0', { one, two }]]));

/** The rules or records of production lead to groups of others alone, or the rules answer themselves. */
export const takeAway =
  (answers?: Route['answers']): Act =>
  (fake) =>
    fake.set((snapshot) => {
      const { traffic } = snapshot;
      if (!('routes' in traffic)) return snapshot;
      const away = answers === undefined ? { weights: {}, othersWeight: 1 } : { weights: {}, answers };
      const routes = traffic.routes.map((one) => (one.role === 'production' ? { ...one, ...away } : one));
      return withTraffic(snapshot, { ...traffic, routes });
    });

/** The record that leads to the pool is deleted from each name. */
export const unname =
  (pool: string): Act =>
  (fake) =>
    fake.set((snapshot) => {
      const { traffic } = snapshot;
      if (!('routes' in traffic)) return snapshot;
      const kept = (weights: Route['weights']) => Object.entries(weights).filter(([name]) => name !== pool);
      const routes = traffic.routes.map((one) => ({ ...one, weights: Object.fromEntries(kept(one.weights)) }));
      return withTraffic(snapshot, { ...traffic, routes });
    });

/** Route 53 answers with other records than those of the pool from now on. */
export const passOver =
  (pool: string): Act =>
  (fake) =>
    fake.set((snapshot) => {
      const { traffic } = snapshot;
      if (traffic.kind !== 'dns-weights') return snapshot;
      return {
        ...snapshot,
        traffic: { ...traffic, passedOver: { ...traffic.passedOver, [pool]: `${pool} is passed over.` } },
      };
    });

/** The instance has the tags of that fleet from now on, and of no other. */
export const tagAs =
  (fleet: string, id: string): Act =>
  (fake) =>
    fake.set((snapshot) => withFleetOf(snapshot, id, fleet));

/** The instance has no tags of ours any more. */
export const untag =
  (id: string): Act =>
  (fake) =>
    fake.set((snapshot) => withFleetOf(snapshot, id, undefined));

/** It belongs to that Auto Scaling group from now on. */
export const own =
  (name: string, ...ids: readonly string[]): Act =>
  (fake) =>
    fake.set((snapshot) => withOwner(snapshot, autoScaling(name), ids));

export function autoScaling(name: string): Owner {
  return { nature: 'fights-back', kind: 'Auto Scaling group', name };
}

/** The snapshot with an owner of these instances, of ours and of others. */
export function withOwner(snapshot: Snapshot, owner: Owner, ids: readonly string[]): Snapshot {
  const owned = (instance: Instance): Instance =>
    ids.includes(instance.id) ? { ...instance, owners: [...(instance.owners ?? []), owner] } : instance;
  const fleets = snapshot.fleets.map((fleet) => ({ ...fleet, instances: fleet.instances.map(owned) }));
  return { ...snapshot, fleets, unmanaged: snapshot.unmanaged.map(owned) };
}

/** There is another fleet like it, without instances. */
export const copyFleet =
  (fleet: string, id: string): Act =>
  (fake) =>
    fake.set((snapshot) => {
      const copies = snapshot.fleets.filter((one) => one.id === fleet).map((one) => ({ ...one, id, instances: [] }));
      return { ...snapshot, fleets: [...snapshot.fleets, ...copies] };
    });

/** Another instance of the fleet boots. */
export const boot =
  (fleet: string, id: string): Act =>
  (fake) =>
    fake.set((snapshot) => withInstance(snapshot, fleet, { id, zone: 'a', state: 'running', launchedAt: 0 }));

/** Each of these groups still gets this many requests. */
export const visit =
  (requests: number, ...pools: readonly string[]): Act =>
  (fake) =>
    fake.set((snapshot) => {
      const { traffic } = snapshot;
      if (traffic.kind === 'membership') return snapshot;
      const counted = Object.fromEntries(pools.map((pool) => [pool, requests]));
      return { ...snapshot, traffic: { ...traffic, residual: { state: 'counted', requests: counted, withinS: 60 } } };
    });

/** The fleet's tags say that it had that share from then on: `0@2025-12-02T00:00:00.000Z`. */
export const recordShare =
  (fleet: string, share: string): Act =>
  (fake) =>
    fake.set((snapshot) => withMarksOf(snapshot, fleet, { share }));

function withInstance(snapshot: Snapshot, fleet: string, instance: Instance): Snapshot {
  const fleets = snapshot.fleets.map((one) =>
    one.id === fleet ? { ...one, instances: [...one.instances, instance] } : one,
  );
  return { ...snapshot, fleets };
}

function withMarksOf(snapshot: Snapshot, fleet: string, marks: Marks): Snapshot {
  const fleets = snapshot.fleets.map((one) => (one.id === fleet ? { ...one, marks: { ...one.marks, ...marks } } : one));
  return { ...snapshot, fleets };
}

function withFleetOf(snapshot: Snapshot, id: string, fleet: string | undefined): Snapshot {
  const moved = snapshot.fleets.flatMap(({ instances }) => instances.filter((one) => one.id === id));
  const fleets = snapshot.fleets.map((one) => ({ ...one, instances: one.instances.filter((two) => two.id !== id) }));
  const rest = { ...snapshot, fleets };
  if (fleet === undefined) return { ...rest, unmanaged: [...snapshot.unmanaged, ...moved] };
  return moved.reduce<Snapshot>((so, one) => withInstance(so, fleet, one), rest);
}

/** Another target group, to which a listener of others leads, holds these instances from now on. */
export const share =
  (name: string, ...ids: readonly string[]): Act =>
  (fake) =>
    fake.set((snapshot) => withShared(snapshot, name, ids));

/** The same, with a group that knows each by an address that is not its first. */
export const shareByAddress =
  (name: string, ...ids: readonly string[]): Act =>
  (fake) => {
    share(name, ...ids)(fake);
    fake.set((snapshot) => ({
      ...snapshot,
      pools: snapshot.pools.map((pool) => ({
        ...pool,
        targets: pool.targets.map((one) => (pool.name === name ? { ...one, byAddress: '10.0.0.9' } : one)),
      })),
    }));
  };

/** The snapshot with another target group that holds these instances, and `lb:name`, which leads there. */
export function withShared(snapshot: Snapshot, name: string, ids: readonly string[]): Snapshot {
  const { outside } = snapshot;
  if (outside.state !== 'seen') return snapshot;
  const targets = ids.map((id) => ({ id, port: 9090, state: 'healthy' as const }));
  const pool = { ...snapshot.pools[0]!, name, arn: `arn:${name}`, role: 'other' as const, targets };
  const route = {
    name: `lb:${name}`,
    by: 'listener' as const,
    url: `http://${name}/`,
    weights: { [name]: 1 },
    stickyS: 0,
  };
  return {
    ...snapshot,
    pools: [...snapshot.pools, pool],
    outside: { ...outside, groups: [...outside.groups, name], routes: [...outside.routes, route] },
  };
}

/** What others have here cannot be read from now on. */
export const blind: Act = (fake) =>
  fake.set((snapshot) => ({ ...snapshot, outside: { state: 'unreadable', why: 'Not allowed.', next: ['Allow it.'] } }));

/** A rule of others leads to one of our pools from now on. */
export const lead =
  (pool: string, weight = 1): Act =>
  (fake) =>
    fake.set((snapshot) => withRule(snapshot, { [pool]: weight }));

/** The snapshot with a rule that the config does not name. */
export function withRule(snapshot: Snapshot, weights: Readonly<Record<string, number>>, stickyS = 0): Snapshot {
  const { outside } = snapshot;
  if (outside.state !== 'seen') return snapshot;
  const route = { name: 'lb:443 priority 7', by: 'listener' as const, url: 'https://lb/', weights, stickyS };
  return { ...snapshot, outside: { ...outside, routes: [...outside.routes, route] } };
}

/** Both fleets are healthy in production, as directly before blue leaves it. */
export function bothInProduction(): FakeWorld {
  const fake = blueAndGreen();
  for (const id of ['B-0', 'B-1']) fake.target('prod', id, 'healthy');
  return fake;
}

/** Nothing shows whether green is healthy. */
export function untested(): FakeWorld {
  const fake = blueAndGreen();
  for (const id of ['B-0', 'B-1']) fake.target('test', id, 'gone');
  return fake;
}

/** Both fleets are healthy in production, an instance of each in each of two zones. */
export function inTwoZones(): FakeWorld {
  const both = { prod: 'healthy', test: '-' } as const;
  const fleets = [
    { id: 'A', marks: HOME, members: [both, both] },
    { id: 'B', marks: {}, members: [both, both] },
  ];
  return new FakeWorld(world(fleets, { groups: ['prod'], zones: ['a', 'b'] }));
}

/** Two groups, of which `one` has all of production, by the rules of a listener or by names. */
export const divided =
  (byName: boolean, two = 0): (() => FakeWorld) =>
  () => {
    const blue = { one: 'healthy' } as const;
    const green = { two: 'healthy' } as const;
    const fleets = [
      { id: 'A', marks: HOME, members: [blue, blue] },
      { id: 'B', marks: PROMOTED, members: [green, green] },
    ];
    return new FakeWorld(weightedWorld({ fleets, production: [two], test: 100, byName }));
  };
