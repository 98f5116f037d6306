import type { Fleet, Instance, Pool, Snapshot, Target } from '../domain/snapshot.ts';
import { instanceById, together } from '../domain/in-place.ts';
import type { StepInPlace, StepOf } from './step.ts';

/** What the world looks like once a step of a deploy in place is done. */
type Simulations = { readonly [D in StepInPlace['do']]: (snapshot: Snapshot, step: StepOf<D>) => Snapshot };

function changeInstances(
  snapshot: Snapshot,
  ids: readonly string[],
  change: (instance: Instance) => Instance,
): Snapshot {
  const changed = new Set(ids);
  const one = (instance: Instance): Instance => (changed.has(instance.id) ? change(instance) : instance);
  return {
    ...snapshot,
    fleets: snapshot.fleets.map((fleet): Fleet => ({ ...fleet, instances: fleet.instances.map(one) })),
  };
}

function changeTargets(snapshot: Snapshot, change: (pool: Pool) => readonly Target[]): Snapshot {
  return { ...snapshot, pools: snapshot.pools.map((pool) => ({ ...pool, targets: change(pool) })) };
}

function withMark(snapshot: Snapshot, id: string, migrated: string): Snapshot {
  const marked = (fleet: Fleet): Fleet => ({ ...fleet, marks: { ...fleet.marks, migrated } });
  return { ...snapshot, fleets: snapshot.fleets.map((fleet) => (fleet.id === id ? marked(fleet) : fleet)) };
}

export const simulationsInPlace: Simulations = {
  migrate: (snapshot, { fleet, release, run }) => withMark(snapshot, fleet, `${release} ${run}`),
  leave: (snapshot, { instances, places }) => {
    const noted = changeInstances(snapshot, instances, (instance) => {
      const left = together(places[instance.id] ?? [], instance.left ?? []);
      return left.length === 0 ? instance : { ...instance, left };
    });
    return changeTargets(noted, ({ targets }) => targets.filter(({ id }) => !instances.includes(id)));
  },
  deploy: (snapshot, { fleet, instances, release, run, migrate }) => {
    const migrated = migrate ? withMark(snapshot, fleet, `${release} ${run}`) : snapshot;
    return changeInstances(migrated, instances, (instance) => ({
      ...instance,
      deploy: { release, run, state: 'done' },
    }));
  },
  check: (snapshot, { instances }) => ({
    ...snapshot,
    closer: {
      ...snapshot.closer,
      answers: { ...snapshot.closer?.answers, ...Object.fromEntries(instances.map((id) => [id, 'ok'])) },
    },
  }),
  rejoin: (snapshot, { instances, places }) =>
    changeTargets(snapshot, (pool) => {
      const back = instances.flatMap((id) =>
        together(places[id] ?? [], instanceById(snapshot, id)?.left ?? [])
          .filter((place) => place.pool === pool.name)
          .map(({ port }): Target => ({ id, port, state: 'healthy' })),
      );
      const others = pool.targets.filter(
        (target) => !back.some(({ id, port }) => id === target.id && port === target.port),
      );
      return [...others, ...back];
    }),
  sign: (snapshot, { instances, release, run }) =>
    changeInstances(snapshot, instances, ({ left: _left, ...instance }) =>
      release === undefined ? instance : { ...instance, release, deploy: { release, run, state: 'done' } },
    ),
};
