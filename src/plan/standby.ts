import { shell } from '../domain/shell.ts';
import { refusal, type GoalOf, type MinimumHealthy, type Refusal, type RequestedBy } from '../domain/goal.ts';
import { fleetWith, running, type Places } from '../domain/in-place.ts';
import { fleetById } from '../domain/queries.ts';
import { members } from '../domain/roles.ts';
import { isInService, isInStandby, isScaled, type ScaledFleet } from '../domain/scaled.ts';
import type { Fleet, Instance, Snapshot } from '../domain/snapshot.ts';
import { isOurStandby, sizeInPlace, standbys } from '../domain/standby.ts';
import { count, list, sentences } from '../domain/text.ts';
import type { Step } from '../steps/index.ts';

/** How deploys in place take instances out of traffic and put them back: those of an Auto Scaling group through Standby. */

type AskedBy = Pick<RequestedBy, 'run' | 'who' | 'since'> & { readonly fleet: string };

interface Leaving {
  readonly instances: readonly string[];
  readonly places: Places;
  readonly minimumHealthy?: MinimumHealthy;
  readonly allowedOwners?: readonly string[];
}

/** Out of all that they are registered with. */
export function leaveSteps(snapshot: Snapshot, { fleet, run, who, since }: AskedBy, leaving: Leaving): readonly Step[] {
  if (scaledFleet(snapshot, fleet) === undefined) return [{ do: 'deregister-everywhere', fleet, ...leaving }];
  const { instances } = leaving;
  const isOut = running(snapshot, instances).every(isInStandby);
  return [
    // What is out already needs no room.
    ...(isOut ? [] : [{ do: 'prepare-group', fleet, instances, run, who, since } as const]),
    { do: 'enter-standby', fleet, ...leaving },
  ];
}

/** Back into all that they were registered with. */
export function backStep(
  snapshot: Snapshot,
  { fleet }: { readonly fleet: string },
  { instances, places }: Pick<Leaving, 'instances' | 'places'>,
): Step {
  const kind = scaledFleet(snapshot, fleet) === undefined ? 'register-back' : 'exit-standby';
  return { do: kind, fleet, instances, places };
}

/** Once none but these is out of the group's service by a deploy in place. */
export function restoreSteps(
  snapshot: Snapshot,
  { fleet }: { readonly fleet: string },
  returning: readonly string[],
): readonly Step[] {
  const found = scaledFleet(snapshot, fleet);
  if (found === undefined) return [];
  const staying = standbys(found).filter((one) => isOurStandby(one) && !returning.includes(one.id));
  return staying.length > 0 ? [] : [{ do: 'restore-group', fleet }];
}

function scaledFleet(snapshot: Snapshot, id: string): ScaledFleet | undefined {
  const found = fleetById(snapshot, id);
  return found !== undefined && isScaled(found) ? found : undefined;
}

/** Why these must not leave their group now. */
export function standbyProblem(snapshot: Snapshot, ids: readonly string[]): Refusal | undefined {
  const fleets = new Set(ids.flatMap((id) => fleetWith(snapshot, id) ?? []));
  return [...fleets]
    .filter(isScaled)
    .map((fleet) => lone(snapshot, fleet, ids))
    .find((one) => one !== undefined);
}

function lone(snapshot: Snapshot, fleet: ScaledFleet, ids: readonly string[]): Refusal | undefined {
  const leaving = running(snapshot, ids).filter((one) => isInService(one) && one.left === undefined);
  const { name, maximum } = fleet.group;
  if (leaving.length === 0 || sizeInPlace(fleet) > 1) return undefined;
  return refusal(
    'group-of-one',
    `${name} has one instance in service: while it is out, nothing serves.`,
    '`turnout up --release R`, then `turnout promote`, brings the release to the other group, and takes nothing away first.',
    maximum > 1
      ? `\`${shell`aws autoscaling set-desired-capacity --auto-scaling-group-name ${name} --desired-capacity 2`}\` gives it a second one; then run this again.`
      : `Raise the maximum and the desired capacity of ${name} to 2; then run this again.`,
  );
}

/** Instances of a group that others have put into Standby: what they are for is not known. */
export function isLeftAlone(instance: Instance): boolean {
  return isInStandby(instance) && instance.left === undefined;
}

/** What production goes back to without, in sentences. */
export function inStandbyTexts(fleet: Fleet): readonly string[] {
  const ids = idsIn(standbys(fleet));
  if (ids.length === 0) return [];
  const [are, they] = ids.length === 1 ? ['is', 'it counts'] : ['are', 'they count'];
  return [`${list(ids, 5)} of ${fleet.release} ${are} in Standby, and left there: ${they} for nothing here.`];
}

/** What a deploy in place changes of the group, and what it does not change. */
export function standbyNotes(
  fleet: Fleet,
  { release, delivery }: Pick<GoalOf<'rolling'>, 'release' | 'delivery'>,
): readonly string[] {
  if (!isScaled(fleet)) return [];
  const alone = members(fleet).filter(isLeftAlone);
  return sentences(
    !delivery.movesPointer && bootsText(fleet, release),
    alone.length > 0 &&
      `Left alone, since ${alone.length === 1 ? 'it is' : 'they are'} in Standby, and not by turnout: ${list(idsIn(alone), 5)}.`,
  );
}

/** What the group launches when it scales or heals, where that is not what its instances carry. */
export function bootsText(fleet: ScaledFleet, release: string): string | undefined {
  const { name, launches = 'its template', boots } = fleet.group;
  if (boots === undefined || boots === release) return undefined;
  return `What ${name} launches when it scales or heals is ${boots}, from ${launches}, unless it fetches ${release} by itself.`;
}

/** What has come and gone while the group was deployed to, and what comes next. */
export function afterStandby(
  snapshot: Snapshot,
  fleet: Fleet,
  { batches, release, delivery }: Pick<GoalOf<'rolling'>, 'batches' | 'release' | 'delivery'>,
): readonly string[] {
  if (!isScaled(fleet)) return [];
  const known = batches.flat();
  const lost = known.filter((id) => !running(snapshot, [id]).length);
  const fresh = members(fleet).filter((one) => !known.includes(one.id) && !isLeftAlone(one) && one.release !== release);
  const releases = [...new Set(fresh.map((one) => one.release ?? fleet.group.boots ?? fleet.release))];
  return sentences(
    lost.length > 0 && `${list(lost, 5)} ended meanwhile.`,
    fresh.length > 0 &&
      `${fleet.group.name} has launched ${count(fresh.length, 'instance')} meanwhile, of ${list(releases)}: \`turnout rolling --release ${release}\` deploys to ${fresh.length === 1 ? 'it' : 'them'}.`,
    !delivery.movesPointer && bootsText(fleet, release),
  );
}

function idsIn(instances: readonly Instance[]): readonly string[] {
  return instances.map(({ id }) => id);
}
