import type { Amount } from '../domain/amount.ts';
import { canGive, routesOf } from '../domain/routes.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { refusal, type Goal, type Refusal, type Stages } from '../domain/goal.ts';
import { homesOf, shareOfFleet, TOLERANCE } from '../domain/shares.ts';

/** What may be said about the steps of a promote. */
export interface StagesOptions {
  readonly steps?: readonly number[];
  readonly every?: number;
  readonly to?: number;
  readonly batch?: Amount;
}

/**
 * The shares that are left for the fleet: those asked for, or else the config's, beyond what it has already. Undefined where
 * all goes at once.
 */
export function stagesOf(snapshot: Snapshot, to: Fleet, options: StagesOptions): Stages | Refusal | undefined {
  const { routing } = snapshot;
  if (routing === undefined) return wantsStages(options) ? NO_WEIGHTS : undefined;
  const last = options.to ?? 100;
  const have = shareOfFleet(snapshot, to);
  if (last < have - TOLERANCE) {
    return refusal(
      'beyond-that',
      `${to.release} has ${Math.round(have)} % of production already.`,
      '`turnout promote` goes on; `turnout rollback` moves all of it back.',
    );
  }
  const asked = options.steps ?? (options.to === undefined ? routing.steps : []);
  const shares = [...asked.filter((share) => share > have + TOLERANCE && share < last), last];
  if (shares.length === 1 && last === 100) return undefined;
  return tooCoarse(snapshot, to, shares) ?? { shares, everyS: options.every ?? routing.everyS };
}

function wantsStages({ steps, every, to }: StagesOptions): boolean {
  return (steps ?? every ?? to) !== undefined;
}

/** Why servers cannot be moved some at a time. */
export function noBatches({ routing }: Snapshot, { batch }: StagesOptions): Refusal | undefined {
  if (routing === undefined || batch === undefined) return undefined;
  return refusal(
    'no-batches',
    'Here no server is moved: production is divided between two groups by weights.',
    '`turnout promote --steps 10,50,100 --every 2m` moves it bit by bit.',
  );
}

/** Whether other steps are asked for than those that the goal was pinned with. */
export function wantsOthers(options: StagesOptions, goal: Goal): boolean {
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

const NO_WEIGHTS = refusal(
  'no-weights',
  'Here a server gets production traffic or gets none, as a member of the target group: there are no percents in between.',
  'Run `turnout promote` without --steps, --every and --to.',
  '`--batch N` moves N servers at a time.',
  '`traffic.kind: weighted-listener` moves traffic by weights, and in steps.',
);

/** Other people's groups in a rule keep their weights, so ours are as fine as they are. */
function tooCoarse(snapshot: Snapshot, to: Fleet, shares: readonly number[]): Refusal | undefined {
  const [home] = homesOf(snapshot, to);
  const pools = snapshot.pools.map(({ name }) => name);
  for (const route of home === undefined ? [] : routesOf(snapshot, 'production')) {
    const share = shares.find((one) => !canGive(route, home?.name ?? '', one, pools));
    if (share === undefined) continue;
    return refusal(
      'coarse-weights',
      `${route.name} forwards to other groups too, and ours have so little weight in it that ${share} % of it is no whole number.`,
      'Multiply all weights of that rule by 100, or take other steps.',
    );
  }
  return undefined;
}
