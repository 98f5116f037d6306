import type { Amount } from '../domain/amount.ts';
import type { Goal } from '../domain/goal.ts';
import type { PaceOptions } from './traffic/model.ts';
import { wantsStages } from './traffic/steps.ts';

/** Whether other steps are asked for than those that the goal was pinned with. */
export function wantsOthers(options: PaceOptions, goal: Goal): boolean {
  if (options.batch !== undefined && !isPinned(options.batch, goal)) return true;
  if (!wantsStages(options)) return false;
  const pinned = 'stages' in goal ? goal.stages : undefined;
  const { shares, everyS } = pinned ?? { shares: [100], everyS: options.every };
  const last = options.to ?? 100;
  const asked = [...(options.steps ?? shares).filter((share) => share < last), last];
  // The first ones had been taken already when it was asked for the first time.
  const left = asked.slice(Math.max(0, asked.length - shares.length));
  return left.join() !== shares.join() || (options.every ?? everyS) !== everyS;
}

/** A share of the fleet is asked for anew: the fleet may have grown since. */
function isPinned(batch: Amount, goal: Goal): boolean {
  return 'count' in batch && 'batch' in goal && goal.batch === batch.count;
}
