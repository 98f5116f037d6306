import type { Batch } from '../domain/batches.ts';
import type { Goal } from '../domain/goal.ts';
import type { PaceOptions } from './traffic/model.ts';
import { wantsStages } from './traffic/steps.ts';

/** Whether other steps are asked for than those that the goal was pinned with. */
export function wantsOthers(wish: PaceOptions, goal: Goal): boolean {
  if (wish.batch !== undefined && !isPinned(wish.batch, goal)) return true;
  if (!wantsStages(wish)) return false;
  const pinned = goal.verb === 'promote' ? goal.stages : undefined;
  const { shares, everyS } = pinned ?? { shares: [100], everyS: wish.every };
  const last = wish.to ?? 100;
  const asked = [...(wish.steps ?? shares).filter((share) => share < last), last];
  // The first ones had been taken already when it was asked for the first time.
  const left = asked.slice(Math.max(0, asked.length - shares.length));
  return left.join() !== shares.join() || (wish.every ?? everyS) !== everyS;
}

/** A share of the fleet is asked for anew: the fleet may have grown since. */
function isPinned(batch: Batch, goal: Goal): boolean {
  return 'count' in batch && 'batch' in goal && goal.batch === batch.count;
}
