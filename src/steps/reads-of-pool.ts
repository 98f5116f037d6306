import { poolByName } from '../domain/queries.ts';
import { mayServe } from '../domain/routes.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { ALL_POOLS, NOTHING, type Reads } from '../observe/reads.ts';

/**
 * What to read again before targets enter or leave the pool: nothing for a group that only test traffic reaches. Where
 * weights divide traffic, a group without a share may have had one just before.
 */
export function readsOfPool(snapshot: Snapshot, pool: string, fleets: readonly string[]): Reads {
  return mayServe(snapshot, poolByName(snapshot, pool)) ? { ...ALL_POOLS, fleets } : NOTHING;
}
