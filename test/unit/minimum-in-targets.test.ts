import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import { healthyTargets, minimumNow } from '../../src/domain/minimum-healthy.ts';
import type { Pool, Snapshot, Target, TargetState } from '../../src/domain/snapshot.ts';
import { trafficModel } from '../../src/plan/traffic/index.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { planFor } from '../laws/check.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PROMOTED, world } from '../support/worlds.ts';

/** Capacity is counted in targets: an instance may have several ports in a group, and one may be in two groups. */

/** Every target of the fleet in the pool at these ports as well; states go round. */
function withPorts(
  snapshot: Snapshot,
  ports: readonly number[],
  states: readonly TargetState[] = ['healthy'],
): Snapshot {
  let n = 0;
  const more = (target: Target): readonly Target[] =>
    ports.map((port) => ({ id: target.id, port, state: states[n++ % states.length] as TargetState }));
  const pools = snapshot.pools.map((pool) =>
    pool.role === 'production' ? { ...pool, targets: pool.targets.flatMap(more) } : pool,
  );
  return { ...snapshot, pools };
}

function blue(size: number, zones: readonly string[]): Snapshot {
  const members = Array.from({ length: size }, () => ({ prod: 'healthy' }) as const);
  return world([{ id: 'A', marks: HOME, members }], { groups: ['prod'], zones });
}

const prodOf = ({ pools }: Snapshot): Pool => pools.find(({ name }) => name === 'prod')!;
const healthy = (snapshot: Snapshot): readonly Target[] =>
  prodOf(snapshot).targets.filter(({ state }) => state === 'healthy');

describe('the minimum healthy', () => {
  test('counts each port of an instance, of those that are healthy', () => {
    const snapshot = withPorts(blue(2, ['a']), [8080, 8081], ['healthy', 'healthy', 'healthy', 'unhealthy']);
    expect(minimumNow(snapshot, trafficModel(snapshot).capacityGroups())).toEqual({
      prod: { total: 3, zones: { a: 3 }, ports: 2 },
    });
  });

  test('counts an instance once that is in both of the groups that have a share', () => {
    const members = [{ one: 'healthy', two: 'healthy' }] as const;
    const both = weightedWorld({ fleets: [{ id: 'A', marks: HOME, members }], production: [50], test: 0 });
    expect(minimumNow(both, trafficModel(both).capacityGroups())['production']).toEqual({ total: 1, zones: { a: 1 } });
    expect(healthyTargets(both.pools, both.fleets[0]!)).toHaveLength(1);
  });

  test('keeps a new fleet with one port each from taking over from one with two', async () => {
    const members = [{ prod: 'healthy' }, { prod: 'healthy' }] as const;
    const green = { id: 'B', marks: PROMOTED, members: [{ test: 'healthy' }, { test: 'healthy' }] } as const;
    const snapshot = withPorts(world([{ id: 'A', marks: HOME, members }, green]), [8080, 8081]);
    expect(await planFor(snapshot, 'promote', {})).toMatchObject({
      refused: 'too-small',
      message: 'B has 2 instances, and production must keep 4 healthy: 2 short in a.',
      next: [
        expect.stringContaining('`turnout promote --min-healthy') as string,
        'To bring up as many as production has: `turnout cleanup --discard --release B`, then `turnout up --release B`.',
      ],
    });
  });
});

test('no removal in place leaves fewer targets than asked, in any size, with any zones, ports and percentage', async () => {
  const worlds = fc.record({
    size: fc.integer({ min: 1, max: 6 }),
    zones: fc.constantFrom(['a'], ['a', 'b'], ['a', 'b', 'c']),
    ports: fc.constantFrom([8080], [8080, 8081], [8080, 8081, 8082]),
    states: fc.array(fc.constantFrom<TargetState>('healthy', 'healthy', 'unhealthy'), { minLength: 1, maxLength: 7 }),
    percent: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
    out: fc.integer({ min: 1, max: 3 }),
  });
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(worlds, async ({ size, zones, ports, states, percent, out }) => {
      const snapshot = withPorts(blue(size, zones), ports, states);
      const instances = snapshot.fleets[0]!.instances.slice(0, out).map(({ id }) => id);
      const asked = percent === undefined ? {} : { minHealthy: { percent } };
      const planned = await planFor(snapshot, 'drain', { instances, ...asked });
      if (isRefusal(planned)) return true;
      accepted += 1;
      const after = planned.plan.steps.reduce((so, step) => behaviourOf(step).simulate(so), snapshot);
      const [before, left] = [healthy(snapshot).length, healthy(after).length];
      return left === before || left >= Math.max(1, Math.ceil((before * (percent ?? 0)) / 100));
    }),
    { numRuns: 500, seed: 7 },
  );
  expect(accepted).toBeGreaterThan(100);
});
