import { describe, expect, test } from 'vitest';
import { isRefusal, type GoalOf, type Verb } from '../../src/domain/goal.ts';
import { refreshIn, refreshText, type RecordedRefresh, type SeenRefresh } from '../../src/domain/refresh.ts';
import type { FleetGroup } from '../../src/domain/scaling.ts';
import type { Fleet, Instance, Snapshot } from '../../src/domain/snapshot.ts';
import { afterRefresh, refreshPlan, refreshProblem } from '../../src/plan/refresh.ts';
import { scalingProblem } from '../../src/plan/scaling.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { changeInstances, changePools } from '../../src/steps/world.ts';
import { SPEC } from '../support/fake-world.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';

/** Instance refreshes of the group that serves. */

const SINCE = '2026-06-01T00:00:00.000Z';
const ASKED = { run: 'r1', who: 'ann@ci', since: SINCE };
const RECORDED: RecordedRefresh = {
  from: { release: 'A', template: 'lt-1 version A' },
  to: { release: '42', template: 'lt-1 version 42' },
  ...ASKED,
};
const BACK: RecordedRefresh = { ...RECORDED, from: RECORDED.to, to: RECORDED.from };
const seen = (status: string, more: Partial<SeenRefresh> = {}): SeenRefresh => {
  return { id: 'r', status, template: 'lt-1 version 42', percent: 40, startedAt: Date.parse(SINCE), ...more };
};

const SPEC_42 = { ...SPEC, batches: [], request: { template: { id: 'lt-1', version: '42' } } };
const START: Step = {
  do: 'start-refresh',
  fleet: 'A',
  release: '42',
  spec: SPEC_42,
  minPercent: 100,
  maxPercent: 134,
  ...ASKED,
};
const AWAIT: Step = { do: 'await-refresh', fleet: 'A', release: '42', count: 3 };
const GOAL = {
  ...ASKED,
  verb: 'rolling',
  fleet: 'A',
  release: '42',
  batches: [],
  minimumHealthy: {},
  force: false,
  delivery: { words: 'an instance refresh', check: false, migrate: 'no' },
  refresh: { spec: SPEC_42, minPercent: 100, maxPercent: 134 },
} as const satisfies GoalOf<Extract<Verb, 'rolling'>>;

const world = (group: Partial<FleetGroup> = {}, size = 3): Snapshot => scaledWorld([{ id: 'A', size, group }]);
const fleetIn = (snapshot: Snapshot): Fleet => snapshot.fleets[0]!;

/** All is replaced, and Auto Scaling says so. */
function replaced(): Snapshot {
  const now = world({ recorded: RECORDED, newest: seen('Successful', { percent: 100 }), launches: 'lt-1 version 42' });
  return changeInstances(now, ['A-0', 'A-1', 'A-2'], (one) => ({ ...one, release: '42' }));
}

test('what goes where is kept on a tag, in the characters that one may have', () => {
  expect(refreshIn(refreshText(RECORDED))).toEqual(RECORDED);
  expect(refreshText({ ...RECORDED, who: 'ann (ops)' })).not.toMatch(/[()]/);
  expect(refreshIn('41 42')).toBeUndefined();
});

test('a plan starts it, waits, and tags the group; and does nothing where that is so', () => {
  const plan = refreshPlan(world(), GOAL);
  if (isRefusal(plan)) throw new Error(plan.message);
  expect(plan.steps.map(({ do: kind }) => kind)).toEqual(['start-refresh', 'await-refresh', 'finish-refresh']);
  const end = plan.steps.reduce((now, step) => behaviourOf(step).simulate(now), world());
  expect(refreshPlan(end, GOAL)).toMatchObject({ steps: [] });
});

describe('is refused', () => {
  const { group: _none, ...bare } = fleetIn(world());
  test.each<[string, Fleet, string]>([
    ['no-group', bare, 'Only Auto Scaling groups have instance refreshes'],
    ['group-of-one', fleetIn(world({}, 1)), 'has one instance in service'],
    ['protected-from-scale-in', fleetIn(world({ protects: ['A-1'] })), 'A-1 of group-A is protected'],
    ['refresh-under-way', fleetIn(world({ newest: seen('InProgress') })), 'to lt-1 version 42 is under way'],
  ])('%s', (refused, fleet, message) => {
    const problem = refreshProblem(fleet, '42');
    expect(problem).toMatchObject({ refused });
    expect(problem?.message).toContain(message);
  });

  test('not where the one under way is its own, to that release or back', () => {
    const ours = fleetIn(world({ newest: seen('InProgress'), recorded: RECORDED }));
    expect(['42', 'A'].map((release) => refreshProblem(ours, release))).toEqual([undefined, undefined]);
    expect(refreshProblem(ours, '43')).toMatchObject({ refused: 'refresh-under-way' });
  });

  test('a switch, until one that did not end well is done', () => {
    const problem = scalingProblem(world({ recorded: RECORDED, newest: seen('Failed') }));
    expect(problem).toMatchObject({ refused: 'refresh-not-done' });
    expect(problem?.next.join('\n')).toContain('--release A` goes back');
  });
});

