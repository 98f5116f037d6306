import { duration, list, targetWords } from '../domain/text.ts';
import { isLive, isRegistered } from '../domain/roles.ts';
import type { DeployReport } from '../domain/deploys.ts';
import type { Instance, Snapshot, Target } from '../domain/snapshot.ts';
import { explainInstance, sentence } from '../domain/explain.ts';
import { isHealthy } from '../domain/minimum-healthy.ts';
import {
  carries,
  drainingFrom,
  instanceById,
  isDeployed,
  placesOf,
  poolNames,
  registeredAt,
  together,
  wouldLack,
  type Places,
} from '../domain/in-place.ts';
import { fleetById } from '../domain/queries.ts';
import type { Meaning } from './meaning.ts';
import type { StepInPlace, StepOf } from './step.ts';
import type { Count, Waiting } from '../domain/waiting.ts';

/** What the steps of a deploy in place mean. */

type Meanings = { readonly [D in StepInPlace['do']]: Meaning<StepOf<D>> };

/** An API call and the reading that shows it. */
const CALL_S = 1;
/** Nobody knows how long a deploy takes: this is what the plan says. */
const DEPLOY_S = 30;

/** The name that a deploy is known by: the same for every process that goes on with the run. */
export function tokenOf(step: StepOf<'deploy' | 'migrate'>): string {
  return step.do === 'migrate' ? `${step.run}/migrate` : `${step.run}/${step.number}`;
}

/** What is known of the step's deploy. */
export function reportOn(snapshot: Snapshot, step: StepOf<'deploy' | 'migrate'>): DeployReport | undefined {
  const token = tokenOf(step);
  return snapshot.closer?.deploys?.find((report) => report.token === token);
}

function isOut(snapshot: Snapshot, id: string): boolean {
  if (placesOf(snapshot, id).length > 0) return false;
  return drainingFrom(snapshot, id).length === 0 || (snapshot.closer?.idle ?? []).includes(id);
}

/** Where the step puts an instance: where it was when the plan was made, and what its tags have been noted since. */
function homes(snapshot: Snapshot, { places }: { places: Places }, id: string): Places[string] {
  return together(places[id] ?? [], instanceById(snapshot, id)?.left ?? []);
}

function isBack(snapshot: Snapshot, step: StepOf<'rejoin'>, id: string): boolean {
  return homes(snapshot, step, id).every((place) => {
    const target = registeredAt(snapshot, id, place);
    return target !== undefined && isFine(target);
  });
}

/** Healthy, or in a group where nobody checks: there, being registered is all that can be seen. */
function isFine(target: Target): boolean {
  return isHealthy(target) || target.reason === 'Target.NotInUse' || target.reason === 'Target.HealthCheckDisabled';
}

function isRequested(snapshot: Snapshot, step: StepOf<'rejoin'>, id: string): boolean {
  return homes(snapshot, step, id).every((place) => registeredAt(snapshot, id, place) !== undefined);
}

function isSigned(instance: Instance | undefined, { release }: StepOf<'sign'>): boolean {
  if (instance === undefined) return false;
  return release === undefined ? instance.left === undefined : carries(instance, release);
}

/** Instances of a batch that went away: what was asked for them cannot come to be. */
function gone(snapshot: Snapshot, ids: readonly string[]): string | undefined {
  const missing = ids.flatMap((id): Waiting[] => {
    const instance = instanceById(snapshot, id);
    if (instance === undefined) return [{ id, why: 'AWS does not list it any more' }];
    return isLive(instance) && instance.state === 'running' ? [] : [{ id, why: explainInstance(instance) }];
  });
  return missing.length === 0 ? undefined : `It went away meanwhile. ${sentence(missing)}.`;
}

function named(snapshot: Snapshot, ids: readonly string[]): string {
  const [only] = ids;
  if (ids.length !== 1 || only === undefined) return list(ids, 3);
  const zone = instanceById(snapshot, only)?.zone;
  return zone === undefined ? only : `${only} (${zone})`;
}

