import type { Snapshot, TargetState } from '../../src/domain/snapshot.ts';
import type { Goal } from '../../src/domain/goal.ts';
import type { Step } from '../../src/steps/index.ts';

/** "What must never happen" (ARCHITECTURE.md), written down a second time and without the planner's own functions. */

/** Healthy targets by `pool/zone`. */
function healthyByPoolAndZone(snapshot: Snapshot): Map<string, number> {
  const zones = new Map(snapshot.fleets.flatMap((fleet) => fleet.instances.map((one) => [one.id, one.zone] as const)));
  const counts = new Map<string, number>();
  for (const pool of snapshot.pools) {
    if (pool.role !== 'production') continue;
    for (const target of pool.targets) {
      if (target.state !== 'healthy') continue;
      const key = `${pool.name}/${zones.get(target.id) ?? '?'}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

/**
 * What production may not fall below, by `pool/zone`: what was healthy in the beginning. Where a switch had stopped half-way,
 * two fleets are in a pool, and either one alone is enough: the larger one counts.
 */
export function minimumAtStart(snapshot: Snapshot): Map<string, number> {
  const minimum = new Map<string, number>();
  for (const pool of snapshot.pools.filter(({ role }) => role === 'production')) {
    const alone = snapshot.fleets.map((fleet) => {
      const ids = new Set(fleet.instances.map((one) => one.id));
      const own = { ...pool, targets: pool.targets.filter((target) => ids.has(target.id)) };
      return healthyByPoolAndZone({ ...snapshot, pools: [own] });
    });
    const size = (counts: Map<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);
    const largest = alone.toSorted((a, b) => size(b) - size(a))[0] ?? new Map<string, number>();
    for (const [key, count] of largest) minimum.set(key, count);
  }
  return minimum;
}

/** What the step broke on its way from one world to the next; undefined when nothing. */
export function broken(
  before: Snapshot,
  step: Step,
  after: Snapshot,
  minimum: ReadonlyMap<string, number>,
): string | undefined {
  return (
    starved(before, after, minimum) ?? killed(before, step) ?? unverified(before, step, after) ?? emptied(before, after)
  );
}

/** Rule 1. Targets that die by themselves are no fault of a step, so a step may not take what is below the minimum lower. */
function starved(before: Snapshot, after: Snapshot, minimum: ReadonlyMap<string, number>): string | undefined {
  const had = healthyByPoolAndZone(before);
  const has = healthyByPoolAndZone(after);
  for (const [key, least] of minimum) {
    const now = has.get(key) ?? 0;
    if (now < least && now < (had.get(key) ?? 0)) return `${key} has ${now} healthy, the minimum is ${least}`;
  }
  return undefined;
}

/** Rule 2. */
function killed(before: Snapshot, step: Step): string | undefined {
  if (step.do !== 'terminate') return undefined;
  const ids = new Set(before.fleets.find((fleet) => fleet.id === step.fleet)?.instances.map((one) => one.id));
  const targets = before.pools
    .filter((pool) => pool.role === 'production')
    .flatMap((pool) => pool.targets.filter((target) => ids.has(target.id)));
  return targets.length > 0 ? `${targets[0]?.id} was terminated while ${targets[0]?.state} in production` : undefined;
}

/**
 * Rule 4. A target that is new in production was healthy somewhere right before. On the way back, was at least not seen to be sick:
 * ELB checks it there before it sends it requests, and nothing else is needed to find out.
 */
function unverified(before: Snapshot, step: Step, after: Snapshot): string | undefined {
  if (step.do !== 'register' || before.pools.find((pool) => pool.name === step.pool)?.role !== 'production')
    return undefined;
  const registered = (snapshot: Snapshot): Set<string> =>
    new Set(
      snapshot.pools
        .find((pool) => pool.name === step.pool)
        ?.targets.filter((target) => target.state !== 'draining')
        .map((target) => target.id),
    );
  const had = registered(before);
  const seen = (state: TargetState): Set<string> =>
    new Set(before.pools.flatMap(({ targets }) => targets.filter((one) => one.state === state).map(({ id }) => id)));
  const [healthy, sick] = [seen('healthy'), seen('unhealthy')];
  const isFit = (id: string): boolean => healthy.has(id) || (step.atLeast !== undefined && !sick.has(id));
  const blind = [...registered(after)].find((id) => !had.has(id) && !isFit(id));
  return blind === undefined ? undefined : `${blind} got production traffic without having been healthy`;
}

/** Rule 1: no step leaves production without a healthy target where it had one. */
function emptied(before: Snapshot, after: Snapshot): string | undefined {
  const sum = (counts: Map<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);
  return sum(healthyByPoolAndZone(before)) > 0 && sum(healthyByPoolAndZone(after)) === 0
    ? 'production has no healthy target left'
    : undefined;
}

/** Ids of a pool's targets that take new requests. */
function inUse(snapshot: Snapshot, role: 'production' | 'test'): readonly Set<string>[] {
  const pools = snapshot.pools.filter((pool) => pool.role === role);
  return pools.map((pool) => new Set(pool.targets.filter(({ state }) => state !== 'draining').map(({ id }) => id)));
}

/** What the goal asked for and the world does not show; undefined when it is reached. */
export function fallsShort(snapshot: Snapshot, { verb, fleet }: Goal): string | undefined {
  const own = new Set(snapshot.fleets.find(({ id }) => id === fleet)?.instances.map(({ id }) => id));
  const others = snapshot.fleets.filter(({ id }) => id !== fleet).flatMap(({ instances }) => instances);
  const alive = others.filter(({ state }) => state === 'running').map(({ id }) => id);
  const isOwn = (id: string): boolean => own.has(id);
  const [production, test] = [inUse(snapshot, 'production'), inUse(snapshot, 'test')];
  const tells: Record<Goal['verb'], () => string | undefined> = {
    promote: () => notSwitched(production, test, alive, isOwn),
    rollback: () => notSwitched(production, test, alive, isOwn),
    cleanup: () => (alive.length > 0 ? `${alive.join()} still run` : undefined),
    up: () =>
      test.every((ids) => [...own].every((id) => ids.has(id))) ? undefined : 'green is not in the test groups',
    adopt: () => (own.size > 0 ? undefined : 'nothing is owned'),
    rolling: () => undefined,
    deploy: () => undefined,
    drain: () => undefined,
    join: () => undefined,
  };
  return tells[verb]();
}

function notSwitched(
  production: readonly Set<string>[],
  test: readonly Set<string>[],
  others: readonly string[],
  isOwn: (id: string) => boolean,
): string | undefined {
  if (!production.every((ids) => ids.size > 0 && [...ids].every(isOwn))) return 'somebody else serves';
  if (test.some((ids) => [...ids].some(isOwn))) return 'the serving fleet is still in a test group';
  return test.every((ids) => others.every((id) => ids.has(id)))
    ? undefined
    : 'the other fleet is not in the test groups';
}
