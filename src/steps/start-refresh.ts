import { keepsInstances, type LaunchSpec } from '../domain/goal.ts';
import { goesTo, isUnderWay, withImages, type SeenRefresh } from '../domain/refresh.ts';
import type { Fleet } from '../domain/snapshot.ts';
import { isInService } from '../domain/scaled.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';
import { changeRefresh, existingFleet, fleetOf, memberIds } from './world.ts';

/** Have the fleet's Auto Scaling group replace its instances with those of a release; or roll back a refresh that is under way. */
export interface StartRefresh {
  readonly do: 'start-refresh';
  readonly fleet: string;
  readonly release: string;
  readonly spec: LaunchSpec;
  /** What stays in service, and how much there may be, in percent of the desired capacity. */
  readonly minPercent: number;
  readonly maxPercent: number;
  readonly run: string;
  readonly who: string;
  /** ISO time at which it was asked for. */
  readonly since: string;
}

export const beginRefresh: StepDefinition<StartRefresh> = (step) => ({
  ...REQUEST,
  title: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    const { name = step.fleet, newest } = fleet.group ?? {};
    if (isUnderWay(newest) && isWayBack(fleet, step))
      return `roll back the instance refresh of ${name} to ${step.release}`;
    return `start an instance refresh of ${name} to ${step.release}${keepsInstances(step.spec) ? ', by other root volumes' : ''}`;
  },
  instances: (snapshot) => memberIds(snapshot, step),
  progress: (snapshot) => (isStarted(fleetOf(snapshot, step), step) ? 'done' : 'todo'),
  guard: (snapshot) => mustNotStart(fleetOf(snapshot, step), step),
  readsBefore: () => ({ pools: 'all', fleets: 'all', routes: true }),
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  effect: () => 'removes-capacity',
  apply: async ({ fleet }, snapshot) => fleet.startRefresh(existingFleet(snapshot, step), step),
  simulate: (snapshot) => {
    const { template, image, images = {} } = step.spec.request as unknown as Launched;
    const next = `${template.id} version ${image === undefined ? template.version : 'next'}`;
    const text = withImages(next, keepsInstances(step.spec) ? Object.values(images) : []);
    const { release, group } = fleetOf(snapshot, step);
    const { run, who, since } = step;
    const from = { release: group?.boots ?? release, template: group?.carries ?? '' };
    const newest: SeenRefresh = { id: 'new', status: 'InProgress', template: text, percent: 0, startedAt: snapshot.at };
    const recorded = { from, to: { release: step.release, template: text }, run, since, who };
    return changeRefresh(snapshot, step.fleet, { newest, refresh: 'InProgress', recorded });
  },
});

/** What is read of the request of the spec. */
interface Launched {
  readonly template: { readonly id: string; readonly version: string };
  readonly image?: string;
  readonly images?: Readonly<Record<string, string>>;
}

/** What is recorded goes away from that release; or that it goes back is recorded, and was not requested yet. */
function isWayBack({ group }: Fleet, { release }: StartRefresh): boolean {
  const { recorded, newest } = group ?? {};
  if (recorded?.from.release === release) return true;
  return recorded?.to.release === release && newest?.template === recorded.from.template;
}

/** What is recorded goes to that release, and AWS is at it, or was. */
function isStarted({ group }: Fleet, { release }: StartRefresh): boolean {
  const { recorded, newest } = group ?? {};
  if (recorded?.to.release !== release || newest === undefined) return false;
  if (newest.status === 'RollbackInProgress') return newest.template !== recorded.to.template;
  if (goesTo(newest, recorded.to.template)) return true;
  const isOver =
    newest.status === 'Successful'
      ? newest.template === recorded.to.template
      : newest.status === 'RollbackSuccessful' && newest.template !== recorded.to.template;
  return isOver && newest.startedAt >= Date.parse(recorded.since) - SKEW_MS;
}

/** AWS gives times in whole seconds. */
const SKEW_MS = 1000;

function mustNotStart(fleet: Fleet, step: StartRefresh): string | undefined {
  const { group } = fleet;
  if (group === undefined) return undefined;
  const { name, newest, suspended } = group;
  if (suspended.includes('InstanceRefresh'))
    return `InstanceRefresh of ${name} is suspended: it would replace nothing.`;
  if (fleet.instances.filter(isInService).length < 2)
    return `${name} has one instance in service: the refresh would take it away before there is another one.`;
  if (!isUnderWay(newest)) return undefined;
  if (newest.status === 'Cancelling') return `The refresh before of ${name} is being cancelled.`;
  if (isWayBack(fleet, step)) return undefined;
  return `An instance refresh of ${name} to ${newest.template ?? 'its own template'} is under way (${newest.status}), and not to ${step.release}.`;
}
