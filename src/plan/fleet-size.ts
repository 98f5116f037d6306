import { refusal, type Refusal } from '../domain/goal.ts';
import { countByZone, total, type ByZone } from '../domain/minimum-healthy.ts';
import { inProduction } from '../domain/queries.ts';
import { members } from '../domain/roles.ts';
import { membersInService, isScaled } from '../domain/scaled.ts';
import { fullSize, inNoPool, outsideProduction, unplacedIn } from '../domain/size.ts';
import type { Fleet, Instance, Snapshot } from '../domain/snapshot.ts';
import { count, list, sentences } from '../domain/text.ts';

/** How large the next fleet is, and what is said where it would be smaller than the one before was meant to be. */

/** How the fleet is spread over zones in production now. */
function servingZones(snapshot: Snapshot, fleet: Fleet): ByZone {
  const ids = new Set(inProduction(snapshot, fleet).map(({ target }) => target.id));
  return countByZone(members(fleet).filter((instance) => ids.has(instance.id)));
}

/**
 * The zones of the next fleet: as production has them now; where as many are asked for as there were before, as they were
 * then, as far as each zone still has an instance to take the subnet from.
 */
export function nextZones(snapshot: Snapshot, blue: Fleet, asked: number | undefined): ByZone {
  if (isScaled(blue)) return spread(countByZone(membersInService(blue)), asked);
  const now = servingZones(snapshot, blue);
  const before = fullSize(blue);
  const running = countByZone(members(blue).filter(({ state }) => state === 'running'));
  const isWhole =
    Object.keys(before).every((zone) => zone in running) &&
    Object.entries(now).every(([zone, n]) => n <= (before[zone] ?? 0));
  return asked === total(before) && isWhole ? before : spread(now, asked);
}

/** The same number of instances in some of these zones only, for when another one has no capacity. */
export function onlyIn(zones: ByZone, wanted: readonly string[] | undefined, { release }: Fleet): ByZone | Refusal {
  if (wanted === undefined) return zones;
  const unknown = wanted.filter((zone) => !(zone in zones));
  if (unknown.length === 0)
    return spread(Object.fromEntries(wanted.map((zone) => [zone, zones[zone] ?? 0])), total(zones));
  return refusal(
    'not-its-zone',
    `${release} has nothing in production in ${list(unknown)}: there is no subnet to take there.`,
    `\`--zone\` takes ${list(Object.keys(zones))}.`,
  );
}

/** The next fleet would be smaller than this one was, because of what is missing from production now. */
export function fewerThanBefore(snapshot: Snapshot, blue: Fleet, release: string): Refusal | undefined {
  // A group is scaled in and out: that it had more once says nothing.
  if (isScaled(blue)) return undefined;
  const now = total(servingZones(snapshot, blue));
  const before = total(fullSize(blue));
  if (now === 0 || now >= before) return undefined;
  return refusal(
    'fewer-than-before',
    `${blue.release} had ${count(before, 'instance')}, and ${now} ${now === 1 ? 'is' : 'are'} in production now: ${whyFewer(snapshot, blue).join('; ')}. ${release} would get ${now}.`,
    `\`turnout up --release ${release} --count ${before}\` boots as many as before.`,
    `\`turnout up --release ${release} --count ${now}\` boots ${now} on purpose.`,
    '`fleet.count` in the config fixes the number for every release.',
    ...outsideProduction(snapshot, blue)
      .filter(({ left }) => left !== undefined)
      .map(({ id }) => `\`turnout join ${id}\` puts it back first.`)
      .slice(0, 3),
  );
}

function whyFewer(snapshot: Snapshot, blue: Fleet): readonly string[] {
  const out = outsideProduction(snapshot, blue);
  const unplaced = new Set(inNoPool(snapshot, blue));
  const drained = out.filter(({ left }) => left !== undefined);
  const stopped = out.filter(({ left, state }) => left === undefined && isStopped(state));
  const placed = out.filter((one) => !drained.includes(one) && !stopped.includes(one));
  const full = fullSize(blue);
  const gone = total(full) - members(blue).length;
  const zones = Object.keys(full).filter((zone) => !members(blue).some((one) => one.zone === zone));
  return sentences(
    named(drained, 'out of traffic'),
    named(stopped, 'stopped'),
    named(
      placed.filter((one) => unplaced.has(one)),
      'in no target group',
    ),
    named(
      placed.filter((one) => !unplaced.has(one)),
      'not in a production group',
    ),
    gone > 0 && `${gone} ${gone === 1 ? 'is' : 'are'} gone`,
    zones.length > 0 && `none is left in ${list(zones)}`,
  );
}

function isStopped(state: Instance['state']): boolean {
  return state === 'stopped' || state === 'stopping';
}

function named(instances: readonly Instance[], what: string): string | false {
  const ids = instances.map(({ id }) => id);
  return ids.length > 0 && `${list(ids, 3)} ${ids.length === 1 ? 'is' : 'are'} ${what}`;
}

/** What a plan says of the fleet before, where the new one is not as that was. */
export function sizeNotes(snapshot: Snapshot, blue: Fleet, zones: Readonly<ByZone>): readonly string[] {
  const before = fullSize(blue);
  const empty = Object.keys(before).filter((zone) => !(zone in zones));
  const [now, then] = [total(zones), total(before)];
  return sentences(
    now < then && `${count(now, 'instance')}, and ${blue.release} had ${then}.`,
    empty.length > 0 && `None in ${list(empty)}, where ${blue.release} had some.`,
    unplacedIn({ ...snapshot, fleets: [blue] }),
  );
}

/** `wanted` instances over the zones in the same proportions, largest remainders first; all of them when not given. */
export function spread(zones: ByZone, wanted: number | undefined): ByZone {
  const all = total(zones);
  if (wanted === undefined || wanted === all || all === 0) return zones;
  const shares = Object.entries(zones).map(([zone, n]) => ({
    zone,
    whole: Math.floor((n * wanted) / all),
    rest: (n * wanted) % all,
  }));
  let left = wanted - shares.reduce((sum, share) => sum + share.whole, 0);
  const result: ByZone = {};
  for (const { zone, whole } of shares.toSorted((a, b) => b.rest - a.rest || (a.zone < b.zone ? -1 : 1))) {
    result[zone] = whole + (left-- > 0 ? 1 : 0);
  }
  return Object.fromEntries(
    Object.entries(result)
      .filter(([, n]) => n > 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
