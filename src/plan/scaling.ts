import type { Refusal } from '../domain/goal.ts';
import { crossedBy, suspendedTexts, takingProblem, uncountedTexts } from '../domain/group-problems.ts';
import { liveFleets, servingFleets } from '../domain/roles.ts';
import { capacityIn, isScaled, type ScaledFleet } from '../domain/scaled.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { endedInStandby } from '../domain/standby.ts';
import { ago, list } from '../domain/text.ts';
import { heldTexts } from './held.ts';
import { bootsText } from './standby.ts';

/** What plans do and refuse where fleets are Auto Scaling groups, which change by themselves. */

/** Why the groups must not be part of a switch, or of the next one, now. Not asked on the way back. */
export function scalingProblem(snapshot: Snapshot, to?: Fleet): Refusal | undefined {
  const found = liveFleets(snapshot).map(crossedBy);
  return found.find((one) => one !== undefined) ?? (to && takingProblem(to));
}

/** What is only worth knowing of the groups, also of those that have no instance yet. */
export function scalingNotes(snapshot: Snapshot): readonly string[] {
  return snapshot.fleets
    .filter(isScaled)
    .flatMap((fleet) => [
      ...suspendedTexts(fleet),
      ...uncountedTexts(fleet),
      ...fleet.group.failures.slice(0, 1).map((why) => `${fleet.group.name} could not launch an instance: ${why}`),
    ]);
}

/**
 * What turnout has changed of the groups, and what is unusual about them, for `status`.
 * @param pointed the release that new instances fetch by themselves; absent: they boot what their group launches
 */
export function scalingFacts(snapshot: Snapshot, pointed?: string): readonly string[] {
  const problem = scalingProblem(snapshot);
  const prepared = snapshot.fleets.filter(isScaled).flatMap((fleet) => preparedWords(fleet, snapshot.at));
  const groups = snapshot.fleets.filter(isScaled).filter(({ release }) => release !== pointed);
  const boots = groups.flatMap((fleet) => bootsText(fleet, fleet.release) ?? []);
  return [
    ...heldTexts(snapshot),
    ...prepared,
    ...boots,
    ...(problem === undefined ? [] : [problem.message]),
    ...scalingNotes(snapshot),
  ];
}

function preparedWords(fleet: ScaledFleet, now: number): readonly string[] {
  const { name, minimum, prepared } = fleet.group;
  if (prepared === undefined) return [];
  const { before, paused, who, run, since } = prepared;
  const when = ago((now - (Date.parse(since) || now)) / 1000);
  const held = paused.length === 0 ? '' : ` ${list(paused)} is suspended for that, too.`;
  const ended = list(
    endedInStandby(fleet).map(({ id }) => id),
    5,
  );
  const replaced = ended === '' ? '' : ` ${name} replaces ${ended} then: in Standby, where it ended, nothing does.`;
  return [
    `${name} has a minimum of ${minimum} for a deploy in place, set by ${who} (run ${run}) ${when}. It goes back to ${before} once all instances are in service again.${held}${replaced}`,
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
  const need = Math.max(0, ...others.filter(isScaled).map((fleet) => capacityIn(to, fleet)));
  return isScaled(to) && to.group.capacity < need ? { have: to.group.capacity, need } : undefined;
}
