import { expect, test } from 'vitest';
import type { StepOf } from '../../src/steps/index.ts';
import { start } from '../support/fake-run.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { markedWith } from '../support/own-store.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';

/** Weights are seen to have changed by reading the rules again: the health of the groups was read before. */

const BLUE = { id: 'A', marks: {}, members: [{ one: 'healthy' }] } as const;
const GREEN = { id: 'B', marks: {}, members: [{ two: 'healthy' }] } as const;

function shift(role: 'production' | 'test', fleet: 'A' | 'B'): StepOf<'shift-weights'> {
  const pool = fleet === 'A' ? 'one' : 'two';
  const minimumHealthy = { total: 1, zones: { a: 1 } };
  return { do: 'shift-weights', role, pool, fleet, percent: 100, from: {}, minimumHealthy, refusesUnmanaged: true };
}

test('a switch reads health once, directly before production moves, and then the rules alone', async () => {
  const world = weightedWorld({ fleets: [BLUE, GREEN], production: [0], test: 100 });
  const fake = new FakeWorld(markedWith(world));
  fake.lagMs = 250;
  await fake.finish(start(fake, [shift('production', 'B'), shift('test', 'A')]).done);
  const asked = fake.asked.map(({ what }) => what);
  expect(asked.filter((what) => what.startsWith('weigh'))).toEqual(['weigh shop:0', 'weigh shop:test']);
  // What shows the last change is read with all that a last sentence is written of.
  const before = asked.slice(0, asked.indexOf('weigh shop:test'));
  const reads = before.filter((what) => what.startsWith('read') && what !== 'read routes');
  expect(reads).toEqual(['read pools']);
});
