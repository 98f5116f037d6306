import { refusal, type RequestedBy, type Refusal } from '../domain/goal.ts';
import { liveFleets, servingFleets } from '../domain/roles.ts';
import { isScaled, strays, type ScaledFleet } from '../domain/scaled.ts';
import type { FleetGroup } from '../domain/scaling.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { isOurStandby, standbys } from '../domain/standby.ts';
import { ago, list, sentences } from '../domain/text.ts';
import type { Step } from '../steps/index.ts';
import { heldTexts } from './held.ts';
import { bootsText } from './standby.ts';

/** What plans do and refuse where fleets are Auto Scaling groups, which change by themselves. */

type Asked = Pick<RequestedBy, 'run' | 'who' | 'since'>;

/** Others still have something of production. */
function sharesWithOthers(snapshot: Snapshot, to: Fleet): boolean {
  return servingFleets(snapshot).some((fleet) => fleet !== to);
}

/** While traffic moves, and as long as there is a way back, no group is scaled in. */
export function holdSteps(
  snapshot: Snapshot,
  { to, run, who, since }: Asked & { readonly to: Fleet },
): readonly Step[] {
  if (!sharesWithOthers(snapshot, to)) return [];
  return liveFleets(snapshot)
    .filter(isScaled)
    .flatMap(({ id: fleet }) => [
      { do: 'restore-group', fleet },
      { do: 'hold-minimum', fleet, run, who, since },
    ]);
}

/** The group is as large as what serves beside it, directly before it gets traffic of that. */
export function matchSteps(
  snapshot: Snapshot,
  { to, run, who, since }: Asked & { readonly to: Fleet },
  pool: string,
): readonly Step[] {
  return isScaled(to) && sharesWithOthers(snapshot, to)
    ? [{ do: 'match-size', fleet: to.id, pool, run, who, since }]
    : [];
}

/** Why a group must not be part of a switch, or of the next one, now. Not asked on the way back. */
export function scalingProblem(snapshot: Snapshot): Refusal | undefined {
  return liveFleets(snapshot)
    .filter(isScaled)
    .map((fleet) => notOurs(fleet) ?? refreshing(fleet) ?? inStandby(fleet) ?? otherTemplate(fleet) ?? mixed(fleet))
    .find((one) => one !== undefined);
}

/** Why a group that is attached to a target group would not register what it launches there. Not asked on the way back. */
export function joiningProblem(snapshot: Snapshot): Refusal | undefined {
  const fleet = liveFleets(snapshot)
    .filter(isScaled)
    .find(({ group }) => group.suspended.includes('AddToLoadBalancer'));
  if (fleet === undefined) return undefined;
  const { name } = fleet.group;
  return refusal(
    'processes-suspended',
    `AddToLoadBalancer of ${name} is suspended: what it launches would get no traffic.`,
    `\`aws autoscaling resume-processes --auto-scaling-group-name ${name} --scaling-processes AddToLoadBalancer\` resumes it; then run this again.`,
  );
}

/** Why a group cannot be set to 0. */
export function emptyingProblem(fleet: Fleet): Refusal | undefined {
  if (!isScaled(fleet)) return undefined;
  return notOurs(fleet) ?? refreshing(fleet) ?? inStandby(fleet) ?? notScaledIn(fleet);
}

function notOurs({ group: { name, managedBy, status } }: ScaledFleet): Refusal | undefined {
  if (managedBy !== undefined)
    return refusal(
      'group-managed-by-aws',
      `${name} is managed by ${managedBy}: AWS lets nobody else change it.`,
      'Name groups of your own under `fleet.groups` in the config.',
    );
  if (status === undefined) return undefined;
  return refusal(
    'group-being-deleted',
    `${name}: ${status}. Every change of it is refused now.`,
    'Find out who deletes it; `turnout rollback` moves production away from it.',
  );
}

function refreshing({ group: { name, refresh, recorded } }: ScaledFleet): Refusal | undefined {
  if (refresh === undefined && recorded !== undefined)
    return refusal(
      'refresh-not-done',
      `An instance refresh of ${name} from ${recorded.from.release} to ${recorded.to.release}, by ${recorded.who} (run ${recorded.run}), did not end well: it may have instances of both.`,
      `\`turnout rolling --refresh --release ${recorded.to.release}\` goes on with it.`,
      `\`turnout rolling --refresh --release ${recorded.from.release}\` goes back to the release before.`,
    );
  if (refresh === undefined) return undefined;
  return refusal(
    'refresh-under-way',
    `An instance refresh of ${name} is under way (${refresh}): it replaces the instances while traffic would move.`,
    'Wait until it has ended; then run this again.',
    `\`aws autoscaling cancel-instance-refresh --auto-scaling-group-name ${name}\` ends it.`,
  );
}

