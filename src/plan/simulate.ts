import type { Fleet, Instance, Pool, Snapshot, Target } from '../observe/snapshot.ts';
import { members } from '../observe/roles.ts';
import { simulationsInPlace } from './simulate-in-place.ts';
import { fleetById, missingFrom, registeredIn } from './look.ts';
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
      const missing = fleet ? missingFrom(snapshot, pool, fleet) : [];
      const fresh = missing.map(({ id }): Target => ({
        id,
        port: pool.port,
        state: 'initial',
        reason: 'Elb.RegistrationInProgress',
      }));
      return [...pool.targets.filter((target) => !missing.some(({ id }) => id === target.id)), ...fresh];
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
      const leaving = new Set(fleet ? registeredIn(pool, fleet).map((target) => target.id) : []);
      return pool.targets.map((target) => (leaving.has(target.id) ? drained(target) : target));
    }),
  'await-released': (snapshot, step) =>
    changePool(snapshot, step.pool, (pool) => {
      const ids = idsOf(snapshot, step.fleet);
      return pool.targets.filter((target) => !ids.has(target.id));
    }),
  claim: (snapshot, { fleet, release, instances, at }) => ({
    ...snapshot,
    fleets: [
      ...snapshot.fleets,
      {
        id: fleet,
        release,
        marks: { current: at },
        instances: snapshot.strangers.filter(({ id }) => instances.includes(id)),
      },
    ],
    strangers: snapshot.strangers.filter(({ id }) => !instances.includes(id)),
  }),
  mark: (snapshot, step) =>
    changeFleet(snapshot, step.fleet, (fleet) => ({ ...fleet, marks: { ...fleet.marks, [step.mark]: step.at } })),
  terminate: (snapshot, step) => changeFleet(snapshot, step.fleet, (fleet) => withState(fleet, 'shutting-down')),
  remove: (snapshot, step) => ({ ...snapshot, fleets: snapshot.fleets.filter(({ id }) => id !== step.fleet) }),
};

function drained({ id, port }: Target): Target {
  return { id, port, state: 'draining', reason: 'Target.DeregistrationInProgress' };
}

/** The world after the step. */
export function simulate(snapshot: Snapshot, step: Step): Snapshot {
  return (simulations[step.do] as (snapshot: Snapshot, step: Step) => Snapshot)(snapshot, step);
}
