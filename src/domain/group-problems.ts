import { shell, shellWord } from './shell.ts';
import { refusal, type Refusal } from './goal.ts';
import { isScaled, strays, type ScaledFleet } from './scaled.ts';
import type { Fleet } from './snapshot.ts';
import { isOurStandby, standbys } from './standby.ts';
import { count, list, sentences } from './text.ts';

/** What others may do to an Auto Scaling group, and what of a switch that breaks. Asked when it is planned, and again at the act. Pure. */

/** Why the group must not be part of a switch, or of the next one. */
export function crossedBy(fleet: Fleet): Refusal | undefined {
  if (!isScaled(fleet)) return undefined;
  return notOurs(fleet) ?? refreshing(fleet) ?? inStandby(fleet) ?? otherTemplate(fleet) ?? mixed(fleet);
}

/** Why a group must not be given production: what it loses or launches then would be missing there, or of another release. */
export function takingProblem(fleet: Fleet): Refusal | undefined {
  if (!isScaled(fleet)) return undefined;
  return notOurs(fleet) ?? refreshing(fleet) ?? otherTemplate(fleet) ?? mixed(fleet) ?? hampered(fleet);
}

/** Why a group cannot be set to 0. */
export function emptyingProblem(fleet: Fleet): Refusal | undefined {
  if (!isScaled(fleet)) return undefined;
  return notOurs(fleet) ?? refreshing(fleet) ?? inStandby(fleet) ?? staysWarm(fleet) ?? scaleInProblem(fleet);
}

/** What a group does not do while a process is suspended (User guide, "Suspend and resume processes"). */
const WITHOUT: Readonly<Record<string, string>> = {
  Launch: 'it launches nothing, and replaces nothing',
  Terminate: 'it terminates nothing, and may grow beyond its maximum',
  AddToLoadBalancer: 'what it launches gets no traffic',
  AlarmNotification: 'its alarms do not scale it, also not out',
  ScheduledActions: 'its scheduled actions do not run',
  HealthCheck: 'it does not see which instances are sick',
  ReplaceUnhealthy: 'it does not replace what is sick',
  AZRebalance: 'it does not even out its zones',
  InstanceRefresh: 'an instance refresh of it stands still',
};

/** What is suspended, by others, and what is not done for that. */
export function suspendedTexts({
  group: { name, suspended, suspendedByAws = [], prepared },
}: ScaledFleet): readonly string[] {
  return suspended
    .filter((one) => !prepared?.paused.includes(one))
    .map((one) => {
      const who = suspendedByAws.includes(one)
        ? 'by AWS, as it does when launches fail for a day'
        : 'and not by turnout';
      return `${one} of ${name} is suspended, ${who}: ${WITHOUT[one] ?? 'see the user guide of Auto Scaling'}.`;
    });
}

/** Instances that cost, and that its sizes do not count. */
export function uncountedTexts(fleet: ScaledFleet): readonly string[] {
  const { name, warm } = fleet.group;
  const kept = retainedText(fleet);
  return sentences(
    warm !== undefined &&
      `${name} has a warm pool with ${count(warm, 'instance')}, which ${warm === 1 ? 'serves' : 'serve'} nothing.`,
    kept,
    ...hookTexts(fleet),
  );
}

/** Instances that a lifecycle hook keeps from being in service, or from ending; with its name, where that could be read. */
export function hookTexts({ instances, group: { name } }: ScaledFleet): readonly string[] {
  const waiting = instances.filter(({ lifecycle, reason }) => lifecycle?.endsWith(':Wait') === true && reason);
  const byReason = [...Map.groupBy(waiting, ({ reason = '' }) => reason)];
  return byReason.map(
    ([reason, all]) =>
      `${list(
        all.map(({ id }) => id),
        3,
      )} of ${name}: ${reason}.`,
  );
}

