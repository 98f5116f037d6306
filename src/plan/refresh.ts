import { shell, shellWord } from '../domain/shell.ts';
import { keepsInstances, refusal, type GoalOf, type Refusal } from '../domain/goal.ts';
import { isUnderWay } from '../domain/refresh.ts';
import { fleetById } from '../domain/queries.ts';
import { members } from '../domain/roles.ts';
import { isInService, isScaled, type ScaledFleet } from '../domain/scaled.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { standbys } from '../domain/standby.ts';
import { count, list, sentences } from '../domain/text.ts';
import type { Step } from '../steps/index.ts';
import { planAhead } from './ahead.ts';
import { minimumProblem } from './in-place.ts';
import type { AfterFailure, Failure, Plan } from './plan.ts';

/** What `rolling --refresh` does: an instance refresh of the group that serves. */

type RefreshGoal = GoalOf<'rolling'> & { readonly refresh: NonNullable<GoalOf<'rolling'>['refresh']> };

export function isRefresh(goal: GoalOf<'rolling'>): goal is RefreshGoal {
  return goal.refresh !== undefined;
}

/** Why the group cannot be refreshed now. */
export function refreshProblem(fleet: Fleet, release: string): Refusal | undefined {
  if (!isScaled(fleet))
    return refusal(
      'no-group',
      'Only Auto Scaling groups have instance refreshes, and the fleet that serves is none.',
      'Leave out --refresh: `turnout rolling --release R` deploys in place.',
    );
  return lone(fleet) ?? other(fleet, release) ?? kept(fleet);
}

function lone(fleet: ScaledFleet): Refusal | undefined {
  const { name } = fleet.group;
  if (isUnderWay(fleet.group.newest) || members(fleet).filter(isInService).length > 1) return undefined;
  return refusal(
    'group-of-one',
    `${name} has one instance in service: a refresh would take it away before there is another one.`,
    '`turnout up --release R`, then `turnout promote`, brings the release to another group, and takes nothing away first.',
    `\`${shell`aws autoscaling set-desired-capacity --auto-scaling-group-name ${name} --desired-capacity 2`}\` gives it a second one; then run this again.`,
  );
}

/** What is under way is ours, and goes to that release or away from it. */
function other({ group: { name, newest, recorded } }: ScaledFleet, release: string): Refusal | undefined {
  if (!isUnderWay(newest)) return undefined;
  if (recorded !== undefined && [recorded.to.release, recorded.from.release].includes(release)) return undefined;
  return refusal(
    'refresh-under-way',
    `An instance refresh of ${name} to ${recorded?.to.release ?? newest.template ?? 'its own template'} is under way (${newest.status}, ${newest.percent} %).`,
    'Wait until it has ended; then run this again.',
    `\`${shell`aws autoscaling cancel-instance-refresh --auto-scaling-group-name ${name}`}\` ends it.`,
  );
}

/** What the refresh would wait for until it fails (API reference, RefreshPreferences). */
function kept(fleet: ScaledFleet): Refusal | undefined {
  const { name, protects } = fleet.group;
  const out = standbys(fleet).map(({ id }) => id);
  if (out.length > 0)
    return refusal(
      'in-standby',
      `${list(out, 3)} of ${name} ${out.length === 1 ? 'is' : 'are'} in Standby: the refresh would not replace ${out.length === 1 ? 'it' : 'them'}.`,
      `\`turnout join ${out.join(' ')}\` puts ${out.length === 1 ? 'it' : 'them'} back into service; then run this again.`,
    );
  if (protects.length === 0) return undefined;
  return refusal(
    'protected-from-scale-in',
    `${list(protects, 3)} of ${name} ${protects.length === 1 ? 'is' : 'are'} protected from scale-in: the refresh would wait for ${protects.length === 1 ? 'it' : 'them'}.`,
    `\`aws autoscaling set-instance-protection --no-protected-from-scale-in --auto-scaling-group-name ${shellWord(name)} --instance-ids ${protects.slice(0, 50).join(' ')}\` ends that; then run this again.`,
  );
}

