import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Amount } from '../../src/domain/amount.ts';
import { isRefusal } from '../../src/domain/goal.ts';
import type { Snapshot, TargetState } from '../../src/domain/snapshot.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { EVERY_KIND, worldOf } from '../support/every-kind.ts';
import { planFor } from './check.ts';

/**
 * The number in `--min-healthy` is held by every kind of fleet and of traffic, whatever the sizes, zones, ports and percentages:
 * in no world of an accepted plan has production fewer healthy targets. Counted without the program's own functions.
 */

const state = fc.constantFrom<TargetState>('healthy', 'healthy', 'healthy', 'unhealthy');
const states = fc.array(state, { minLength: 1, maxLength: 6 });
const shape = {
  blue: states,
  zones: fc.constantFrom(['a'], ['a', 'b'], ['a', 'b', 'c']),
  ports: fc.constantFrom([8080], [8080, 8081], [8080, 8081, 8082]),
};
const amount = fc.option(
  fc.oneof(
    fc.record({ count: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
  ),
  { nil: undefined },
);
const RUNS = { numRuns: 250, seed: 11 };

/** Healthy targets that production's clients reach. */
function serving({ pools }: Snapshot): number {
  const all = pools.filter(({ role }) => role === 'production').flatMap(({ targets }) => targets);
  return new Set(all.filter((one) => one.state === 'healthy').map(({ id, port }) => `${id}:${port}`)).size;
}

function wanted(healthy: number, asked: Amount | undefined): number {
  if (asked === undefined) return healthy;
  return Math.min(healthy, 'count' in asked ? asked.count : Math.ceil((healthy * asked.percent) / 100));
}

/** The worlds that the steps leave, one after the other. */
function worldsOf(start: Snapshot, { steps }: Plan): readonly Snapshot[] {
  const worlds = [start];
  for (const step of steps) worlds.push(behaviourOf(step).simulate(worlds.at(-1)!));
  return worlds;
}

describe.each(EVERY_KIND)('$fleet, $traffic', (kind) => {
  const holds = async (verb: 'promote' | 'rollback', serves: 'A' | 'B'): Promise<number> => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.record({ ...shape, green: states, asked: amount }), async ({ asked, ...both }) => {
        const start = worldOf(kind, { ...both, serves });
        const planned = await planFor(start, verb, asked === undefined ? {} : { minHealthy: asked });
        if (isRefusal(planned)) return;
        accepted += 1;
        const least = wanted(serving(start), asked);
        for (const after of worldsOf(start, planned.plan)) expect(serving(after)).toBeGreaterThanOrEqual(least);
      }),
      RUNS,
    );
    return accepted;
  };

  test('a promote never leaves production fewer healthy targets than asked', async () => {
    expect(await holds('promote', 'A')).toBeGreaterThan(40);
  });

  test('nor does a rollback', async () => {
    expect(await holds('rollback', 'B')).toBeGreaterThan(40);
  });

  test.each(['drain', 'rolling'] as const)('nor does a %s, and never nothing', async (verb) => {
    const cases = fc.record({ ...shape, asked: amount, out: fc.integer({ min: 1, max: 3 }) });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ asked, out, ...blue }) => {
        const start = worldOf(kind, blue);
        const instances = start.fleets[0]!.instances.slice(0, out).map(({ id }) => id);
        const what = verb === 'drain' ? { instances } : { release: 'C', batch: { count: out } };
        const minimum = asked === undefined ? {} : { minHealthy: asked };
        const planned = await planFor(start, verb, { ...what, ...minimum }, DELIVERY);
        if (isRefusal(planned)) return;
        accepted += 1;
        const before = serving(start);
        const least = asked === undefined ? Math.min(1, before) : Math.max(1, wanted(before, asked));
        for (const after of worldsOf(start, planned.plan)) {
          const left = serving(after);
          expect(left >= least || left === before).toBe(true);
        }
      }),
      RUNS,
    );
    expect(accepted).toBeGreaterThan(25);
  });
});

const DELIVERY = { words: 'a program', check: false, migrate: 'no' } as const;
