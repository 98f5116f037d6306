import { isIn, liveFleets, poolsOf } from './roles.ts';
import { routesOf, shareOf } from './routes.ts';
import { percentText, timeMark } from './shares.ts';
import type { Fleet, Pool, Snapshot } from './snapshot.ts';
import { ago, dateTime, list } from './text.ts';

/** What production was when a run ended: what it is later without a run of ours, others have made of it. Pure. */

/** A fleet's part of production in one place. */
interface Part {
  readonly fleet: string;
  readonly release: string;
  /** In percent; absent where fleets move between pools: there a fleet is in production or is not. */
  readonly share?: number;
}

/** By production's routes where weights divide it, by its pools otherwise. */
export type Production = Readonly<Record<string, readonly Part[]>>;

/** What a run has left, and whose run it was. */
export interface ProductionRecord {
  readonly verb: string;
  readonly release: string;
  readonly who: string;
  /** ISO time at which the run ended. */
  readonly at: string;
  readonly production: Production;
}

/** What production is in the snapshot. */
export function productionIn(snapshot: Snapshot): Production {
  const fleetsIn = (pool: Pool): readonly Fleet[] => liveFleets(snapshot).filter((fleet) => isIn(pool, fleet));
  const partOf = ({ id: fleet, release }: Fleet): Part => ({ fleet, release });
  if (snapshot.traffic.kind === 'membership') {
    const pools = poolsOf(snapshot, 'production');
    return Object.fromEntries(pools.map((pool) => [pool.name, fleetsIn(pool).map(partOf)]));
  }
  const routes = routesOf(snapshot, 'production').map((route) => {
    const serving = snapshot.pools.filter(({ name }) => shareOf(route, name) > 0);
    const parts = serving.flatMap((pool) =>
      fleetsIn(pool).map((fleet) => ({ ...partOf(fleet), share: Math.round(shareOf(route, pool.name) * 100) / 100 })),
    );
    return [route.name, parts] as const;
  });
  return Object.fromEntries(routes);
}

/** What production is now, as what this run is about to leave. */
export function recordNow(
  snapshot: Snapshot,
  { verb, release, who, since }: Omit<ProductionRecord, 'at' | 'production'> & { readonly since: string },
): ProductionRecord {
  return { verb, release, who, at: timeMark(snapshot, since), production: productionIn(snapshot) };
}

/** Others have changed production since: where, from what to what, and which run was the last one. Undefined when it is as that run left it. */
export function movedSince(snapshot: Snapshot, record: ProductionRecord | undefined): string | undefined {
  if (record === undefined) return undefined;
  const now = productionIn(snapshot);
  const { production: before, verb, release, who, at } = record;
  // A place that the config did not name then, or names no more, says nothing.
  const moved = Object.keys(now).find((place) => place in before && keyOf(now[place]!) !== keyOf(before[place]!));
  if (moved === undefined) return undefined;
  const when = `${dateTime(Date.parse(at))}, ${ago((snapshot.at - Date.parse(at)) / 1000)}`;
  return `${moved} leads to ${partsText(now[moved]!)} now, and led to ${partsText(before[moved]!)} after the last run (${verb} of ${release} by ${who}, ${when}): something other than turnout has changed it since.`;
}

function keyOf(parts: readonly Part[]): string {
  const all = parts.map(({ fleet, share = 100 }) => `${fleet} ${Math.round(share)}`);
  return all.toSorted().join();
}

/** `42`, or `90 % of 41 and 10 % of 42`. */
function partsText(parts: readonly Part[]): string {
  if (parts.length === 0) return 'no fleet of this environment';
  const isWhole = parts.length === 1 && (parts[0]!.share ?? 100) === 100;
  return list(
    parts.map(({ release, share }) =>
      isWhole || share === undefined ? release : `${release} (${percentText(share)})`,
    ),
  );
}