/** Such an instance waits for a person, costs money, and is not counted by its group (API reference, RetentionTriggers). */
function retainedText({ instances, group }: Fleet): string | undefined {
  const kept = instances.filter(({ reason }) => reason?.endsWith('Retained') === true).map(({ id }) => id);
  if (kept.length === 0 || group === undefined) return undefined;
  return `${group.name} retains ${list(kept, 3)}, since a lifecycle hook was abandoned: only \`${shell`aws autoscaling terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity --instance-id ${kept[0]}`}\` ends ${kept.length === 1 ? 'it' : 'each of them'}.`;
}

/** Processes without which production would lose what the group loses (User guide, suspended processes). */
const NEEDED: ReadonlySet<string> = new Set(['Launch', 'AddToLoadBalancer']);

function hampered({ group: { name, suspended } }: ScaledFleet): Refusal | undefined {
  const needed = suspended.filter((one) => NEEDED.has(one));
  if (needed.length === 0) return undefined;
  const without = needed.map((one) => WITHOUT[one]).join(', and ');
  return refusal(
    'processes-suspended',
    `${list(needed)} of ${name} ${needed.length === 1 ? 'is' : 'are'} suspended: ${without}.`,
    `\`aws autoscaling resume-processes --auto-scaling-group-name ${shellWord(name)} --scaling-processes ${needed.join(' ')}\` resumes ${needed.length === 1 ? 'it' : 'them'}; then run this again.`,
  );
}

/** What is left of it once its instances have ended, and does not end by itself. */
export function leftoverText(fleet: Fleet): string | undefined {
  return retainedText(fleet) ?? (isScaled(fleet) ? staysWarm(fleet)?.message : undefined);
}

/** A clone's own goes with it. */
function staysWarm({ group: { name, warm, clone } }: ScaledFleet): Refusal | undefined {
  if (warm === undefined || clone) return undefined;
  return refusal(
    'warm-pool',
    `${name} has a warm pool: at 0 it would still keep instances of this release, which cost, and would be launched instead of those of the next one.`,
    `\`${shell`aws autoscaling delete-warm-pool --auto-scaling-group-name ${name}`}\` ends it; then run this again.`,
  );
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
    `\`${shell`aws autoscaling cancel-instance-refresh --auto-scaling-group-name ${name}`}\` ends it.`,
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
    `\`aws autoscaling exit-standby --auto-scaling-group-name ${shellWord(name)} --instance-ids ${ids.slice(0, 20).join(' ')}\` puts ${it} into service, whatever is on ${it}.`,
    `\`${shell`aws autoscaling terminate-instance-in-auto-scaling-group --should-decrement-desired-capacity --instance-id ${one}`}\` ends ${out.length === 1 ? 'it' : 'the first one'}.`,
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
    `\`${shell`aws autoscaling terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity --instance-id ${first.id}`}\` lets the group replace it; then run this again.`,
  );
}

/** Why it would keep instances that it is to let go of. */
export function scaleInProblem({ group: { name, suspended, protects } }: ScaledFleet): Refusal | undefined {
  if (protects.length > 0)
    return refusal(
      'protected-from-scale-in',
      `${list(protects, 3)} of ${name} ${protects.length === 1 ? 'is' : 'are'} protected from scale-in: set to 0, it would keep ${protects.length === 1 ? 'it' : 'them'}.`,
      `\`aws autoscaling set-instance-protection --no-protected-from-scale-in --auto-scaling-group-name ${shellWord(name)} --instance-ids ${protects.slice(0, 50).join(' ')}\` ends that; then run this again.`,
    );
  if (!suspended.includes('Terminate')) return undefined;
  return refusal(
    'processes-suspended',
    `Terminate of ${name} is suspended: set to 0, it would keep its instances.`,
    `\`${shell`aws autoscaling resume-processes --auto-scaling-group-name ${name} --scaling-processes Terminate`}\` resumes it; then run this again.`,
  );
}
