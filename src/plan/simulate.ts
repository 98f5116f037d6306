import type { Fleet, Instance, Names, Pool, Snapshot, Target } from '../domain/snapshot.ts';
import { members } from '../domain/roles.ts';
import { shareOf, weightsFor, withRoles } from '../domain/routes.ts';
import { instancesToRegister, targetsToDeregister } from './in-batches.ts';
import { fleetById } from '../domain/queries.ts';
import { simulationsInPlace } from './simulate-in-place.ts';
import { retainedUntil, leftAt, notedShare, shareMark, timeMark } from '../domain/shares.ts';
import type { Step, StepOf } from './step.ts';

/** What the world looks like once a step is done and nothing else has happened: for showing a plan before it is run. */
type Simulations = { readonly [D in Step['do']]: (snapshot: Snapshot, step: StepOf<D>) => Snapshot };

function changeFleet(snapshot: Snapshot, id: string, change: (fleet: Fleet) => Fleet): Snapshot {
  return { ...snapshot, fleets: snapshot.fleets.map((fleet) => (fleet.id === id ? change(fleet) : fleet)) };
}

function changePool(snapshot: Snapshot, name: string, change: (pool: Pool) => readonly Target[]): Snapshot {
  return {
    ...snapshot,
    pools: snapshot.pools.map((pool) => (pool.name === name ? { ...pool, targets: change(pool) } : pool)),
  };
}

function idsOf(snapshot: Snapshot, fleet: string): ReadonlySet<string> {
  return new Set(fleetById(snapshot, fleet)?.instances.map((instance) => instance.id));
}

function withState(fleet: Fleet, state: Instance['state']): Fleet {
  return { ...fleet, instances: members(fleet).map((instance) => ({ ...instance, state })) };
}

