import { isHealthy } from '../domain/minimum-healthy.ts';
import { isUnderWay } from '../domain/refresh.ts';
import { members } from '../domain/roles.ts';
import type { Fleet, Pool, Snapshot } from '../domain/snapshot.ts';
import { isInService } from '../domain/scaled.ts';
import { targetWords } from '../domain/text.ts';
import type { Waiting } from '../domain/waiting.ts';
import { never, type StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { byTimeWaited } from './timing.ts';
import { changeInstances, changePools, changeRefresh, fleetOf, memberIds } from './world.ts';

/** Wait until the refresh has ended well, and all of the group is of the release and healthy in its target groups. */
export interface AwaitRefresh {
  readonly do: 'await-refresh';
  readonly fleet: string;
  readonly release: string;
  /** How many instances are replaced. */
  readonly count: number;
}

/** An instance boots, is checked and warms up; the common case of a small Linux image. */
const INSTANCE_S = 120;

export const awaitRefresh: StepDefinition<AwaitRefresh> = (step) => ({
  ...WAITS,
  title: (snapshot) =>
    `wait until all of ${fleetOf(snapshot, step).group?.name ?? step.fleet} is ${step.release} and healthy`,
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: () => step.count * INSTANCE_S,
  progress: (snapshot) => (isRefreshed(snapshot, fleetOf(snapshot, step), step) ? 'done' : 'under way'),
  conflict: never,
  cannotSucceed: (snapshot) => endedBadly(fleetOf(snapshot, step)),
  count: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    const { newest, failures = [], name = '' } = fleet.group ?? {};
    const why = failures.slice(0, 1).map((one): Waiting => ({ id: name, why: one }));
    const have = newest?.status.startsWith('Rollback') ? 100 - newest.percent : (newest?.percent ?? 0);
    return { have, want: 100, word: '% replaced', waiting: [...why, ...notYet(snapshot, fleet, step)] };
  },
  lastSeen: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    const [first] = notYet(snapshot, fleet, step);
    const { status = 'no refresh', reason } = fleet.group?.newest ?? {};
    const left = first === undefined ? '' : `; ${first.id}: ${first.why}`;
    return `Auto Scaling says ${status}${reason === undefined ? '' : ` (${reason})`}${left}`;
  },
  readsToPoll: (snapshot) => ({
    pools: poolsOfFleet(snapshot, fleetOf(snapshot, step)).map(({ name }) => name),
    fleets: 'all',
  }),
  timeLimitMs: ({ bootMs, healthyMs, releasedMs }) => (bootMs + healthyMs + releasedMs) * (step.count + 1),
  pollEveryMs: byTimeWaited,
  simulate: (snapshot) => {
    const { group } = fleetOf(snapshot, step);
    const ids = memberIds(snapshot, step);
    const of = changeInstances(snapshot, ids, (one) => ({ ...one, release: step.release }));
    const well = changePools(of, ({ targets }) =>
      targets.map((one) => (ids.includes(one.id) ? { id: one.id, port: one.port, state: 'healthy' as const } : one)),
    );
    const { recorded, newest } = group ?? {};
    if (recorded === undefined || newest === undefined) return well;
    const ended = { ...newest, status: 'Successful', percent: 100 };
    return changeRefresh(well, step.fleet, { recorded, newest: ended, launches: recorded.to.template });
  },
});

function poolsOfFleet({ pools }: Snapshot, { group }: Fleet): readonly Pool[] {
  return pools.filter(({ arn }) => group?.targetGroups.includes(arn));
}

/** Auto Scaling's word alone is not enough: the release of each instance, and what its target groups say of it, are looked at. */
function isRefreshed(snapshot: Snapshot, fleet: Fleet, step: AwaitRefresh): boolean {
  const { group } = fleet;
  if (group === undefined || isUnderWay(group.newest)) return false;
  if (group.recorded !== undefined && group.launches !== group.recorded.to.template) return false;
  return group.capacity >= group.desired && notYet(snapshot, fleet, step).length === 0;
}

function notYet(snapshot: Snapshot, fleet: Fleet, { release }: AwaitRefresh): readonly Waiting[] {
  const pools = poolsOfFleet(snapshot, fleet);
  return members(fleet).flatMap((one): readonly Waiting[] => {
    const { id } = one;
    if (one.release !== release || one.stray !== undefined)
      return [{ id, why: `still ${one.release ?? fleet.release}` }];
    if (!isInService(one)) return [{ id, why: one.lifecycle ?? one.state }];
    const bad = pools.find(({ targets }) => !targets.some((target) => target.id === id && isHealthy(target)));
    if (bad === undefined) return [];
    const target = bad.targets.find((other) => other.id === id);
    return [
      {
        id,
        why: target === undefined ? `not registered in ${bad.name}` : `${targetWords(target, bad)} in ${bad.name}`,
      },
    ];
  });
}

const BAD: ReadonlySet<string> = new Set(['Failed', 'Cancelled', 'RollbackFailed']);

/** In Auto Scaling's words, and those of its activities. What was before this refresh does not count. */
function endedBadly({ group }: Fleet): string | undefined {
  const { recorded, newest, name, failures = [] } = group ?? {};
  if (recorded === undefined || newest === undefined) return undefined;
  if (newest.startedAt < Date.parse(recorded.since) - 1000 && newest.status !== 'RollbackFailed') return undefined;
  const isUndone = newest.status === 'RollbackSuccessful' && newest.template === recorded.to.template;
  if (!BAD.has(newest.status) && !isUndone) return undefined;
  const why = [newest.reason, ...failures.slice(0, 1)].filter((one) => one !== undefined).join(' ');
  return `The instance refresh of ${name} to ${recorded.to.release} has ended: ${newest.status}, at ${newest.percent} %. ${why}`.trim();
}