/** It counts for nothing in its group, which neither sizes nor ends it with the others. */
function inStandby(fleet: ScaledFleet): Refusal | undefined {
  const out = standbys(fleet);
  if (out.length === 0) return undefined;
  const { name } = fleet.group;
  const ids = out.map(({ id }) => id);
  const [one = '', it] = [ids[0], out.length === 1 ? 'it' : 'them'];
  return refusal(
    'in-standby',
    `${list(ids, 3)} of ${name} ${out.length === 1 ? 'is' : 'are'} in Standby.`,
    ...(out.some(isOurStandby) ? [`\`turnout join ${ids.join(' ')}\` puts ${it} back into service.`] : []),
    `\`aws autoscaling exit-standby --auto-scaling-group-name ${name} --instance-ids ${ids.slice(0, 20).join(' ')}\` puts ${it} into service, whatever is on ${it}.`,
    `\`aws autoscaling terminate-instance-in-auto-scaling-group --should-decrement-desired-capacity --instance-id ${one}\` ends ${out.length === 1 ? 'it' : 'the first one'}.`,
  );
}

/** What it launches when it scales or heals would be of another release. */
function otherTemplate({ release, group: { name, launches, carries } }: ScaledFleet): Refusal | undefined {
  if (launches === undefined || carries === undefined || launches === carries) return undefined;
  return refusal(
    'template-changed',
    `${name} launches from ${launches} now, and ${release} is ${carries}: what it launches when it scales or heals would be of another release.`,
    `Set its launch template back to ${carries}, and keep others from changing it: docs/auto-scaling.md says how with Terraform.`,
  );
}

function mixed(fleet: ScaledFleet): Refusal | undefined {
  const some = strays(fleet);
  const [first] = some;
  if (first === undefined) return undefined;
  return refusal(
    'mixed-group',
    `${list(
      some.map(({ id }) => id),
      3,
    )} of ${fleet.group.name} ${some.length === 1 ? 'is' : 'are'} from ${first.stray}, and not of ${fleet.release}.`,
    `\`aws autoscaling terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity --instance-id ${first.id}\` lets the group replace it; then run this again.`,
  );
}

function notScaledIn({ group: { name, suspended, protects } }: ScaledFleet): Refusal | undefined {
  if (protects.length > 0)
    return refusal(
      'protected-from-scale-in',
      `${list(protects, 3)} of ${name} ${protects.length === 1 ? 'is' : 'are'} protected from scale-in: set to 0, it would keep ${protects.length === 1 ? 'it' : 'them'}.`,
      `\`aws autoscaling set-instance-protection --no-protected-from-scale-in --auto-scaling-group-name ${name} --instance-ids ${protects.slice(0, 50).join(' ')}\` ends that; then run this again.`,
    );
  if (!suspended.includes('Terminate')) return undefined;
  return refusal(
    'processes-suspended',
    `Terminate of ${name} is suspended: set to 0, it would keep its instances.`,
    `\`aws autoscaling resume-processes --auto-scaling-group-name ${name} --scaling-processes Terminate\` resumes it; then run this again.`,
  );
}

/** What is only worth knowing of the groups, also of those that have no instance yet. */
export function scalingNotes(snapshot: Snapshot): readonly string[] {
  return snapshot.fleets.filter(isScaled).flatMap(({ group }) => groupTexts(group));
}

function groupTexts({ name, suspended, failures: [failure] }: FleetGroup): readonly string[] {
  return sentences(
    suspended.length > 0 &&
      `${list(suspended)} of ${name} ${suspended.length === 1 ? 'is' : 'are'} suspended, and not by turnout.`,
    failure !== undefined && `${name} could not launch an instance: ${failure}`,
  );
}

/** What turnout has changed of the groups, and what is unusual about them, for `status`. */
export function scalingFacts(snapshot: Snapshot): readonly string[] {
  const problem = scalingProblem(snapshot);
  const prepared = snapshot.fleets.filter(isScaled).flatMap((fleet) => preparedWords(fleet, snapshot.at));
  const boots = snapshot.fleets.filter(isScaled).flatMap((fleet) => bootsText(fleet, fleet.release) ?? []);
  return [
    ...heldTexts(snapshot),
    ...prepared,
    ...boots,
    ...(problem === undefined ? [] : [problem.message]),
    ...scalingNotes(snapshot),
  ];
}

function preparedWords({ group: { name, minimum, prepared } }: ScaledFleet, now: number): readonly string[] {
  if (prepared === undefined) return [];
  const { before, paused, who, run, since } = prepared;
  const when = ago((now - (Date.parse(since) || now)) / 1000);
  const held = paused.length === 0 ? '' : ` ${list(paused)} is suspended for that, too.`;
  return [
    `${name} has a minimum of ${minimum} for a deploy in place, set by ${who} (run ${run}) ${when}. It goes back to ${before} once all instances are in service again.${held}`,
  ];
}

/** Seconds until what a group launches is healthy: the common case of a small Linux image. */
export const GROWS_S = 90;

/** It serves, or is to serve, with as many instances as there are in service beside it; undefined when it has that many. */
export function smallerGroup(
  snapshot: Snapshot,
  to: Fleet,
): { readonly have: number; readonly need: number } | undefined {
  const others = servingFleets(snapshot).filter((fleet) => fleet !== to);
  const need = Math.max(0, ...others.map(({ group }) => group?.capacity ?? 0));
  return isScaled(to) && to.group.capacity < need ? { have: to.group.capacity, need } : undefined;
}
