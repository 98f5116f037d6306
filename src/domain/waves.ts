import type { DeployedInstance } from './deploys.ts';
import { count, duration, list } from './text.ts';

/** Waves of instances that follow by themselves and serve meanwhile: nothing is drained. */

/** What an instance may take for at most until it has answered with a release that it was permitted to run. */
export interface Convergence {
  /** Until it looks. */
  readonly pollS: number;
  /** Until the bundle has arrived and is unpacked. */
  readonly downloadS: number;
  /** Until the app has restarted, and answers. */
  readonly restartS: number;
}

/** After that an instance of a wave is late, and the wave stops. */
export function boundS({ pollS, downloadS, restartS }: Convergence): number {
  return pollS + downloadS + restartS;
}

/** `3 min 10 s (10 s until it looks, 1 min to download, 2 min to restart and answer)`. */
export function boundText(converges: Convergence): string {
  const { pollS, downloadS, restartS } = converges;
  return `${duration(boundS(converges))} (${duration(pollS)} until it looks, ${duration(downloadS)} to download, ${duration(restartS)} to restart and answer)`;
}

/**
 * Up to each of these shares of them, in order: of ten, 10 %, 50 % and 100 % are one, four and five. Rounded down, and never none at first.
 * @param shares ascending percentages that end with 100
 */
export function inWavesOf<T>(items: readonly T[], shares: readonly number[]): readonly (readonly T[])[] {
  const ends = shares.map((share) => (items.length === 0 ? 0 : Math.max(1, Math.floor((items.length * share) / 100))));
  return ends.map((end, n) => items.slice(ends[n - 1] ?? 0, end)).filter((wave) => wave.length > 0);
}

/** How an instance of a wave fares when the bound has passed. */
export type Fate = 'done' | 'failed' | 'late' | 'lost';

function fateOf({ state, silent }: DeployedInstance): Fate {
  if (state === 'succeeded') return 'done';
  if (state === 'failed') return 'failed';
  return silent === true ? 'lost' : 'late';
}

const FATES: readonly Fate[] = ['done', 'failed', 'late', 'lost'];

/** `1 done; 1 late: i-2 (working: restarting); 1 lost: i-3 (it has not reported since its permit)`. */
export function fatesText(instances: readonly DeployedInstance[]): string {
  const groups = Map.groupBy(instances, fateOf);
  const parts = FATES.flatMap((fate) => {
    const some = groups.get(fate) ?? [];
    if (some.length === 0) return [];
    const named = some.map(({ id, why }) => (why === undefined ? id : `${id} (${why})`));
    return [fate === 'done' ? `${some.length} done` : `${some.length} ${fate}: ${list(named, 3)}`];
  });
  return parts.length === 0 ? `nothing is known of ${count(instances.length, 'instance')}` : parts.join('; ');
}
