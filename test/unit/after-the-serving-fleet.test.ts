import { expect, test } from 'vitest';
import { stableFleet } from '../../src/domain/roles.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { servingProblem } from '../../src/plan/ending.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { tasks } from '../../tasks/index.ts';
import { planFor } from '../laws/check.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PROMOTED, world } from '../support/worlds.ts';

/** What is left to do, and what is said, once the fleet that served is gone, or is not the one that serves any more. */

const SERVES = { prod: 'healthy', test: '-' } as const;
const TESTED = { prod: '-', test: 'healthy' } as const;
const blue = { id: 'A', marks: HOME, members: [SERVES, SERVES] };
const green = { id: 'B', marks: {}, members: [TESTED, TESTED] };

/** The same world, with the instances of the fleet terminated. */
function without(snapshot: Snapshot, id: string): Snapshot {
  const fleets = snapshot.fleets.map((fleet) =>
    fleet.id === id
      ? { ...fleet, instances: fleet.instances.map((one) => ({ ...one, state: 'terminated' as const })) }
      : fleet,
  );
  return { ...snapshot, fleets };
}

test.each([
  ['as long as its targets are there', without(world([blue, green]), 'A')],
  ['after that', world([green])],
])('promote gives production to the only fleet that is left, %s', async (_when, snapshot) => {
  const planned = await planFor(snapshot, 'promote', {});
  expect(planned).toHaveProperty('plan.steps', expect.arrayContaining([{ do: 'register', pool: 'prod', fleet: 'B' }]));
});

test('with several left promote names them; with a server of others in production it adopts nothing', async () => {
  const two = world([green, { ...green, id: 'C' }]);
  expect(await planFor(two, 'promote', {})).toMatchObject({ refused: 'two-greens' });
  const snapshot = world([green]);
  const [prod, ...rest] = snapshot.pools;
  const targets = [{ id: 'i-unmanaged', port: 8080, state: 'healthy' as const }];
  const shared = { ...snapshot, pools: [{ ...prod!, targets }, ...rest] };
  expect(await planFor(shared, 'promote', {})).toMatchObject({ refused: 'not-adopted' });
});

test('a fleet of which only the targets are left serves nothing, and keeps no cleanup from its end', async () => {
  const promoted = { ...green, marks: PROMOTED, members: [SERVES, SERVES] };
  const snapshot = without(world([blue, promoted]), 'A');
  expect(stableFleet(snapshot)?.id).toBe('B');
  expect(await planFor(snapshot, 'cleanup', {})).toHaveProperty('plan.steps', [
    expect.objectContaining({ do: 'mark', fleet: 'B', mark: 'current' }),
  ]);
});

test('of two that serve and have lost their marks, rollback leads to the one that no promote has brought there', () => {
  const promoted = { ...green, marks: PROMOTED, members: [SERVES, SERVES] };
  expect(stableFleet(world([{ ...blue, marks: {} }, promoted]))?.id).toBe('A');
  expect(
    stableFleet(
      world([
        { ...blue, marks: {} },
        { ...promoted, marks: {} },
      ]),
    ),
  ).toBeUndefined();
});

test('a cleanup that fails does not say that production is as before where it is not', async () => {
  const planned = await planFor(world([blue, green]), 'cleanup', { discard: true });
  const goal = 'goal' in planned ? planned.goal : undefined;
  const after = (snapshot: Snapshot) =>
    tasks.cleanup.afterFailure(snapshot, goal!, { step: undefined, reason: '', isConflict: false });
  expect(after(world([blue, green]))).toMatchObject({ leave: 'safe', message: 'A serves production as before.' });
  expect(after(world([{ ...blue, members: [TESTED] }, green]))).toEqual({
    leave: 'needs-attention',
    message: 'Others have changed production: nothing of A is healthy in prod.',
  });
  expect(after(world([blue, { ...green, members: [SERVES] }]))).toMatchObject({ leave: 'needs-attention' });
});

test('an up that fails, and one that is done, say that production is as it was only where it has something healthy', async () => {
  const planned = await planFor(world([blue]), 'up', { release: 'B' });
  const goal = 'goal' in planned ? planned.goal : undefined;
  const sick = world([{ ...blue, members: [{ prod: 'unhealthy', test: '-' }] }, green]);
  const said = (snapshot: Snapshot): readonly string[] => [
    JSON.stringify(tasks.up.afterFailure(snapshot, goal!, { step: undefined, reason: '', isConflict: false })),
    tasks.up.standing(snapshot, goal!).message,
  ];
  for (const text of said(world([blue, green]))) expect(text).toMatch(/production is as it was/i);
  for (const text of said(sick)) {
    expect(text).not.toMatch(/as it was/);
    expect(text).toContain('prod has 0 healthy, and should have at least 1.');
  }
});

test('a green that a stopped run has left in no test group is verified there first', async () => {
  const outside = { ...green, members: [{ prod: '-', test: '-' } as const] };
  const planned = await planFor(world([outside]), 'promote', {});
  const steps = 'plan' in planned ? planned.plan.steps : [];
  expect(steps.slice(0, 2)).toMatchObject([
    { do: 'register', pool: 'test' },
    { do: 'await-healthy', pool: 'test' },
  ]);
});

test('an up whose production gets sick meanwhile does not say that it is as it was', async () => {
  const rig = new Rig(new FakeWorld(world([blue])));
  rig.on('register test', () => ['A-0', 'A-1'].forEach((id) => rig.fake.target('prod', id, 'unhealthy')));
  const { code, message } = await rig.run('up', { release: '42' });
  expect(code).toBe('done');
  expect(message).toContain('42 is healthy in the test target groups. prod has 0 healthy');
});

test('a share of production that leads to nothing healthy is told', () => {
  const home = { id: 'A', marks: HOME, members: [{ one: 'healthy' } as const] };
  const divided = (two: number) => weightedWorld({ fleets: [home], production: [two], test: 100 });
  expect(servingProblem(divided(0), 'A', {}, true)).toBeUndefined();
  expect(servingProblem(divided(10), 'A', {}, true)).toBe(
    'nothing is healthy in two, which has a share of production.',
  );
});

test('what is left of terminated instances in a group is not waited for', () => {
  const snapshot = world([{ ...blue, members: [{ prod: 'unhealthy', test: '-' }] }, green]);
  const step = behaviourOf({ do: 'await-drained', pool: 'prod', fleet: 'A' });
  expect(step.progress(snapshot)).toBe('under way');
  const [prod, ...rest] = snapshot.pools;
  const targets = prod!.targets.map((one) => ({
    ...one,
    state: 'unused' as const,
    reason: 'Target.InvalidState',
    isConflict: false,
  }));
  expect(step.progress({ ...snapshot, pools: [{ ...prod!, targets }, ...rest] })).toBe('done');
});

test('where nothing serves, and nothing of the fleet that a cleanup has marked is healthy, rollback leads to the one it has not ended', async () => {
  const marked = { ...green, marks: { ...PROMOTED, current: '2026-05-01T00:00:00.000Z' } };
  const out = { prod: '-', test: '-' } as const;
  const goalIn = async (snapshot: Snapshot) => {
    const planned = await planFor(snapshot, 'rollback', {});
    return 'goal' in planned ? planned.goal : planned;
  };
  const parked = { ...blue, members: [TESTED, TESTED] };
  expect(await goalIn(world([parked, { ...marked, members: [out, out] }]))).toMatchObject({ fleet: 'A' });
  // One that is healthy may still be meant.
  expect(await goalIn(world([parked, { ...marked, members: [TESTED, TESTED] }]))).toMatchObject({ fleet: 'B' });
});
