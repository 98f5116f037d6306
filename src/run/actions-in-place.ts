import type { Instance, Snapshot } from '../domain/snapshot.ts';
import { homeOf, instanceById, placesOf, registeredAt, running, together } from '../domain/in-place.ts';
import { fleetById } from '../domain/queries.ts';
import { isMigrated, reportOn } from '../plan/meanings-in-place.ts';
import type { StepInPlace, StepOf } from '../plan/step.ts';
import type { TargetRef } from '../traffic/traffic.ts';
import type { DeliveryStep } from './deploys/deliveries.ts';
import type { Ports } from './ports.ts';

type Actions = {
  readonly [D in StepInPlace['do']]?: (ports: Ports, step: StepOf<D>, snapshot: Snapshot) => Promise<void>;
};

/** How the steps of a deploy in place are asked for. */
export const actionsInPlace: Actions = {
  // Noted first: whoever goes on after a crash in between must know where they were.
  leave: async (ports, { instances, places }, snapshot) => {
    const inTraffic = running(snapshot, instances).filter(({ id }) => placesOf(snapshot, id).length > 0);
    const alike = Map.groupBy(inTraffic, ({ id }) => JSON.stringify(together(places[id] ?? [], homeOf(snapshot, id))));
    for (const [left, some] of alike) {
      const fresh = some.filter((instance) => JSON.stringify(instance.left ?? []) !== left);
      if (fresh.length > 0) await ports.fleet.note(fresh, { left: JSON.parse(left) });
    }
    await eachPool(
      snapshot,
      (pool) => {
        const targetsToDeregister = instances.flatMap((id) =>
          placesOf(snapshot, id).filter((place) => place.pool.name === pool),
        );
        return targetsToDeregister.map(({ target: { id, port } }) => ({ id, port }));
      },
      async (pool, targets) => ports.traffic.deregister(pool, targets),
    );
  },
  rejoin: async (ports, { instances, places }, snapshot) => {
    await eachPool(
      snapshot,
      (pool) =>
        instances.flatMap((id) =>
          together(places[id] ?? [], instanceById(snapshot, id)?.left ?? [])
            .filter((place) => place.pool === pool && registeredAt(snapshot, id, place) === undefined)
            .map(({ port }) => ({ id, port })),
        ),
      async (pool, targets) => ports.traffic.register(pool, targets),
    );
  },
  deploy: async (ports, step, snapshot) => {
    const { release, run } = step;
    const instances = running(snapshot, step.instances);
    if (reportOn(snapshot, step)?.state === 'succeeded') {
      if (step.migrate) await noteMigrated(ports, step, snapshot);
      return ports.fleet.note(instances, { deploy: { release, run, state: 'done' } });
    }
    // From here on the code on it may be of either release: it must not come back into traffic by itself.
    const fresh = instances.filter((one) => !isBegun(one, release, run));
    if (fresh.length > 0) await ports.fleet.note(fresh, { deploy: { release, run, state: 'begun' } });
    return ports.inPlace.deliveries.start(snapshot, step);
  },
  migrate: async (ports, step, snapshot) => {
    if (reportOn(snapshot, step)?.state === 'succeeded') return noteMigrated(ports, step, snapshot);
    return ports.inPlace.deliveries.start(snapshot, step);
  },
  sign: async (ports, { instances, release, run }, snapshot) => {
    const deploy = release === undefined ? {} : { release, deploy: { release, run, state: 'done' as const } };
    await ports.fleet.note(running(snapshot, instances), { ...deploy, left: [] });
  },
};

function isBegun({ deploy }: Instance, release: string, run: string): boolean {
  return deploy?.state === 'begun' && deploy.release === release && deploy.run === run;
}

async function noteMigrated(ports: Ports, { fleet, release, run }: DeliveryStep, snapshot: Snapshot): Promise<void> {
  const found = fleetById(snapshot, fleet);
  if (found !== undefined && !isMigrated(snapshot, fleet, release, run))
    await ports.fleet.mark(found, { migrated: `${release} ${run}` });
}

/** One request a pool. The first failure stops it: those that were asked for stay as they are, and are seen. */
async function eachPool(
  snapshot: Snapshot,
  targetsIn: (pool: string) => readonly TargetRef[],
  ask: Ports['traffic']['register'],
): Promise<void> {
  for (const pool of snapshot.pools) {
    const targets = targetsIn(pool.name);
    if (targets.length > 0) await ask(pool, targets);
  }
}
