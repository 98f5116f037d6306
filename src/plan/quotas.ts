import { refusal, type Refusal } from '../domain/goal.ts';
import { countByZone, total, type ByZone } from '../domain/minimum-healthy.ts';
import { configuredPools } from '../domain/roles.ts';
import type { Pool, Snapshot } from '../domain/snapshot.ts';
import { behaviourOf, type Step } from '../steps/index.ts';
import { trafficModel } from './traffic/index.ts';

/**
 * Quotas of load balancers, counted before production moves: a target counts in each of its groups, and as long as it drains (ALB
 * and NLB user guides, quotas). A fleet of N beside another one needs up to 4 N where all groups are at one load balancer.
 */

/** Targets by load balancer: most of all, and most in each zone. */
type Most = ReadonlyMap<string, { readonly all: number; readonly zones: Readonly<ByZone> }>;

/** Why the steps would exceed a quota. */
export function targetsQuotaProblem(snapshot: Snapshot, steps: readonly Step[]): Refusal | undefined {
  const zones = new Map(
    [...snapshot.fleets.flatMap(({ instances }) => instances), ...snapshot.unmanaged].map(({ id, zone }) => [id, zone]),
  );
  let most: Most = new Map();
  let world = snapshot;
  for (const step of steps) {
    world = behaviourOf(step).simulate(world);
    const now = [...Map.groupBy(world.pools, balancerOf)].map(([balancer, pools]) => {
      const targets = pools.flatMap((pool) => pool.targets);
      const inZones = countByZone(targets.map(({ id }) => ({ zone: zones.get(id) ?? '' })));
      const { all = 0, zones: before = {} } = most.get(balancer) ?? {};
      return [balancer, { all: Math.max(all, targets.length), zones: merged(before, inZones, Math.max) }] as const;
    });
    most = new Map(now);
  }
  return overQuota(snapshot, most, 'This needs');
}

/** The same of the promote that follows, before its fleet of that size is there. */
export function nextQuotaProblem(snapshot: Snapshot, serving: ByZone, next: ByZone): Refusal | undefined {
  if (!trafficModel(snapshot).movesServers) return undefined;
  const groups = [...Map.groupBy(configuredPools(snapshot), balancerOf)].map(([balancer, pools]) => {
    const has = pools.reduce((sum, { targets }) => sum + targets.length, 0);
    const tests = pools.filter(({ role }) => role === 'test').length;
    const inZones = merged(scaled(serving, pools.length), scaled(next, pools.length), (a, b) => a + b);
    return [balancer, { all: has + pools.length * total(next) + tests * total(serving), zones: inZones }] as const;
  });
  return overQuota(snapshot, new Map(groups), 'A promote of them would need');
}

function merged(a: Readonly<ByZone>, b: Readonly<ByZone>, of: (a: number, b: number) => number): ByZone {
  const zones = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(zones.map((zone) => [zone, of(a[zone] ?? 0, b[zone] ?? 0)]));
}

function scaled(counts: Readonly<ByZone>, by: number): ByZone {
  return Object.fromEntries(Object.entries(counts).map(([zone, n]) => [zone, n * by]));
}

function overQuota({ pools }: Snapshot, most: Most, what: string): Refusal | undefined {
  for (const pool of pools) {
    const { all = 0, zones = {} } = most.get(balancerOf(pool)) ?? {};
    if (all > (pool.targetsMax ?? Infinity)) return tooMany(pool, what, all, pool.targetsMax);
    const zone = Object.keys(zones).find((one) => (zones[one] ?? 0) > (pool.targetsPerZoneMax ?? Infinity));
    if (zone !== undefined) return tooMany(pool, what, zones[zone], pool.targetsPerZoneMax, zone);
  }
  return undefined;
}

function tooMany({ name }: Pool, what: string, need = 0, quota = 0, zone?: string): Refusal {
  const where = zone === undefined ? '' : ` in ${zone}`;
  const quotaOf = zone === undefined ? 'targets per load balancer' : 'targets per Availability Zone and load balancer';
  return refusal(
    'too-many-targets',
    `${what} up to ${need} targets${where} at the load balancer of ${name}, and its quota is ${quota}: each server counts in every group, also while it drains.`,
    `Ask AWS for a quota of ${need} ${quotaOf}, or put the test groups behind a load balancer of their own; then run this again.`,
  );
}

/** A group belongs to one at most. */
function balancerOf({ loadBalancers = [] }: Pool): string {
  return loadBalancers[0] ?? '';
}