describe('is started', () => {
  const progress = (group: Partial<FleetGroup>, release = '42') =>
    behaviourOf({ ...START, release }).progress(world(group));
  const guard = (group: Partial<FleetGroup>, release = '42') => behaviourOf({ ...START, release }).guard(world(group));

  test.each<[string, Partial<FleetGroup>, string]>([
    ['recorded, and not yet started', { recorded: RECORDED }, 'todo'],
    ['under way', { recorded: RECORDED, newest: seen('InProgress') }, 'done'],
    ['over', { recorded: RECORDED, newest: seen('Successful') }, 'done'],
    ['over, before it was recorded', { recorded: RECORDED, newest: seen('Successful', { startedAt: 0 }) }, 'todo'],
    ['failed', { recorded: RECORDED, newest: seen('Failed') }, 'todo'],
    ['being cancelled', { recorded: RECORDED, newest: seen('Cancelling') }, 'todo'],
    ['rolled back by others', { recorded: RECORDED, newest: seen('RollbackInProgress') }, 'todo'],
  ])('%s', (_, group, is) => {
    expect(progress(group)).toBe(is);
  });

  test('the other way, also where only that is recorded and AWS was not told', () => {
    expect(guard({ recorded: RECORDED, newest: seen('InProgress') }, 'A')).toBeUndefined();
    const told = { recorded: BACK, newest: seen('InProgress') };
    expect([progress(told, 'A'), guard(told, 'A')]).toEqual(['todo', undefined]);
    expect(progress({ recorded: BACK, newest: seen('RollbackInProgress') }, 'A')).toBe('done');
    expect(guard(told, '43')).toContain('is under way');
    expect(guard({ recorded: RECORDED, newest: seen('Cancelling') }, 'A')).toContain('is being cancelled');
  });
});

describe('is waited for', () => {
  const progress = (now: Snapshot) => behaviourOf(AWAIT).progress(now);
  const first = (change: (one: Instance) => Instance) => changeInstances(replaced(), ['A-0'], change);

  test('until all are of the release and healthy, whatever Auto Scaling says', () => {
    expect(progress(replaced())).toBe('done');
    const sick = changePools(replaced(), ({ targets }) =>
      targets.map((one) => (one.id === 'A-0' ? { ...one, state: 'unhealthy' as const } : one)),
    );
    const gone = changePools(replaced(), ({ targets }) => targets.filter(({ id }) => id !== 'A-0'));
    const notYet = [
      first((one) => ({ ...one, release: 'A' })),
      first((one) => ({ ...one, stray: 'lt-1 version 9' })),
      first((one) => ({ ...one, lifecycle: 'Standby' })),
      sick,
      gone,
      world({ recorded: RECORDED, newest: seen('InProgress'), launches: 'lt-1 version 42' }),
    ];
    expect(notYet.map(progress)).toEqual(notYet.map(() => 'under way'));
  });

  test('until the group launches what it was refreshed to', () => {
    const [fleet, ...others] = replaced().fleets;
    const group = { ...fleet!.group!, launches: 'lt-1 version A' };
    expect(progress({ ...replaced(), fleets: [{ ...fleet!, group }, ...others] })).toBe('under way');
  });

  test.each<[string, Partial<FleetGroup>, string]>([
    [
      'failed',
      { recorded: RECORDED, newest: seen('Failed', { reason: 'No capacity.' }) },
      'Failed, at 40 %. No capacity.',
    ],
    ['cancelled by others', { recorded: RECORDED, newest: seen('Cancelled') }, 'Cancelled'],
    ['rolled back by others', { recorded: RECORDED, newest: seen('RollbackSuccessful') }, 'RollbackSuccessful'],
    ['rolled back by us', { recorded: BACK, newest: seen('RollbackSuccessful') }, 'goes on'],
    ['one before failed', { recorded: RECORDED, newest: seen('Failed', { startedAt: 0 }) }, 'goes on'],
    ['under way', { recorded: RECORDED, newest: seen('InProgress') }, 'goes on'],
  ])('no longer once it cannot succeed: %s', (_, group, why) => {
    const said = behaviourOf(AWAIT).cannotSucceed?.(world(group));
    expect(said ?? 'goes on').toContain(why);
  });

  test('and after a failure, it is said how it goes on and how it goes back', () => {
    const now = world({ recorded: RECORDED, newest: seen('InProgress') });
    const said = afterRefresh(now, GOAL, {} as never);
    expect(said).toMatchObject({ leave: 'safe' });
    expect('message' in said && said.message).toContain('The refresh of group-A goes on in AWS (InProgress, 40 %).');
    expect(said.next?.join('\n')).toContain('--release A` goes back to the release before');
  });
});
