import { liveFleets, members } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { minimumIn, NO_MINIMUM } from '../domain/minimum-healthy.ts';
import type { MinimumHealthy } from '../domain/goal.ts';
import type { Step } from '../steps/index.ts';

/** Batch by batch: some of the fleet come in, are healthy, and as many of the others leave. The last batch is the switch's own. */
export function batchSteps(
  snapshot: Snapshot,
  {
    to,
    minimumHealthy,
    batch,
  }: { readonly to: Fleet; readonly minimumHealthy: MinimumHealthy; readonly batch?: number },
  pools: readonly string[],
): readonly Step[] {
  if (batch === undefined) return [];
  const from = liveFleets(snapshot).filter((fleet) => fleet !== to);
  const size = members(to).length;
  const rounds = Array.from({ length: Math.max(0, Math.ceil(size / batch) - 1) }, (_, n) => (n + 1) * batch);
  return rounds.flatMap((upTo) =>
    pools.flatMap((pool): readonly Step[] => {
      const least = minimumIn(snapshot, minimumHealthy, pool);
      return [
        { do: 'register', pool, fleet: to.id, upTo },
        { do: 'await-healthy', pool, fleet: to.id, minimumHealthy: NO_MINIMUM, need: 'minimum', upTo },
        ...from.map((fleet): Step => ({
          do: 'deregister',
          pool,
          fleet: fleet.id,
          minimumHealthy: least,
          downTo: Math.max(0, members(fleet).length - upTo),
        })),
      ];
    }),
  );
}