function countOf(ids: readonly string[], word: string, waiting: readonly Waiting[]): Count {
  const left = new Set(waiting.map(({ id }) => id));
  return { have: ids.length - left.size, want: ids.length, word, waiting };
}

function longest(snapshot: Snapshot, names: readonly string[], of: 'deregistrationDelayS' | 'intervalS'): number {
  return Math.max(0, ...snapshot.pools.filter((pool) => names.includes(pool.name)).map((pool) => pool[of]));
}

/** Why a deploy that has failed has, with the end of what it wrote. */
function failureOf(report: DeployReport): string {
  const failed = report.instances.filter(({ state }) => state === 'failed');
  return failed
    .map(({ id, why, output, log }) => {
      const tail = (output ?? []).length > 0 ? `\n${(output ?? []).map((line) => `    ${line}`).join('\n')}` : '';
      return `${id}: ${why ?? 'failed'}${log === undefined ? '' : `, see ${log}`}${tail}`;
    })
    .join('\n');
}

function deployProgress(snapshot: Snapshot, step: StepOf<'deploy' | 'migrate'>): 'todo' | 'under way' {
  const state = reportOn(snapshot, step)?.state;
  return state === 'pending' || state === 'running' ? 'under way' : 'todo';
}

function deployCount(snapshot: Snapshot, step: StepOf<'deploy' | 'migrate'>): Count | undefined {
  const report = reportOn(snapshot, step);
  if (report === undefined) return undefined;
  const left = report.instances.filter(({ state }) => state !== 'succeeded');
  const waiting = left.map(({ id, state, why }) => ({ id, why: why === undefined ? state : `${state}: ${why}` }));
  return countOf(step.instances, step.do === 'migrate' ? 'migrated' : 'deployed', waiting);
}

function deployFailed(snapshot: Snapshot, step: StepOf<'deploy' | 'migrate'>): string | undefined {
  const report = reportOn(snapshot, step);
  if (report?.state !== 'failed') return undefined;
  const what = step.do === 'migrate' ? `Migrating to ${step.release}` : `Deploying ${step.release}`;
  return `${what} failed. ${failureOf(report)}`;
}

/** Whether the migrations of that release have run; in this run, where `run` is given. */
export function isMigrated(snapshot: Snapshot, fleet: string, release: string, run?: string): boolean {
  const [migrated, by] = fleetById(snapshot, fleet)?.marks.migrated?.split(' ') ?? [];
  return migrated === release && (run === undefined || by === run);
}

function wherefrom(step: { places: Places }): string {
  const names = poolNames(step.places);
  return names.length === 0 ? 'no target group' : list(names, 3);
}