export function refreshPlan(snapshot: Snapshot, goal: RefreshGoal): Plan | Refusal {
  const { fleet, release, run, who, since, refresh } = goal;
  const found = fleetById(snapshot, fleet);
  if (found === undefined)
    return refusal('fleet-gone', `No instance of the fleet ${fleet} is left.`, 'Look at `turnout status`.');
  const problem = refreshProblem(found, release);
  if (problem !== undefined) return problem;
  const { spec, minPercent, maxPercent } = refresh;
  const isDone = found.group?.recorded === undefined && members(found).every((one) => one.release === release);
  const steps: readonly Step[] = [
    { do: 'start-refresh', fleet, release, spec, minPercent, maxPercent, run, who, since },
    { do: 'await-refresh', fleet, release, count: members(found).length },
    { do: 'finish-refresh', fleet, release },
  ];
  const notes = sentences(
    ...spec.summary.map((one) => `${one}.`),
    ...(keepsInstances(spec)
      ? volumeNotes(minPercent)
      : [`At least ${minPercent} % of its capacity stays in service, and there is ${maxPercent} % at most.`]),
    'It goes on in AWS when this program ends: `turnout resume` waits for it again.',
  );
  return planAhead(snapshot, isDone ? [] : steps, isDone ? [] : notes);
}

/** User guide, "Replace root volumes during instance refresh". */
function volumeNotes(minPercent: number): readonly string[] {
  return [
    'Root volumes are replaced in place: instances, their addresses, other volumes and instance stores stay, and what is on the root volumes is lost.',
    `Each instance leaves its target groups (ReplacingRootVolume), drains, boots from the image and comes back; AWS keeps ${minPercent} % in service, or takes one at a time.`,
    'AWS terminates an instance whose replacement fails, and launches another one.',
  ];
}

export function afterRefresh(snapshot: Snapshot, goal: RefreshGoal, _failure: Failure): AfterFailure {
  const { newest, recorded, name = '' } = fleetById(snapshot, goal.fleet)?.group ?? {};
  const next = [
    `\`turnout rolling ${flagOf(goal)} --release ${goal.release}\` (or \`turnout resume\`) goes on with it`,
    ...(recorded === undefined
      ? []
      : [`\`turnout rolling ${flagOf(goal)} --release ${recorded.from.release}\` goes back to the release before`]),
    '`turnout abandon` leaves things as they are and forgets it',
  ];
  const goesOn = isUnderWay(newest)
    ? `The refresh of ${name} goes on in AWS (${newest.status}, ${newest.percent} %). `
    : '';
  const short = minimumProblem(snapshot, goal.minimumHealthy);
  if (short !== undefined) return { leave: 'needs-attention', message: `${goesOn}${short}`, next };
  return { leave: 'safe', message: `${goesOn}Production has what it must keep.`, next };
}

export function refreshQuestion({ release, refresh: { spec } }: RefreshGoal): string {
  const what = keepsInstances(spec) ? 'the root volumes of all instances' : 'all instances';
  return `Replace ${what} by those of ${release}?`;
}

/** The option that asks for it. */
function flagOf({ refresh: { spec } }: RefreshGoal): string {
  return keepsInstances(spec) ? '--root-volumes' : '--refresh';
}

export function refreshStanding(snapshot: Snapshot, goal: RefreshGoal) {
  const { fleet: id, release } = goal;
  const fleet = fleetById(snapshot, id);
  const all = fleet === undefined ? [] : members(fleet);
  return {
    message: `All ${count(all.length, 'instance')} of ${fleet?.group?.name ?? id} are ${release}, and healthy.`,
    next: [
      '`turnout status` shows what is where',
      `\`turnout rolling ${flagOf(goal)} --release R\` brings another release`,
    ],
  };
}
