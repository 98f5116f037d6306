import { liveFleets, servingFleets, stableFleet } from '../domain/roles.ts';
import { isScaled, type ScaledFleet } from '../domain/scaled.ts';
import type { FleetGroup, HeldMinimum } from '../domain/scaling.ts';
import { hasServed, leftAt, recordedShare } from '../domain/shares.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { ago } from '../domain/text.ts';
import type { Step } from '../steps/index.ts';
import { trafficModel } from './traffic/index.ts';

/** The minima of Auto Scaling groups that are held, and when each may be put back. */

/**
 * For so long the alarms of a group that serves may be about the time before it had traffic: target tracking scales in after 15
 * minutes in a row below the target (Auto Scaling user guide, "target tracking scaling policies").
 */
const ALARMS_MS = 15 * 60_000;
const NEVER = Number.POSITIVE_INFINITY;

/** From when on a group may be scaled in again, in milliseconds since the epoch: not by time, where it has not all of production. */
function releasableFrom(snapshot: Snapshot, keep: Fleet, ended: readonly Fleet[] = []): number {
  const beside = liveFleets(snapshot).filter((fleet) => fleet !== keep && !ended.includes(fleet));
  const others = beside.filter(hasServed);
  if (others.length === 0) return 0;
  if (servingFleets(snapshot).some((fleet) => fleet !== keep)) return NEVER;
  // When groups have left a target group is not noted.
  if (trafficModel(snapshot).movesServers) return NEVER;
  // Of one that nothing was noted of, production has never left the stable fleet for it.
  const isStable = keep === stableFleet(snapshot);
  const given = others.filter((fleet) => !isStable || recordedShare(fleet) !== undefined);
  const left = given.map((fleet) => leftAt(snapshot, fleet) ?? '');
  // What was noted of the others may be of a switch before: none of this one began earlier than these.
  const begun = [keep, ...beside].flatMap(({ group }) => group?.held?.since ?? []);
  const times = [...left, ...begun, keep.marks.promoted ?? keep.marks.current ?? ''];
  return Math.max(...times.map((at) => Date.parse(at) + ALARMS_MS || NEVER));
}

/**
 * A group that serves is put back where none of the others that stay has served. Where one has, it was asked when the run began:
 * within a run the answer stays the same.
 */
export function letGoSteps(
  snapshot: Snapshot,
  {
    keep,
    letsGo,
    ended = [],
  }: { readonly keep: Fleet; readonly letsGo?: true | undefined; readonly ended?: readonly Fleet[] },
): readonly Step[] {
  const isDue = letsGo ?? releasableFrom(snapshot, keep, ended) === 0;
  if (!isScaled(keep) || !isDue) return [];
  return [
    { do: 'restore-group', fleet: keep.id },
    { do: 'release-minimum', fleet: keep.id },
  ];
}

/** For the goal of a switch: it was done long ago, and the group that serves may be scaled in again. */
export function letsGoNow(snapshot: Snapshot, to: Fleet): { readonly letsGo?: true } {
  const [serving, other] = servingFleets(snapshot);
  const isHeld = to.group?.held !== undefined && serving === to && other === undefined;
  return isHeld && releasableFrom(snapshot, to) <= snapshot.at ? { letsGo: true } : {};
}

type HeldFleet = ScaledFleet & { readonly group: { readonly held: HeldMinimum } };

function heldFleets(snapshot: Snapshot): readonly HeldFleet[] {
  const isHeld = (fleet: ScaledFleet): fleet is HeldFleet => fleet.group.held !== undefined;
  // Also of one that has launched nothing yet.
  return snapshot.fleets.filter(isScaled).filter(isHeld);
}

/** Of a run that is given up: what nothing needs any more. */
export function giveBackSteps(snapshot: Snapshot): readonly Step[] {
  const serving = servingFleets(snapshot);
  // Where others have taken all out of production, the only one that is left is held for nothing.
  const [sole, second] = serving.length > 0 ? serving : liveFleets(snapshot);
  return heldFleets(snapshot)
    .filter((fleet) => second === undefined && fleet === sole && releasableFrom(snapshot, fleet) <= snapshot.at)
    .map(({ id: fleet }) => ({ do: 'release-minimum', fleet }));
}

/** What is held, by whom and since when, and what puts it back. */
export function heldTexts(snapshot: Snapshot): readonly string[] {
  return heldFleets(snapshot).map((fleet) => heldWords(fleet.group, snapshot.at, wayOut(snapshot, fleet)));
}

function heldWords(
  { name, minimum, held: { before, run, since, who } }: FleetGroup & { readonly held: HeldMinimum },
  now: number,
  way: string,
): string {
  const when = ago((now - (Date.parse(since) || now)) / 1000);
  return `${name} is not scaled in: its minimum is ${minimum}, raised by ${who} (run ${run}) ${when}. It goes back to ${before} ${way}`;
}

function wayOut(snapshot: Snapshot, fleet: HeldFleet): string {
  const serving = servingFleets(snapshot);
  const isAlone = !liveFleets(snapshot).some((other) => other !== fleet);
  if (isAlone) return 'with `turnout cleanup`.';
  if (!serving.includes(fleet)) return 'once it serves and the other group has ended; `turnout cleanup` ends it.';
  if (serving.length > 1)
    return 'after the switch: `turnout promote` goes on with it, `turnout rollback` takes it back.';
  const from = releasableFrom(snapshot, fleet);
  const verb = stableFleet(snapshot) === fleet ? 'rollback' : 'promote';
  if (from <= snapshot.at) return `with \`turnout ${verb}\`.`;
  const later = Number.isFinite(from)
    ? `, or with \`turnout ${verb}\` from ${new Date(from).toISOString().slice(11, 16)}Z on`
    : '';
  return `with \`turnout cleanup\`${later}: until then its alarms may be about the time before it had traffic.`;
}
