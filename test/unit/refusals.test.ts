import { describe, expect, test } from 'vitest';
import type { Delivery } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { tasks, type AnyOptions } from '../../tasks/index.ts';
import { planFor } from '../laws/check.ts';
import { inPlaceWorlds, NEW, OLD, STANDS } from '../support/in-place-worlds.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PLAIN, PROMOTED, world } from '../support/worlds.ts';

/** Worlds that are refused, which no small world of the laws has. */

const SERVES = { prod: 'healthy', test: '-' } as const;
const TESTED = { prod: '-', test: 'healthy' } as const;
const home = { id: 'A', marks: HOME, members: [SERVES] };

describe('fleets', () => {
  test('one that a cleanup has not ended yet is in the way of a new one', async () => {
    const retired = { id: 'B', marks: { current: '2025-01-01T00:00:00.000Z' }, members: [TESTED] };
    const planned = await planFor(world([home, retired]), 'up', { release: 'C' });
    expect(planned).toMatchObject({ refused: 'retired-exists', next: ['`turnout cleanup` terminates it.'] });
  });

  test('of one whose instances are all gone there are no zones to copy', async () => {
    const alive = world([home]);
    const gone: Snapshot = {
      ...alive,
      fleets: [
        {
          ...alive.fleets[0]!,
          instances: [
            ...alive.fleets[0]!.instances.map((one) => ({ ...one, state: 'terminated' as const })),
            { id: 'A-9', zone: 'a', state: 'running', launchedAt: 0 },
          ],
        },
      ],
    };
    expect(await planFor(gone, 'up', { release: 'C' })).toMatchObject({ refused: 'nothing-to-copy' });
  });

  test('one that has more than it is to get is not promoted that far', async () => {
    const fleets = [
      { id: 'A', marks: HOME, members: [{ one: 'healthy' }] },
      { id: 'B', marks: { ...PROMOTED, share: '50@2026-05-31T00:00:00.000Z' }, members: [{ two: 'healthy' }] },
    ] as const;
    const half = weightedWorld({ fleets, production: [50, 50], test: 100 });
    expect(await planFor(half, 'promote', { to: 10 })).toMatchObject({
      refused: 'beyond-that',
      next: ['`turnout promote` goes on.', '`turnout rollback` moves all of it back.'],
    });
  });
});

describe('instances that are deployed to in place', () => {
  const DELIVERY: Delivery = { words: './deploy.sh', check: false, migrate: 'no' };
  const [serving] = [...inPlaceWorlds(STANDS.slice(0, 1), 1)] as [Snapshot];
  const [left] = [...inPlaceWorlds(STANDS.slice(-1), 1)] as [Snapshot];
  const asked = async (
    verb: 'rolling' | 'drain' | 'join' | 'deploy',
    options: AnyOptions,
    snapshot: Snapshot,
    delivery: Delivery | undefined = DELIVERY,
  ) => {
    const requestedBy = { run: 'r1', who: 'ann', since: '2026-06-01T00:00:00.000Z' };
    const resolve = async () => ({ kind: '', summary: [], batches: [], request: {} });
    return tasks[verb].pinGoal({ snapshot, options, requestedBy, settings: PLAIN, resolve, delivery });
  };

  test('are ours', async () => {
    expect(await asked('drain', { instances: ['i-9'] }, serving)).toMatchObject({
      refused: 'not-ours',
      message: 'This environment has no instance i-9.',
    });
  });

  test('run', async () => {
    const [fleet] = serving.fleets;
    const instances = fleet!.instances.map((one) => ({ ...one, state: 'stopped' as const }));
    const stopped = { ...serving, fleets: [{ ...fleet!, instances }] };
    expect(await asked('drain', { instances: [`${OLD}-0`] }, stopped)).toMatchObject({
      refused: 'not-running',
      message: `${OLD}-0 is stopped.`,
    });
  });

  test('come back only to where they were', async () => {
    expect(await asked('join', { instances: [`${OLD}-0`] }, left)).toMatchObject({ refused: 'nothing-noted' });
  });

  test('need a deployer, for one and for all', async () => {
    const { deploy, rolling } = tasks;
    const requestedBy = { run: 'r1', who: 'ann', since: '2026-06-01T00:00:00.000Z' };
    const resolve = async () => ({ kind: '', summary: [], batches: [], request: {} });
    const request = { snapshot: serving, requestedBy, settings: PLAIN, resolve };
    const none = { refused: 'no-deployer', next: [expect.stringContaining('config/rolling.yml')] };
    expect(await rolling.pinGoal({ ...request, options: { release: NEW } })).toMatchObject(none);
    const options = { release: NEW, instances: [`${OLD}-0`] };
    expect(await deploy.pinGoal({ ...request, options })).toMatchObject(none);
  });

  test('are of one fleet: a switch that has not ended comes first', async () => {
    const both = world([home, { id: 'B', marks: PROMOTED, members: [SERVES] }]);
    expect(await asked('rolling', { release: NEW }, both)).toMatchObject({
      refused: 'two-fleets-serve',
      next: [expect.stringContaining('`turnout promote`'), expect.stringContaining('`turnout rollback`')],
    });
  });
});
