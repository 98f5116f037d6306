import type { PoolMinimum } from '../domain/goal.ts';
import { fitFor, instancesToRegister } from '../domain/moving.ts';
import { instanceById } from '../domain/in-place.ts';
import { answeredWithoutShare } from '../domain/passed-over.ts';
import { poolByName, registeredIn } from '../domain/queries.ts';
import type { Instance, Snapshot, Target } from '../domain/snapshot.ts';
import { list } from '../domain/text.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';
import { readsOfPool } from './reads-of-pool.ts';
import { changePool, existingFleet, fleetOf, idsOf, instancesOf } from './world.ts';

/**
 * Register the fleet's instances with the pool: all of them, or in batches up to that many. Production takes those that are
 * healthy now; where they are fewer than `atLeast`, also those of which it is not known: ELB checks them before it sends them
 * requests.
 */
export interface Register {
  readonly do: 'register';
  readonly pool: string;
  readonly fleet: string;
  readonly upTo?: number;
  readonly atLeast?: PoolMinimum;
  /** It is to have no client of production yet. */
  readonly isNew?: true;
}

export const register: StepDefinition<Register> = (step) => ({
  ...REQUEST,
  title: (snapshot) => {
    const registered = registeredIn(poolByName(snapshot, step.pool), fleetOf(snapshot, step));
    const n = missing(snapshot, step).length || registered.length;
    return `register ${instancesOf(fleetOf(snapshot, step), n)} with ${step.pool}`;
  },
  instances: (snapshot) => idsOf(missing(snapshot, step)),
  progress: (snapshot) => {
    const pool = poolByName(snapshot, step.pool);
    const isPresent = pool.role === 'test' || registeredIn(pool, fleetOf(snapshot, step)).length > 0;
    return missing(snapshot, step).length === 0 && isPresent ? 'done' : 'todo';
  },
  guard: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    if (poolByName(snapshot, step.pool).role === 'test') return step.isNew && answeredWithoutShare(snapshot);
    if (fitFor(step, snapshot, fleet).length === 0) return `No instance of ${fleet.release} is healthy now.`;
    return inVain(snapshot, step);
  },
  readsBefore: (snapshot) => readsOfPool(snapshot, step.pool, [step.fleet]),
  readsToPoll: () => ({ pools: [step.pool], fleets: [] }),
  effect: (snapshot) => (poolByName(snapshot, step.pool).role === 'test' ? 'records' : 'adds-capacity'),
  apply: async ({ traffic }, snapshot) => {
    const pool = poolByName(snapshot, step.pool);
    const coming = instancesToRegister(snapshot, step, existingFleet(snapshot, step));
    await traffic.register(
      pool,
      coming.map(({ id }) => ({ id, port: pool.port })),
    );
  },
  simulate: (snapshot) => registerAll(snapshot, step.pool, idsOf(missing(snapshot, step))),
});

/** The snapshot with these instances just registered with the pool. */
export function registerAll(snapshot: Snapshot, name: string, coming: readonly string[]): Snapshot {
  return changePool(snapshot, name, (pool) => {
    const others = pool.targets.filter(({ id }) => !coming.includes(id));
    return [...others, ...coming.map((id) => registering(id, pool.port))];
  });
}

/** ELB says of others in the same zones that nothing is sent there: then nothing would be verified, nor served. */
function inVain(snapshot: Snapshot, step: Register): string | undefined {
  const coming = missing(snapshot, step);
  const unused = poolByName(snapshot, step.pool).targets.filter(({ reason }) => reason === 'Target.NotInUse');
  const zones = new Set(unused.map(({ id }) => instanceById(snapshot, id)?.zone));
  if (coming.length === 0 || !coming.every(({ zone }) => zones.has(zone))) return undefined;
  return `No listener forwards to ${step.pool} now, or its load balancer is not enabled in ${list([...new Set(coming.map(({ zone }) => zone))])}: ELB calls what is registered there unused.`;
}

function missing(snapshot: Snapshot, step: Register): readonly Instance[] {
  return instancesToRegister(snapshot, step, fleetOf(snapshot, step));
}

function registering(id: string, port: number): Target {
  return { id, port, state: 'initial', reason: 'Elb.RegistrationInProgress' };
}
