import { isLive, isRegistered, members, targetsOf } from '../domain/roles.ts';
import type { Fleet, Pool, Snapshot } from '../domain/snapshot.ts';
import { instancesToRegister, targetsToDeregister } from './in-batches.ts';
import { drainingIn, explainInstance, notHealthyIn, sentence } from '../domain/explain.ts';
import { countByZone, healthyIn, healthyOthers, minimumAtStake, shortfall, total } from '../domain/minimum-healthy.ts';
import { fleetById, inProduction, isSettled, poolByName, registeredIn, verified } from '../domain/queries.ts';
import { meaningsInPlace } from './meanings-in-place.ts';
import type { Meaning } from './meaning.ts';
import { shareMeanings, retentionProblem } from './meanings-shares.ts';
import { nameMeanings } from './meanings-names.ts';
import { tailMeaning } from './meanings-tail.ts';
import { proofMeaning } from './meanings-proof.ts';
import type { Progress, Step, StepOf } from './step.ts';

type Meanings = { readonly [D in Step['do']]: Meaning<StepOf<D>> };

/** An API call and the reading that shows it. */
const CALL_S = 1;
/** EC2 says "a few minutes at most"; this is the common case of a small Linux image. */
const BOOT_S = 60;
/** OpsWorks gives shutdown recipes two minutes, unless the layer says otherwise (aws-reference 3.4). */
const SHUTDOWN_S = 120;

const NO_FLEET: Omit<Fleet, 'id'> = { release: '', marks: {}, instances: [] };

function fleetOf(snapshot: Snapshot, step: { fleet: string }): Fleet {
  return fleetById(snapshot, step.fleet) ?? { id: step.fleet, ...NO_FLEET };
}

function ids(things: readonly { id: string }[]): readonly string[] {
  return things.map((thing) => thing.id);
}

function named(fleet: Fleet, count: number): string {
  return `${count} instance${count === 1 ? '' : 's'} of ${fleet.release || fleet.id}`;
}

function missingToLaunch(snapshot: Snapshot, step: StepOf<'launch'>): number {
  const have = countByZone(fleetOf(snapshot, step).instances.filter(({ unstarted }) => unstarted !== true));
  return step.spec.batches.reduce((sum, { zone, count }) => sum + Math.max(0, count - (have[zone] ?? 0)), 0);
}

function failed(fleet: Fleet): string | undefined {
  const all = members(fleet).flatMap(({ id, failed: why }) => (why === undefined ? [] : [{ id, why }]));
  return all.length === 0
    ? undefined
    : `${all.length} of ${fleet.instances.length} instances failed. ${sentence(all)}.`;
}

function lost(fleet: Fleet): string | undefined {
  const gone = fleet.instances.filter((instance) => !isLive(instance));
  if (gone.length === 0) return undefined;
  return `${gone.length} of ${fleet.instances.length} instances went away. ${sentence(gone.map((instance) => ({ id: instance.id, why: explainInstance(instance) })))}.`.replace(
    /\.\.$/,
    '.',
  );
}

function healthyEnough(snapshot: Snapshot, step: StepOf<'await-healthy'>): boolean {
  const fleet = fleetOf(snapshot, step);
  const pool = poolByName(snapshot, step.pool);
  const healthy = healthyIn(pool, fleet).filter(isLive);
  if (healthy.length === 0) return false;
  if (step.upTo !== undefined) return healthy.length >= Math.min(step.upTo, members(fleet).length);
  if (isSettled(snapshot, pool, fleet) && (step.need === 'minimum' || isAlone(snapshot, pool, fleet))) return true;
  if (shortfall(countByZone(healthy), step.minimumHealthy) !== undefined) return false;
  return step.need === 'minimum' || healthy.length === members(fleet).length;
}

/** So many healthy ones are waited for. */
function wanted(snapshot: Snapshot, step: StepOf<'await-healthy'>): number {
  const fleet = fleetOf(snapshot, step);
  if (step.upTo !== undefined) return Math.min(step.upTo, members(fleet).length);
  return step.need === 'all' ? members(fleet).length : Math.max(1, step.minimumHealthy.total);
}

/** Nobody else serves production there: then this fleet has the traffic already, whatever its health. */
function isAlone(snapshot: Snapshot, pool: Pool, fleet: Fleet): boolean {
  if (pool.role === 'test') return false;
  return snapshot.fleets.every((other) => other === fleet || registeredIn(pool, other).length === 0);
}

function neverHealthy(snapshot: Snapshot, step: StepOf<'await-healthy'>): string | undefined {
  const fleet = fleetOf(snapshot, step);
  const pool = poolByName(snapshot, step.pool);
  const unused = targetsOf(pool, fleet).find((target) => target.reason === 'Target.NotInUse');
  if (unused !== undefined)
    return `${sentence(notHealthyIn(pool, fleet))}. ELB checks no health there, so waiting would not help.`;
  const short = shortfall(countByZone(members(fleet)), step.minimumHealthy);
  if (short === undefined) return undefined;
  return `${fleet.release} has ${members(fleet).length} instances left, ${short} of what production needs. ${lost(fleet) ?? ''}`.trim();
}