export const meaningsInPlace: Meanings = {
  migrate: {
    progress: (snapshot, step) =>
      isMigrated(snapshot, step.fleet, step.release, step.run) ? 'done' : deployProgress(snapshot, step),
    title: (_snapshot, step) => `migrate to ${step.release}, once`,
    touches: (_snapshot, step) => step.instances,
    seconds: () => DEPLOY_S,
    count: deployCount,
    hopeless: deployFailed,
  },
  leave: {
    progress: (snapshot, step) => {
      if (step.instances.every((id) => isOut(snapshot, id))) return 'done';
      return step.instances.every((id) => placesOf(snapshot, id).length === 0) ? 'under way' : 'todo';
    },
    title: (snapshot, step) => `take ${named(snapshot, step.instances)} out of ${wherefrom(step)}`,
    touches: (_snapshot, step) => step.instances,
    seconds: (snapshot, step) => longest(snapshot, poolNames(step.places), 'deregistrationDelayS') + CALL_S,
    forbids: (snapshot, step) => wouldLack(snapshot, step.instances, step.keep),
    count: (snapshot, step) => {
      const waiting = step.instances
        .filter((id) => !isOut(snapshot, id))
        .map((id) => {
          const [place] = placesOf(snapshot, id);
          return { id, why: place ? targetWords(place.target, place.pool) : drainingWords(snapshot, id) };
        });
      return countOf(step.instances, 'released', waiting);
    },
  },
  deploy: {
    progress: (snapshot, step) => {
      const isNoted = step.instances.every((id) =>
        isDeployed(instanceById(snapshot, id) ?? {}, step.release, step.run),
      );
      return isNoted ? 'done' : deployProgress(snapshot, step);
    },
    title: (snapshot, step) => `deploy ${step.release} to ${named(snapshot, step.instances)} with ${step.words}`,
    touches: (_snapshot, step) => step.instances,
    seconds: () => DEPLOY_S,
    count: deployCount,
    hopeless: (snapshot, step) => deployFailed(snapshot, step) ?? gone(snapshot, step.instances),
  },
  check: {
    progress: (snapshot, step) =>
      step.instances.every((id) => snapshot.closer?.answers?.[id] === 'ok') ? 'done' : 'under way',
    title: (snapshot, step) => `wait until ${named(snapshot, step.instances)} answers its check`,
    touches: (_snapshot, step) => step.instances,
    seconds: () => CALL_S,
    count: (snapshot, step) => {
      const answers = snapshot.closer?.answers ?? {};
      const waiting = step.instances
        .filter((id) => answers[id] !== 'ok')
        .map((id) => ({ id, why: answers[id] ?? 'not asked yet' }));
      return countOf(step.instances, 'answering', waiting);
    },
    hopeless: (snapshot, step) => gone(snapshot, step.instances),
  },
  rejoin: {
    progress: (snapshot, step) => {
      if (step.instances.every((id) => isBack(snapshot, step, id))) return 'done';
      return step.instances.every((id) => isRequested(snapshot, step, id)) ? 'under way' : 'todo';
    },
    title: (snapshot, step) => `put ${named(snapshot, step.instances)} back into ${wherefrom(step)}`,
    touches: (_snapshot, step) => step.instances,
    seconds: (snapshot, step) => longest(snapshot, poolNames(step.places), 'intervalS') + CALL_S,
    count: (snapshot, step) =>
      countOf(
        step.instances,
        'healthy',
        step.instances.filter((id) => !isBack(snapshot, step, id)).map((id) => notBack(snapshot, step, id)),
      ),
    hopeless: (snapshot, step) => gone(snapshot, step.instances) ?? noPool(snapshot, step),
  },
  sign: {
    progress: (snapshot, step) =>
      step.instances.every((id) => isSigned(instanceById(snapshot, id), step)) ? 'done' : 'todo',
    title: (snapshot, step) =>
      step.release === undefined
        ? `note that ${named(snapshot, step.instances)} is back`
        : `tag ${named(snapshot, step.instances)} with release ${step.release}`,
    touches: (_snapshot, step) => step.instances,
    seconds: () => CALL_S,
  },
};

/** `draining, 4 min 10 s left`: the longest of its pools, counted from when it was first seen. */
function drainingWords(snapshot: Snapshot, id: string): string {
  const delays = drainingFrom(snapshot, id).map(({ pool }) => pool.deregistrationDelayS);
  const passedS = (snapshot.at - (snapshot.closer?.drainingSince?.[id] ?? snapshot.at)) / 1000;
  return `draining, ${duration(Math.max(...delays, 0) - passedS)} left at most`;
}

function notBack(snapshot: Snapshot, step: StepOf<'rejoin'>, id: string): Waiting {
  for (const place of homes(snapshot, step, id)) {
    const pool = snapshot.pools.find(({ name }) => name === place.pool);
    const target = pool?.targets.find((one) => one.id === id && one.port === place.port && isRegistered(one));
    if (pool === undefined || target === undefined) return { id, why: `not registered in ${place.pool}` };
    if (!isFine(target)) return { id, why: `${targetWords(target, pool)} in ${pool.name}` };
  }
  return { id, why: '' };
}

function noPool(snapshot: Snapshot, step: StepOf<'rejoin'>): string | undefined {
  const known = new Set(snapshot.pools.map(({ name }) => name));
  const missing = step.instances.flatMap((id) => homes(snapshot, step, id)).find(({ pool }) => !known.has(pool));
  return missing && `The target group ${missing.pool}, where it was registered, is not there any more.`;
}