const simulations: Simulations = {
  ...simulationsInPlace,
  launch: (snapshot, { fleet, release, spec }) => {
    const have = fleetById(snapshot, fleet);
    const instances = spec.batches.flatMap(({ zone, count }) =>
      Array.from({ length: count }, (_, n): Instance => ({
        id: `new-${zone}-${n + 1}`,
        zone,
        state: 'pending',
        launchedAt: snapshot.at,
      })),
    );
    const others = snapshot.fleets.filter((other) => other.id !== fleet);
    return { ...snapshot, fleets: [...others, { id: fleet, release, marks: have?.marks ?? {}, instances }] };
  },
  'await-running': (snapshot, step) => changeFleet(snapshot, step.fleet, (fleet) => withState(fleet, 'running')),
  register: (snapshot, step) =>
    changePool(snapshot, step.pool, (pool) => {
      const fleet = fleetById(snapshot, step.fleet);
      const missing = fleet ? instancesToRegister(snapshot, step, fleet) : [];
      const coming = new Set(missing.map(({ id }) => id));
      const fresh = missing.map(({ id }): Target => ({
        id,
        port: pool.port,
        state: 'initial',
        reason: 'Elb.RegistrationInProgress',
      }));
      return [...pool.targets.filter((target) => !coming.has(target.id)), ...fresh];
    }),
  'await-healthy': (snapshot, step) =>
    changePool(snapshot, step.pool, (pool) => {
      const ids = idsOf(snapshot, step.fleet);
      return pool.targets.map(({ id, port, state, ...rest }) =>
        ids.has(id) && state !== 'draining' ? { id, port, state: 'healthy' as const } : { id, port, state, ...rest },
      );
    }),
  deregister: (snapshot, step) =>
    changePool(snapshot, step.pool, (pool) => {
      const fleet = fleetById(snapshot, step.fleet);
      const going = new Set(fleet ? targetsToDeregister(snapshot, step, fleet).map((target) => target.id) : []);
      return pool.targets.map((target) => (going.has(target.id) ? drained(target) : target));
    }),
  'await-released': (snapshot, step) =>
    changePool(snapshot, step.pool, (pool) => {
      const ids = idsOf(snapshot, step.fleet);
      return pool.targets.filter((target) => !ids.has(target.id));
    }),
  shift: (snapshot, { role, pool, percent }) => {
    const { routing } = snapshot;
    if (routing === undefined) return snapshot;
    const pools = snapshot.pools.map(({ name }) => name);
    const routes = routing.routes.map((route) =>
      route.role === role && shareOf(route, pool) < percent
        ? { ...route, weights: weightsFor(route, pool, percent, pools) }
        : route,
    );
    // Nobody has asked since.
    const { names } = routing;
    const asked = names && { names: unasked(names) };
    return { ...snapshot, routing: { ...routing, ...asked, routes }, pools: withRoles(snapshot.pools, routes) };
  },
  'set-ttl': (snapshot, { to }) => {
    const { lowering } = snapshot.routing?.names ?? {};
    if (lowering === undefined) return snapshot;
    const ttlS = to === 'low' ? lowering.lowS : Math.max(lowering.usualS, lowering.lowS);
    return changeNames(snapshot, { ttlS, lowering: { ...lowering, is: to }, pending: true });
  },
  'note-lowered': (snapshot, { fleet, since }) =>
    changeFleet(snapshot, fleet, (one) => ({ ...one, marks: { ...one.marks, lowered: timeMark(snapshot, since) } })),
  'await-lowered': (snapshot, step) => {
    const { lowered = '' } = (fleetById(snapshot, step.fleet) ?? NOBODY).marks;
    return later(snapshot, (Date.parse(lowered) || snapshot.at) + step.seconds * 1000);
  },
  'note-share': (snapshot, { fleet, percent, since }) =>
    changeFleet(snapshot, fleet, (one) => ({
      ...one,
      marks: { ...one.marks, share: shareMark(snapshot, percent, since) },
    })),
  watch: (snapshot, step) => {
    const noted = notedShare(fleetById(snapshot, step.fleet) ?? NOBODY)?.at ?? step.since;
    return later(snapshot, (Date.parse(noted) || snapshot.at) + step.seconds * 1000);
  },
  'await-synced': (snapshot) => changeNames(snapshot, { pending: false }),
  'await-names': (snapshot, { pool }) => changeNames(snapshot, { pool, streak: snapshot.routing?.names?.wanted ?? 0 }),
  'await-ttl': (snapshot, step) => {
    const left = leftAt(snapshot, fleetById(snapshot, step.fleet) ?? NOBODY);
    return left === undefined ? snapshot : later(snapshot, Date.parse(left) + step.seconds * 1000);
  },
  prove: (snapshot, { release }) => {
    const { answers } = snapshot;
    if (answers === undefined) return snapshot;
    return {
      ...snapshot,
      answers: { ...answers, release, streak: answers.wanted, asked: answers.asked + answers.wanted },
    };
  },
  'await-held': (snapshot, step) =>
    later(snapshot, retainedUntil(snapshot, fleetById(snapshot, step.fleet) ?? NOBODY) ?? 0),
  'await-tail': (snapshot) => {
    const { tail } = snapshot;
    return tail === undefined ? snapshot : { ...snapshot, tail: { ...tail, requests: {} } };
  },
  claim: (snapshot, { fleet, release, instances, at }) => ({
    ...snapshot,
    fleets: [
      ...snapshot.fleets,
      {
        id: fleet,
        release,
        marks: { current: at },
        instances: snapshot.unmanaged.filter(({ id }) => instances.includes(id)),
      },
    ],
    unmanaged: snapshot.unmanaged.filter(({ id }) => !instances.includes(id)),
  }),
  mark: (snapshot, step) =>
    changeFleet(snapshot, step.fleet, (fleet) => ({ ...fleet, marks: { ...fleet.marks, [step.mark]: step.at } })),
  terminate: (snapshot, step) => changeFleet(snapshot, step.fleet, (fleet) => withState(fleet, 'shutting-down')),
  remove: (snapshot, step) => ({ ...snapshot, fleets: snapshot.fleets.filter(({ id }) => id !== step.fleet) }),
};

const NOBODY: Fleet = { id: '', release: '', marks: {}, instances: [] };

function changeNames(snapshot: Snapshot, facts: Partial<Names>): Snapshot {
  const { routing } = snapshot;
  if (routing?.names === undefined) return snapshot;
  return { ...snapshot, routing: { ...routing, names: { ...routing.names, ...facts } } };
}

/** Names that a change is on its way to. */
function unasked({ pool: _pool, ...names }: Names): Names {
  return { ...names, pending: true, streak: 0 };
}

function later(snapshot: Snapshot, at: number): Snapshot {
  return { ...snapshot, at: Math.max(snapshot.at, at) };
}

function drained({ id, port }: Target): Target {
  return { id, port, state: 'draining', reason: 'Target.DeregistrationInProgress' };
}

/** The world after the step. */
export function simulate(snapshot: Snapshot, step: Step): Snapshot {
  return (simulations[step.do] as (snapshot: Snapshot, step: Step) => Snapshot)(snapshot, step);
}
