import { expect, test } from 'vitest';
import type { Snapshot } from '../../src/observe/snapshot.ts';
import { HOME, PROMOTED } from '../support/worlds.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { planFor } from './check.ts';

/** Nothing is guessed where rules divide production by weights, either. */

const BLUE = { id: 'A', marks: HOME, members: [{ one: 'healthy' }] } as const;
const GREEN = { id: 'B', marks: {}, members: [{ two: 'healthy' }] } as const;
const BOTH = weightedWorld({ fleets: [BLUE, GREEN], production: [0, 0], test: 100 });

function withStranger(snapshot: Snapshot): Snapshot {
  const pools = snapshot.pools.map((pool) =>
    pool.name === 'two'
      ? { ...pool, targets: [...pool.targets, { id: 'i-stranger', port: 8080, state: 'healthy' as const }] }
      : pool,
  );
  return { ...snapshot, pools };
}

function withRouting(snapshot: Snapshot, facts: Partial<NonNullable<Snapshot['routing']>>): Snapshot {
  return { ...snapshot, routing: { ...snapshot.routing!, ...facts } };
}

test('production does not go to somebody else who is in the pool', async () => {
  expect(await planFor(withStranger(BOTH), 'promote', {})).toMatchObject({
    refused: 'not-safe',
    message: expect.stringContaining('Production would go to i-stranger in two as well'),
  });
});

test('a fleet does not come up beside somebody else', async () => {
  const alone = weightedWorld({ fleets: [BLUE], production: [0, 0], test: 100 });
  expect(await planFor(withStranger(alone), 'up', { release: 'R' })).toMatchObject({ refused: 'no-idle-group' });
});

test('groups that are not alike', async () => {
  const unlike = withRouting(BOTH, { faults: ['The port differs: 80 in one, 81 in two.'] });
  expect(await planFor(unlike, 'promote', {})).toMatchObject({ refused: 'not-alike' });
});

test('weights that no run has left', async () => {
  const strange = weightedWorld({ fleets: [BLUE, { ...GREEN, marks: PROMOTED }], production: [30, 30], test: 100 });
  expect(await planFor(strange, 'promote', {})).toMatchObject({ refused: 'weights-changed' });
  expect(await planFor(strange, 'rollback', {})).toHaveProperty('plan.steps.length');
});
