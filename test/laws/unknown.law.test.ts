import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { isRefusal, type Verb } from '../../src/domain/goal.ts';
import { HOME, PROMOTED, world } from '../support/worlds.ts';
import { planFor } from './check.ts';

/** Nothing is guessed: what the planner does not know it refuses, says what it saw and what the person can do. */

const SERVES = { prod: 'healthy', test: '-' } as const;
const TESTED = { prod: '-', test: 'healthy' } as const;
const SICK = { prod: '-', test: 'unhealthy' } as const;
const DRAINS = { prod: 'draining', test: 'healthy' } as const;
const home = { id: 'A', marks: HOME, members: [SERVES, SERVES] };
const unmanaged = { id: 'i-unmanaged', zone: 'a', state: 'running', launchedAt: 0 } as const;

function withUnmanaged(snapshot: Snapshot, state: 'healthy' | 'draining'): Snapshot {
  const pools = snapshot.pools.map((pool) =>
    pool.role === 'test' ? pool : { ...pool, targets: [...pool.targets, { id: unmanaged.id, port: 8080, state }] },
  );
  return { ...snapshot, pools, unmanaged: [unmanaged] };
}

const never = { id: 'B', marks: {}, members: [TESTED, TESTED] };
const promoted = { ...never, marks: PROMOTED };
const again = { id: 'C', marks: {}, members: [TESTED, TESTED] };
const nobody = { id: 'A', marks: {}, members: [{ prod: '-', test: '-' }] } as const;

const UNKNOWN: readonly (readonly [what: string, snapshot: Snapshot, verbs: readonly Verb[], refused: string])[] = [
  ['nothing was ever adopted', world([]), ['up', 'promote', 'rollback', 'cleanup'], 'not-adopted'],
  ['a fleet that neither serves nor was current', world([nobody]), ['up', 'rollback', 'cleanup'], 'not-adopted'],
  [
    'somebody else in production',
    withUnmanaged(world([home, never]), 'healthy'),
    ['up', 'promote', 'cleanup'],
    'unmanaged-instance',
  ],
  ['two fleets that could be promoted', world([home, never, again]), ['promote'], 'two-greens'],
  ['a green already', world([home, never]), ['up'], 'green-exists'],
  ['a rejected one still there', world([home, { ...never, marks: PROMOTED }]), ['up'], 'rejected-exists'],
  ['nothing serves', world([{ ...home, members: [TESTED] }, never]), ['up', 'cleanup'], 'nothing-serves'],
  ['two fleets serve', world([home, { ...never, members: [SERVES, SERVES] }]), ['cleanup'], 'mid-switch'],
  ['a green that was never promoted', world([home, never]), ['cleanup'], 'never-promoted'],
  ['no green', world([home]), ['promote'], 'no-green'],
  ['nothing to go back to', world([home]), ['rollback'], 'nothing-to-roll-back'],
  ['adopted before', world([home]), ['adopt'], 'adopted-already'],
  ['nothing to adopt', world([]), ['adopt'], 'nothing-serves'],
  ['a green with a sick instance', world([home, { ...never, members: [TESTED, SICK] }]), ['promote'], 'not-healthy'],
  ['a green that is too small', world([home, { ...never, members: [TESTED] }]), ['promote'], 'too-small'],
  [
    'a parked fleet that is sick',
    world([
      { ...home, members: [SICK, SICK] },
      { ...promoted, members: [SERVES, SERVES] },
    ]),
    ['rollback'],
    'not-healthy',
  ],
  [
    'a parked fleet that is too small',
    world([
      { ...home, members: [TESTED] },
      { ...promoted, members: [SERVES, SERVES] },
    ]),
    ['rollback'],
    'too-small',
  ],
  [
    'a parked fleet that still drains',
    world([
      { ...home, members: [DRAINS] },
      { ...promoted, members: [SERVES] },
    ]),
    ['cleanup'],
    'draining',
  ],
  [
    'nothing healthy in the fleet that serves',
    world([
      { ...home, members: [TESTED] },
      { ...promoted, members: [{ prod: 'unhealthy', test: '-' }] },
    ]),
    ['cleanup'],
    'serving-is-sick',
  ],
];

describe.each(UNKNOWN)('%s', (_what, snapshot, verbs, refused) => {
  test.each(verbs)(`%s is refused (${refused})`, async (verb) => {
    const answer = await planFor(snapshot, verb, verb === 'up' || verb === 'adopt' ? { release: 'R' } : {});
    expect(answer).toMatchObject({ refused });
    expect(isRefusal(answer) && answer.message).toMatch(/^\S.*[.?]$/);
    expect(isRefusal(answer) && answer.next.length).toBeGreaterThan(0);
  });
});

test.each(['B', 'C'])('of two that could be promoted %s can be terminated, and the way back stays', async (release) => {
  const parked = { ...home, members: [TESTED, TESTED] };
  const serving = { id: 'D', marks: PROMOTED, members: [SERVES, SERVES] };
  const planned = await planFor(world([parked, serving, never, again]), 'cleanup', { discard: true, release });
  const steps = 'plan' in planned ? planned.plan.steps : [];
  expect(steps.filter((step) => step.do === 'terminate')).toMatchObject([{ fleet: release }]);
  expect(steps.map((step) => step.do)).not.toContain('mark');
  const both = await planFor(world([home, never, again]), 'promote', {});
  expect(both).toHaveProperty(
    'next',
    expect.arrayContaining([expect.stringContaining(`--discard --release ${release}`)]),
  );
});

test('the rollback target is not terminated by its release', async () => {
  const switched = world([
    { ...home, members: [TESTED, TESTED] },
    { ...promoted, members: [SERVES, SERVES] },
  ]);
  expect(await planFor(switched, 'cleanup', { release: 'A' })).toMatchObject({ refused: 'nothing-beside' });
});

test('an unmanaged instance in production does not block rollback, and is named', async () => {
  const switched = world([
    { ...home, members: [TESTED, TESTED] },
    { ...promoted, members: [SERVES, SERVES] },
  ]);
  const planned = await planFor(withUnmanaged(switched, 'healthy'), 'rollback', {});
  expect(planned).toHaveProperty('plan.notes', [expect.stringMatching(/^i-unmanaged without the ownership tags/)]);
  expect(planned).toHaveProperty(
    'plan.steps',
    expect.arrayContaining([expect.objectContaining({ do: 'deregister', pool: 'prod', fleet: 'B' })]),
  );
});

test('an unmanaged instance that only drains blocks nothing', async () => {
  expect(await planFor(withUnmanaged(world([home, never]), 'draining'), 'promote', {})).toHaveProperty('plan');
});
