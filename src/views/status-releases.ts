import { isRegistered } from '../domain/roles.ts';
import type { Pool, Snapshot } from '../domain/snapshot.ts';
import { rowsOf } from './status.ts';

/** What instances without this environment's tags are counted as. */
export const UNMANAGED = 'unmanaged';

/** Registered targets of a pool by the release that they run. */
export function byRelease(pool: Pool, snapshot: Snapshot): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const { instance, fleet } of rowsOf(pool, snapshot).filter((row) => isRegistered(row.target))) {
    const release = fleet === undefined ? UNMANAGED : (instance?.release ?? fleet.release);
    counted[release] = (counted[release] ?? 0) + 1;
  }
  return counted;
}
