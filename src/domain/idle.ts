import { isLive, liveFleets, roleOf, servingFleets } from './roles.ts';
import type { Fleet, Snapshot } from './snapshot.ts';
import { list } from './text.ts';

/** Fleets that run beside production and have served: what they cost is easily forgotten. */

const FORGOTTEN_MS = 24 * 3_600_000;

export interface IdleFleet {
  readonly fleet: Fleet;
  /** Milliseconds since the epoch at which production was elsewhere for certain. */
  readonly since: number;
}

/** Parked, rejected and retired fleets that have been beside production for more than a day. */
export function forgotten(snapshot: Snapshot): readonly IdleFleet[] {
  const promoted = servingFleets(snapshot).map(({ marks }) => Date.parse(marks.promoted ?? marks.current ?? ''));
  return liveFleets(snapshot).flatMap((fleet) => {
    const role = roleOf(snapshot, fleet);
    if (role === 'blue' || role === 'green') return [];
    // What serves now has served since then at least; one that was rolled back was promoted itself before that.
    const since = Math.max(...promoted, Date.parse(fleet.marks.promoted ?? '') || 0);
    return Number.isFinite(since) && since > 0 && snapshot.at - since > FORGOTTEN_MS ? [{ fleet, since }] : [];
  });
}

/** `3 × m7g.large and 1 × m7g.xlarge`; `3 instances` where AWS does not say. */
export function hardwareOf({ instances }: Fleet): string {
  const types = Map.groupBy(instances.filter(isLive), ({ type }) => type ?? 'an unknown type');
  return list([...types].map(([type, some]) => `${some.length} × ${type}`));
}
