import type { Snapshot } from '../../src/domain/snapshot.ts';
import { autoScaling, withOwner, withRule, withShared } from './hands.ts';

/** Small worlds in which others have something too, which the config does not name. */

/** Names of what others have in these worlds: a refusal for the sake of one names it. */
export const OUTSIDERS: Readonly<Record<string, RegExp>> = {
  'shared-target-group': /admin|lb:443 priority 7/,
  'owned-by-others': /Auto Scaling group web/,
};

/** Each world with one of those that others may have in it. */
export function* withOutsiders(worlds: Iterable<Snapshot>): Generator<Snapshot> {
  for (const snapshot of worlds) {
    const ids = (fleet: number): readonly string[] => snapshot.fleets[fleet]?.instances.map(({ id }) => id) ?? [];
    yield withShared(snapshot, 'admin', ids(0));
    yield withShared(snapshot, 'admin', [...ids(0), 'i-other']);
    if (snapshot.traffic.kind === 'membership') yield withRule(snapshot, { prod: 9, test: 1 });
    else yield withRule(snapshot, { one: 1 });
    if (ids(1).length === 0) continue;
    yield withOwner(snapshot, autoScaling('web'), ids(0));
    yield withShared(snapshot, 'admin', ids(1));
    yield withOwner(snapshot, autoScaling('web'), ids(1));
    if (snapshot.traffic.kind !== 'membership') yield withRule(snapshot, { two: 1 });
  }
}

/** What the step takes from clients of others; undefined when nothing. Written down without the program's own functions. */
export function takenFromOthers(
  before: Snapshot,
  step: { readonly do: string; readonly fleet?: string },
  after: Snapshot,
): string | undefined {
  const gone = step.do === 'terminate' ? before.fleets.find(({ id }) => id === step.fleet)?.instances : [];
  for (const name of reached(before)) {
    const held = gone?.find(
      ({ id, state }) => state === 'running' && targetsIn(before, name).some((one) => one.id === id),
    );
    if (held !== undefined) return `${held.id} was terminated in ${name}, where clients of others reach it`;
    if (healthyIn(before, name) > 0 && healthyIn(after, name) === 0)
      return `${name} has nothing healthy for clients of others`;
  }
  return undefined;
}

/** Whether a fleet has to stay in a test group that it should have left: clients of others would find nothing healthy there. */
export function isKeptForOthers(snapshot: Snapshot, fleet: string): boolean {
  const own = new Set(snapshot.fleets.find(({ id }) => id === fleet)?.instances.map(({ id }) => id));
  return reached(snapshot).some((name) => {
    const healthy = targetsIn(snapshot, name).filter(({ state }) => state === 'healthy');
    return healthy.length > 0 && healthy.every(({ id }) => own.has(id));
  });
}

/**
 * Names of the pools to which others lead. Where fleets move between the config's groups, what leads to production's is its own, and
 * what leads to the test groups alone.
 */
function reached({ outside, pools, traffic }: Snapshot): readonly string[] {
  if (outside.state !== 'seen') return [];
  const { routes } = outside;
  const leads = (name: string, also: (weights: Readonly<Record<string, number>>) => boolean = () => true): boolean =>
    routes.some(({ weights }) => (weights[name] ?? 0) > 0 && also(weights));
  const production = pools.filter(({ role }) => role === 'production').map(({ name }) => name);
  const shared = (weights: Readonly<Record<string, number>>): boolean =>
    production.some((name) => (weights[name] ?? 0) > 0);
  const isReached: Readonly<Record<Snapshot['traffic']['kind'], (name: string, role: string) => boolean>> = {
    membership: (name, role) => role !== 'production' && leads(name, role === 'other' ? undefined : shared),
    'listener-weights': (name) => leads(name),
    'dns-weights': (name, role) => role === 'other' && leads(name),
  };
  return pools.filter(({ name, role }) => isReached[traffic.kind](name, role)).map(({ name }) => name);
}

function targetsIn({ pools }: Snapshot, name: string) {
  return pools.find((pool) => pool.name === name)?.targets ?? [];
}

function healthyIn(snapshot: Snapshot, name: string): number {
  return targetsIn(snapshot, name).filter(({ state }) => state === 'healthy').length;
}
