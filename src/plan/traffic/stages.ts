import { canGive, routesOf } from '../../domain/routes.ts';
import { refusal, type Refusal } from '../../domain/goal.ts';
import { configuredPools } from '../../domain/roles.ts';
import { ownPools, shareOfFleet, TOLERANCE } from '../../domain/shares.ts';
import type { Fleet, Snapshot } from '../../domain/snapshot.ts';
import type { TrafficSettings } from '../../domain/traffic.ts';
import type { Pace, PaceOptions } from './model.ts';

type WeightSettings = Exclude<TrafficSettings, { kind: 'membership' }>;

/** The shares that are left for the fleet: those asked for, or else the config's, beyond what it has already. */
export function stagesOf(
  snapshot: Snapshot,
  to: Fleet,
  options: PaceOptions,
  settings: WeightSettings,
): Pace | Refusal {
  const last = options.to ?? 100;
  const have = shareOfFleet(snapshot, to);
  if (last < have - TOLERANCE) {
    return refusal(
      'beyond-that',
      `${to.release} has ${Math.round(have)} % of production already, more than --to ${last}.`,
      '`turnout promote` goes on.',
      '`turnout rollback` moves all of it back.',
    );
  }
  const asked = options.steps ?? (options.to === undefined ? settings.steps : []);
  const shares = [...asked.filter((share) => share > have + TOLERANCE && share < last), last];
  if (shares.length === 1 && last === 100) return {};
  return tooCoarse(snapshot, to, shares) ?? { stages: { shares, everyS: options.every ?? settings.everyS } };
}

/** Other people's groups in a rule keep their weights, so ours are as fine as they are. */
function tooCoarse(snapshot: Snapshot, to: Fleet, shares: readonly number[]): Refusal | undefined {
  const [own] = ownPools(snapshot, to);
  if (own === undefined) return undefined;
  const pools = configuredPools(snapshot).map(({ name }) => name);
  for (const route of routesOf(snapshot, 'production')) {
    const share = shares.find((one) => !canGive(route, own.name, one, pools));
    if (share === undefined) continue;
    return refusal(
      'coarse-weights',
      `${route.name} forwards to other groups too, and ours have so little weight in it that ${share} % of it is not a whole number.`,
      'Multiply all weights of that rule by 100, or take other steps.',
    );
  }
  return undefined;
}
