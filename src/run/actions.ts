import type { Reads } from '../observe/observe.ts';
import { dnsOf, mayServe, routesOf, weightsFor } from '../domain/routes.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { instancesToRegister, targetsToDeregister } from '../plan/in-batches.ts';
import { fleetById, poolByName } from '../domain/queries.ts';
import { hasShare, shareMark, timeMark } from '../domain/shares.ts';
import { poolNames } from '../domain/in-place.ts';
import type { Step, StepOf } from '../plan/step.ts';
import { openTtls } from '../plan/meanings-names.ts';
import { actionsInPlace } from './actions-in-place.ts';
import type { Ports } from './ports.ts';

/** The other half of a step's meaning: how it is asked of AWS. Each one is idempotent, and sends nothing that is done already. */
type Actions = { readonly [D in Step['do']]?: (ports: Ports, step: StepOf<D>, snapshot: Snapshot) => Promise<void> };

function fleetOf(snapshot: Snapshot, step: { fleet: string }): Fleet {
  const fleet = fleetById(snapshot, step.fleet);
  if (fleet === undefined) throw new Error(`The snapshot has no fleet ${step.fleet}.`);
  return fleet;
}

const actions: Actions = {
  ...actionsInPlace,
  launch: async ({ fleet }, step) => fleet.launch(step),
  claim: async ({ fleet }, step) => fleet.claim(step),
  mark: async ({ fleet }, step, snapshot) => fleet.mark(fleetOf(snapshot, step), { [step.mark]: step.at }),
  terminate: async ({ fleet }, step, snapshot) => fleet.terminate(fleetOf(snapshot, step)),
  shift: async ({ traffic }, step, snapshot) => {
    const pools = snapshot.pools.map(({ name }) => name);
    const open = routesOf(snapshot, step.role).filter((route) => !hasShare(route, step.pool, step.percent));
    await traffic.setWeights(
      new Map(open.map((route) => [route.name, weightsFor(route, step.pool, step.percent, pools)])),
    );
  },
  'set-ttl': async ({ traffic }, step, snapshot) => traffic.setTtls(openTtls(dnsOf(snapshot), step)),
  'note-lowered': async ({ fleet }, step, snapshot) =>
    fleet.mark(fleetOf(snapshot, step), { lowered: timeMark(snapshot, step.since) }),
  'note-share': async ({ fleet }, step, snapshot) =>
    fleet.mark(fleetOf(snapshot, step), { share: shareMark(snapshot, step.percent, step.since) }),
  remove: async ({ fleet }, step, snapshot) => fleet.remove(fleetOf(snapshot, step)),
  register: async ({ traffic }, step, snapshot) => {
    const pool = poolByName(snapshot, step.pool);
    const missing = instancesToRegister(snapshot, step, fleetOf(snapshot, step));
    await traffic.register(
      pool,
      missing.map(({ id }) => ({ id, port: pool.port })),
    );
  },
  deregister: async ({ traffic }, step, snapshot) => {
    const pool = poolByName(snapshot, step.pool);
    const going = targetsToDeregister(snapshot, step, fleetOf(snapshot, step));
    await traffic.deregister(
      pool,
      going.map(({ id, port }) => ({ id, port })),
    );
  },
};

/** Asks AWS for the step's effect; steps that only wait have none. */
export async function apply(ports: Ports, step: Step, snapshot: Snapshot): Promise<void> {
  const action = actions[step.do] as ((ports: Ports, step: Step, snapshot: Snapshot) => Promise<void>) | undefined;
  await action?.(ports, step, snapshot);
}

/** What to read to see how far a step is; `observeStep` asks others than AWS's lists. */
export function readsToPoll(step: Step): Reads {
  if (step.do === 'await-synced' || step.do === 'await-names') return { pools: [], fleets: [], follow: true };
  if (step.do === 'await-tail') return { pools: [], fleets: [], residual: true };
  if (step.do === 'set-ttl') return { pools: [], fleets: [], routes: true };
  if (step.do === 'await-ttl') return { pools: [], fleets: 'all' };
  if (step.do === 'mark')
    return { pools: [], fleets: [], marks: { fleet: step.fleet, marks: { [step.mark]: step.at } } };
  if (step.do === 'prove') return { pools: [], fleets: [], answers: true };
  if (step.do === 'shift' || step.do === 'watch') return { pools: [step.pool], fleets: [], routes: true };
  if (step.do === 'leave' || step.do === 'rejoin') return { pools: poolNames(step.places), fleets: [] };
  if (step.do === 'deploy' || step.do === 'migrate' || step.do === 'check') return { pools: [], fleets: [] };
  if ('pool' in step) return { pools: [step.pool], fleets: [] };
  // Until then they belong to no fleet.
  return { pools: [], fleets: 'fleet' in step && step.do !== 'claim' ? [step.fleet] : 'all' };
}

/** Steps that leave production with less, or end instances. */
export function removesCapacity(snapshot: Snapshot, step: Step): boolean {
  if (step.do === 'terminate' || step.do === 'leave') return true;
  return step.do === 'deregister' && poolByName(snapshot, step.pool).role === 'production';
}

/**
 * What to read again directly before a step that brings something into production, or takes something away from it or for
 * ever. Whether a fleet may leave production is a question of health alone.
 */
export function readsBefore(snapshot: Snapshot, step: Step): Reads {
  if (step.do === 'terminate' || step.do === 'remove') return { pools: 'all', fleets: 'all', routes: true };
  if (step.do === 'leave') return { pools: 'all', fleets: [], routes: true };
  if (step.do === 'deploy' || step.do === 'migrate') return { pools: [], fleets: [step.fleet] };
  if (step.do === 'rejoin') return { pools: poolNames(step.places), fleets: [] };
  if (step.do === 'shift') return { pools: 'all', fleets: [], routes: true };
  if (step.do === 'set-ttl') return { pools: [], fleets: [], routes: true };
  if (!('pool' in step) || step.do.startsWith('await-') || step.do === 'watch') return { pools: [], fleets: [] };
  if (!mayServe(snapshot, poolByName(snapshot, step.pool))) return { pools: [], fleets: [] };
  return { pools: 'all', fleets: step.do === 'register' ? [step.fleet] : [], routes: true };
}