/**
 * Rules 1 and 5 of "what must never happen": the minimum of healthy targets, and at least one of them. A fleet that has
 * nothing healthy in a zone may always leave it: production does not have less afterwards.
 */
function wouldStarve(
  snapshot: Snapshot,
  pool: Pool,
  fleet: Fleet,
  { minimumHealthy, downTo }: StepOf<'deregister'>,
): string | undefined {
  if (pool.role === 'test') return undefined;
  const goes = new Set(
    ids(
      targetsToDeregister(
        snapshot,
        { pool: pool.name, minimumHealthy, ...(downTo !== undefined && { downTo }) },
        fleet,
      ),
    ),
  );
  const own = healthyIn(pool, fleet);
  const stays = own.filter(({ id }) => !goes.has(id));
  const left = countByZone([...healthyOthers(snapshot, pool, fleet), ...stays]);
  if (total(left) === 0) return `Taking ${fleet.release} out of ${pool.name} would leave nothing healthy there.`;
  const given = countByZone(own.filter(({ id }) => goes.has(id)));
  if (total(given) === 0) return undefined;
  const short = shortfall(left, minimumAtStake(minimumHealthy, given, { left }));
  if (short === undefined) return undefined;
  return `Taking ${fleet.release} out of ${pool.name} would leave ${total(left)} healthy, ${short} of the minimum of ${minimumHealthy.total}.`;
}

/** Rule 2: nothing that is in production is ever terminated, whatever a tag says. */
function stillInProduction(snapshot: Snapshot, fleet: Fleet): string | undefined {
  const [first] = inProduction(snapshot, fleet).filter(
    ({ target }) => isRegistered(target) || target.state === 'draining',
  );
  if (first === undefined) return undefined;
  return `${first.target.id} of ${fleet.release} is ${first.target.state} in ${first.pool.name}: what is in production is never terminated.`;
}

