import { describe, expect, test } from 'vitest';
import { capacityByZone, healthyTargets, lowerMinimum, minimumNow } from '../../src/domain/minimum-healthy.ts';
import { minimumWhileOut, wouldLack } from '../../src/domain/in-place.ts';
import type { PoolMinimum } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { servingProblem } from '../../src/plan/ending.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { HOME, world, type Summary } from '../support/worlds.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';

/** What somebody registers at one more port is one server still, whatever asks for the minimum healthy. */

const [HEALTHY, SICK] = [{ prod: 'healthy' }, { prod: 'unhealthy' }] as const satisfies readonly Summary[];
const MINIMUM: PoolMinimum = { total: 2, zones: { a: 2 } };

/** Blue has two healthy instances; of green's, the first is healthy. */
function half(second: Summary): Snapshot {
  const fleets = [
    { id: 'A', marks: HOME, members: [HEALTHY, HEALTHY] },
    { id: 'B', marks: {}, members: [HEALTHY, second] },
  ];
  return world(fleets);
}

/** The same at a second port. */
function withSecondPort(snapshot: Snapshot, id: string, pool = 'prod'): Snapshot {
  const target = { id, port: 8081, state: 'healthy' } as const;
  const pools = snapshot.pools.map((one) => (one.name === pool ? { ...one, targets: [...one.targets, target] } : one));
  return { ...snapshot, pools };
}

describe('a second port of one server is no second server', () => {
  const steps: Readonly<Record<string, Step>> = {
    deregister: { do: 'deregister', pool: 'prod', fleet: 'A', minimumHealthy: MINIMUM },
    terminate: {
      do: 'terminate',
      fleet: 'A',
      retentionS: 0,
      keeps: { fleet: 'B', groups: [{ pools: ['prod'], minimum: MINIMUM }] },
    },
  };

  test.each(Object.entries(steps))('when %s asks', (kind, step) => {
    const guard = (snapshot: Snapshot) => {
      const pools = snapshot.pools.map((pool) => {
        const gone = kind === 'terminate' ? pool.targets.filter(({ id }) => !id.startsWith('A')) : pool.targets;
        return { ...pool, targets: gone };
      });
      return behaviourOf(step).guard({ ...snapshot, pools });
    };
    expect(guard(half(HEALTHY))).toBeUndefined();
    expect(guard(withSecondPort(half(SICK), 'B-0'))).toContain('1 healthy');
  });

  test('when a share is given', () => {
    const step: Step = {
      do: 'shift-weights',
      role: 'production',
      pool: 'two',
      fleet: 'B',
      percent: 100,
      from: { 'shop:0': 0 },
      minimumHealthy: MINIMUM,
      refusesUnmanaged: true,
    };
    const shared = (second: 'healthy' | 'unhealthy'): Snapshot =>
      weightedWorld({
        fleets: [
          { id: 'A', marks: HOME, members: [{ one: 'healthy' }, { one: 'healthy' }] },
          { id: 'B', marks: {}, members: [{ two: 'healthy' }, { two: second }] },
        ],
        production: [0],
        test: 100,
      });
    expect(behaviourOf(step).guard(shared('healthy'))).toBeUndefined();
    expect(behaviourOf(step).guard(withSecondPort(shared('unhealthy'), 'B-0', 'two'))).toContain('1 short in a');
  });

  test('when a run waits for health, and when it has ended', () => {
    const step = { do: 'await-healthy', pool: 'prod', fleet: 'B', minimumHealthy: MINIMUM, need: 'minimum' } as const;
    const starting = withSecondPort(half({ prod: 'initial' }), 'B-0');
    expect(behaviourOf(step).progress(half(HEALTHY))).toBe('done');
    expect(behaviourOf(step).progress(starting)).not.toBe('done');
    expect(servingProblem(half(HEALTHY), 'B', { prod: MINIMUM }, false)).toBeUndefined();
    expect(servingProblem(starting, 'B', { prod: MINIMUM }, false)).toContain('B has 1 healthy in prod');
  });

  test('when instances leave for a deploy in place', () => {
    const three = world([{ id: 'A', marks: HOME, members: [HEALTHY, HEALTHY, HEALTHY] }]);
    const minimum = minimumWhileOut(three, ['A-1'], 1, undefined);
    const one = withSecondPort(world([{ id: 'A', marks: HOME, members: [HEALTHY, HEALTHY, SICK] }]), 'A-0');
    expect(wouldLack(three, ['A-1'], minimum)).toBeUndefined();
    expect(wouldLack(one, ['A-1'], minimum)).toContain('would leave 1 healthy');
  });
});

test('where what serves is at two ports, each of them counts on the other side too', () => {
  const one = world([{ id: 'A', marks: HOME, members: [HEALTHY, HEALTHY] }]);
  const two = withSecondPort(withSecondPort(one, 'A-0'), 'A-1');
  const [pool, fleet] = [two.pools[0]!, two.fleets[0]!];
  const groups = [{ name: 'prod', pools: [pool] }];
  const all = minimumNow(two, groups);
  expect(all).toEqual({ prod: { total: 4, zones: { a: 4 }, ports: 2 } });
  const least = lowerMinimum(all, { count: 3 })['prod']!;
  expect(capacityByZone(healthyTargets([pool], fleet), least)).toEqual({ a: 4 });
  expect(capacityByZone(healthyTargets([pool], fleet), MINIMUM)).toEqual({ a: 2 });
  expect(minimumWhileOut(two, ['A-0'], 1, undefined)['prod']?.ports).toBe(2);
});
