import { liveFleets, members } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { floorOf } from '../domain/minimum-healthy.ts';
import type { Floor, ZoneFloor } from '../domain/goal.ts';
import type { Step } from '../steps/index.ts';

/** Batch by batch: some of the fleet come in, are healthy, and as many of the others leave. The last batch is the switch's own. */
export function batchSteps(
  snapshot: Snapshot,
  { to, floor, batch }: { readonly to: Fleet; readonly floor: Floor; readonly batch?: number },
  pools: readonly string[],
): readonly Step[] {
  if (batch === undefined) return [];
  const from = liveFleets(snapshot).filter((fleet) => fleet !== to);
  const size = members(to).length;
  const rounds = Array.from({ length: Math.max(0, Math.ceil(size / batch) - 1) }, (_, n) => (n + 1) * batch);
  return rounds.flatMap((upTo) =>
    pools.flatMap((pool): readonly Step[] => {
      const least: ZoneFloor = floorOf(snapshot, floor, pool);
      return [
        { do: 'register', pool, fleet: to.id, upTo },
        { do: 'await-healthy', pool, fleet: to.id, floor: {}, need: 'floor', upTo },
        ...from.map((fleet): Step => ({
          do: 'deregister',
          pool,
          fleet: fleet.id,
          floor: least,
          downTo: Math.max(0, members(fleet).length - upTo),
        })),
      ];
    }),
  );
}