const meanings: Meanings = {
  ...meaningsInPlace,
  launch: {
    progress: (snapshot, step) => (missingToLaunch(snapshot, step) === 0 ? 'done' : 'todo'),
    title: (snapshot, step) => {
      const zones = step.spec.batches.map(({ zone, count }) => `${count} in ${zone}`).join(', ');
      const count = missingToLaunch(snapshot, step) || total(countByZone(fleetOf(snapshot, step).instances));
      return `launch ${count} instance${count === 1 ? '' : 's'} of ${step.release} (${zones})`;
    },
    touches: () => [],
    seconds: () => 2 * CALL_S,
  },
  'await-running': {
    progress: (snapshot, step) => {
      const instances = fleetOf(snapshot, step).instances;
      return instances.length > 0 && instances.every((instance) => instance.state === 'running') ? 'done' : 'under way';
    },
    title: () => 'wait until every instance runs',
    touches: (snapshot, step) => ids(members(fleetOf(snapshot, step))),
    seconds: () => BOOT_S,
    count: (snapshot, step) => {
      const { instances } = fleetOf(snapshot, step);
      const waiting = instances.filter((instance) => instance.state !== 'running');
      return {
        have: instances.length - waiting.length,
        want: instances.length,
        word: 'running',
        waiting: waiting.map((instance) => ({ id: instance.id, why: explainInstance(instance) })),
      };
    },
    hopeless: (snapshot, step) => lost(fleetOf(snapshot, step)) ?? failed(fleetOf(snapshot, step)),
  },
  register: {
    progress: (snapshot, step) => {
      const pool = poolByName(snapshot, step.pool);
      const fleet = fleetOf(snapshot, step);
      const missing = instancesToRegister(snapshot, step, fleet);
      const present = pool.role === 'test' || registeredIn(pool, fleet).length > 0;
      return missing.length === 0 && present ? 'done' : 'todo';
    },
    title: (snapshot, step) => {
      const fleet = fleetOf(snapshot, step);
      const missing = instancesToRegister(snapshot, step, fleet).length;
      return `register ${named(fleet, missing || registeredIn(poolByName(snapshot, step.pool), fleet).length)} with ${step.pool}`;
    },
    touches: (snapshot, step) => ids(instancesToRegister(snapshot, step, fleetOf(snapshot, step))),
    seconds: () => CALL_S,
    forbids: (snapshot, step) => {
      if (poolByName(snapshot, step.pool).role === 'test') return undefined;
      const fleet = fleetOf(snapshot, step);
      return verified(snapshot, fleet).length === 0 ? `No instance of ${fleet.release} is healthy now.` : undefined;
    },
  },
  'await-healthy': {
    progress: (snapshot, step) => (healthyEnough(snapshot, step) ? 'done' : 'under way'),
    title: (_snapshot, step) => `wait until healthy in ${step.pool}`,
    touches: (snapshot, step) => ids(members(fleetOf(snapshot, step))),
    seconds: (snapshot, step) => poolByName(snapshot, step.pool).intervalS + CALL_S,
    count: (snapshot, step) => {
      const fleet = fleetOf(snapshot, step);
      const pool = poolByName(snapshot, step.pool);
      return {
        have: healthyIn(pool, fleet).length,
        want: wanted(snapshot, step),
        word: 'healthy',
        waiting: notHealthyIn(pool, fleet),
      };
    },
    hopeless: neverHealthy,
  },
  deregister: {
    progress: (snapshot, step) =>
      targetsToDeregister(snapshot, step, fleetOf(snapshot, step)).length === 0 ? 'done' : 'todo',
    title: (snapshot, step) => {
      const fleet = fleetOf(snapshot, step);
      const count = targetsToDeregister(snapshot, step, fleet).length;
      return count === 0
        ? `deregister ${fleet.release} from ${step.pool}`
        : `deregister ${named(fleet, count)} from ${step.pool}`;
    },
    touches: (snapshot, step) => ids(targetsToDeregister(snapshot, step, fleetOf(snapshot, step))),
    seconds: () => CALL_S,
    forbids: (snapshot, step) => wouldStarve(snapshot, poolByName(snapshot, step.pool), fleetOf(snapshot, step), step),
  },
  'await-released': {
    progress: (snapshot, step) =>
      targetsOf(poolByName(snapshot, step.pool), fleetOf(snapshot, step)).length === 0 ? 'done' : 'under way',
    title: (_snapshot, step) => `wait until ${step.pool} has drained`,
    touches: (snapshot, step) => ids(targetsOf(poolByName(snapshot, step.pool), fleetOf(snapshot, step))),
    seconds: (snapshot, step) => poolByName(snapshot, step.pool).deregistrationDelayS,
    count: (snapshot, step) => {
      const fleet = fleetOf(snapshot, step);
      const waiting = drainingIn(poolByName(snapshot, step.pool), fleet);
      return { have: members(fleet).length - waiting.length, want: members(fleet).length, word: 'released', waiting };
    },
  },
  claim: {
    progress: (snapshot, step) => {
      const have = new Set(ids(fleetOf(snapshot, step).instances));
      const whole = step.instances.every((id) => have.has(id));
      return whole && fleetOf(snapshot, step).marks.current !== undefined ? 'done' : 'todo';
    },
    title: (_snapshot, step) => `tag ${step.instances.length} instances as the current fleet, release ${step.release}`,
    touches: (_snapshot, step) => step.instances,
    seconds: () => CALL_S,
  },
  mark: {
    progress: (snapshot, step) => {
      const at = fleetOf(snapshot, step).marks[step.mark];
      if (at === undefined) return 'todo';
      return step.mark === 'promoted' || at >= step.at ? 'done' : 'todo';
    },
    title: (snapshot, step) => `tag ${fleetOf(snapshot, step).release} as ${step.mark}`,
    touches: (snapshot, step) => ids(members(fleetOf(snapshot, step))),
    seconds: () => CALL_S,
  },
  terminate: {
    progress: (snapshot, step) => (members(fleetOf(snapshot, step)).length === 0 ? 'done' : 'todo'),
    title: (snapshot, step) => {
      const fleet = fleetOf(snapshot, step);
      return `terminate ${named(fleet, members(fleet).length || fleet.instances.length)}`;
    },
    touches: (snapshot, step) => ids(members(fleetOf(snapshot, step))),
    seconds: () => CALL_S,
    forbids: (snapshot, step) => {
      const fleet = fleetOf(snapshot, step);
      return stillInProduction(snapshot, fleet) ?? (step.early ? undefined : retentionProblem(snapshot, fleet));
    },
  },
  ...shareMeanings,
  ...nameMeanings,
  prove: proofMeaning,
  'await-tail': tailMeaning,
  remove: {
    progress: (snapshot, step) => {
      const fleet = fleetById(snapshot, step.fleet);
      if (fleet === undefined) return 'done';
      return fleet.instances.every(({ state }) => state === 'terminated') ? 'todo' : 'under way';
    },
    title: (snapshot, step) => `delete the ${fleetOf(snapshot, step).holder ?? 'rest'} when its instances have ended`,
    touches: (snapshot, step) => ids(fleetOf(snapshot, step).instances),
    seconds: () => SHUTDOWN_S,
    forbids: (snapshot, step) => stillInProduction(snapshot, fleetOf(snapshot, step)),
    count: (snapshot, step) => {
      const { instances } = fleetOf(snapshot, step);
      const waiting = instances.filter(({ state }) => state !== 'terminated');
      return {
        have: instances.length - waiting.length,
        want: instances.length,
        word: 'ended',
        waiting: waiting.map((instance) => ({ id: instance.id, why: explainInstance(instance) })),
      };
    },
  },
};

/** The meaning of a step; its functions are called with that same step. */
export function meaningOf(step: Step): Meaning<Step> {
  return meanings[step.do];
}

export function progressOf(snapshot: Snapshot, step: Step): Progress {
  return meaningOf(step).progress(snapshot, step);
}
