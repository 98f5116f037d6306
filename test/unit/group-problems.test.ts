import { describe, expect, test } from 'vitest';
import { cleanup } from '../../tasks/cleanup.ts';
import { promote } from '../../tasks/promote.ts';
import { rollback } from '../../tasks/rollback.ts';
import { isRefusal, type PoolMinimum } from '../../src/domain/goal.ts';
import { minimumNow } from '../../src/domain/minimum-healthy.ts';
import type { FleetGroup } from '../../src/domain/scaling.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { scalingFacts } from '../../src/plan/scaling.ts';
import { trafficModel } from '../../src/plan/traffic/index.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { attachedGroups, regrouped } from '../support/attached-worlds.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { SHIFT } from '../support/grave-steps-weights.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';
import { settingsIn } from '../support/weighted-worlds.ts';
import { HOME, PROMOTED } from '../support/worlds.ts';

/** What others do to a group: what of it stops a switch, at the plan and at each step that relies on the group, and what is only said. */

const MINIMUM = { total: 3, zones: {} };
const ASKED = { run: 'r1', who: 'ann', since: '2026-06-01T00:00:00.000Z' };
const FLEETS = [
  { id: 'A', size: 3, marks: HOME },
  { id: 'B', size: 3, marks: PROMOTED },
] as const;

function plan(snapshot: Snapshot, verb: 'promote' | 'rollback', minimum?: PoolMinimum) {
  const minimumHealthy = minimum
    ? { production: minimum }
    : minimumNow(snapshot, trafficModel(snapshot).capacityGroups());
  const goal = { ...ASKED, minimumHealthy, settings: settingsIn(snapshot), allowed: { unknownRelease: true } };
  return verb === 'promote'
    ? promote.plan(snapshot, { ...goal, verb, fleet: 'B', release: 'B' })
    : rollback.plan(snapshot, { ...goal, verb, fleet: 'A', release: 'A' });
}

function clean(snapshot: Snapshot) {
  const goal = {
    ...ASKED,
    verb: 'cleanup',
    fleet: 'A',
    release: 'A',
    discard: true,
    wait: false,
    early: true,
  } as const;
  return cleanup.plan(snapshot, { ...goal, settings: settingsIn(snapshot), minimumHealthy: {} });
}

const KINDS = [
  { kind: 'listener weights', world: () => scaledWorld(FLEETS) },
  { kind: 'membership', world: () => attachedGroups().now },
] as const;

const STOPS: readonly (readonly [name: string, group: Partial<FleetGroup>, code: string, says: string])[] = [
  [
    'an instance refresh',
    { refresh: 'InProgress' },
    'refresh-under-way',
    'An instance refresh of group-B is under way',
  ],
  ['its end', { status: 'Delete in progress' }, 'group-being-deleted', 'group-B: Delete in progress'],
  ['an AWS service as its operator', { managedBy: 'ecs' }, 'group-managed-by-aws', 'group-B is managed by ecs'],
  ['another template', { launches: 'lt-1 version 9' }, 'template-changed', 'group-B launches from lt-1 version 9'],
  ['Launch suspended', { suspended: ['Launch'] }, 'processes-suspended', 'Launch of group-B is suspended: it launches'],
  [
    'AddToLoadBalancer suspended',
    { suspended: ['AddToLoadBalancer'] },
    'processes-suspended',
    'AddToLoadBalancer of group-B is suspended: what it launches gets no traffic',
  ],
];

const NOTED = [
  'Terminate',
  'AlarmNotification',
  'ScheduledActions',
  'HealthCheck',
  'ReplaceUnhealthy',
  'AZRebalance',
  'InstanceRefresh',
];

describe.each(KINDS)('by $kind', ({ world }) => {
  test.each(STOPS)('%s of the group that is to serve is refused in the plan', (_name, group, code, says) => {
    const seen = regrouped(world(), 'B', group);
    expect(plan(seen, 'promote')).toMatchObject({ refused: code, message: expect.stringContaining(says) as string });
  });

  test.each(NOTED)('%s suspended is said with what comes of it, and stops nothing', (process) => {
    const seen = regrouped(world(), 'B', { suspended: [process] });
    const promoted = plan(seen, 'promote');
    if (isRefusal(promoted)) throw new Error(promoted.message);
    expect(promoted.notes.join('\n')).toMatch(
      new RegExp(`${process} of group-B is suspended, and not by turnout: \\w+`),
    );
  });

  test('of the group that production leaves, suspended processes are only said', () => {
    const seen = regrouped(world(), 'A', { suspended: ['Launch', 'AddToLoadBalancer'] });
    const promoted = plan(seen, 'promote');
    if (isRefusal(promoted)) throw new Error(promoted.message);
    expect(promoted.notes.join('\n')).toContain('Launch of group-A is suspended');
  });
});

const SHIFTS: Step = { ...SHIFT, minimumHealthy: MINIMUM };
const DETACH: Step = { do: 'detach', pool: 'prod', fleet: 'A', minimumHealthy: { total: 2, zones: {} } };
const STEPS: readonly { readonly step: Step; readonly back: Step; readonly world: () => Snapshot }[] = [
  { step: SHIFTS, back: { ...SHIFTS, refusesUnmanaged: false }, world: () => scaledWorld(FLEETS) },
  {
    step: { do: 'attach', pool: 'prod', fleet: 'B', takes: true },
    back: { do: 'attach', pool: 'test', fleet: 'B' },
    world: () => attachedGroups().now,
  },
  { step: DETACH, back: { ...DETACH, allowedOwners: 'any' }, world: () => attachedGroups(true).now },
];

describe.each(STEPS)('directly before $step.do', ({ step, back, world }) => {
  test.each(STOPS)('%s stops it, and not the way back', (_name, group, _code, says) => {
    expect(behaviourOf(step).guard(world())).toBeUndefined();
    const seen = regrouped(world(), 'B', group);
    expect(behaviourOf(step).guard(seen)).toContain(says);
    expect(behaviourOf(step).readsBefore(seen).fleets).toBe('all');
    // AWS attaches nothing during a refresh: that is no choice of ours.
    const stopsBack = back.do === 'attach' ? undefined : behaviourOf(back).guard(seen);
    expect(stopsBack).toBeUndefined();
  });

  test('suspended processes that take nothing from production do not', () => {
    expect(behaviourOf(step).guard(regrouped(world(), 'B', { suspended: NOTED }))).toBeUndefined();
  });
});

test.each(['draining', 'gone'] as const)('what others have taken out of the group is put back: %s', (state) => {
  const fake = new FakeWorld(scaledWorld(FLEETS, 100));
  const registers = () => {
    const planned = plan(fake.now, 'rollback');
    return isRefusal(planned) ? planned : planned.steps.filter((step) => step.do === 'register');
  };
  expect(registers()).toEqual([]);
  fake.target('one', 'A-0', state);
  expect(registers()).toMatchObject([{ pool: 'one', fleet: 'A' }]);
});

test('where a group has no subnet in a zone that needs some, no up would help, and that is said', () => {
  const refused = (zones: readonly string[]) =>
    JSON.stringify(
      plan(regrouped(scaledWorld(FLEETS), 'B', { zones }), 'promote', { total: 3, zones: { a: 1, c: 1 } }),
    );
  expect(refused(['a'])).toContain('Give group-B a subnet in c: it evens out its zones by itself');
  expect(refused(['a', 'c'])).toContain('To bring up as many as production has');
});

test('a group that cannot launch does not grow', () => {
  const step: Step = { do: 'match-size', fleet: 'B', pool: 'two', ...ASKED };
  const guard = (larger: number) =>
    behaviourOf(step).guard(
      regrouped(scaledWorld([{ id: 'A', size: larger }, FLEETS[1]]), 'B', { suspended: ['Launch'] }),
    );
  expect(guard(3)).toBeUndefined();
  expect(guard(4)).toBe('Launch of group-B is suspended, so it cannot grow: resume it.');
});

describe('a group that is to be set to 0', () => {
  const step: Step = {
    do: 'terminate',
    fleet: 'B',
    retentionS: 0,
    keeps: { fleet: 'A', groups: [{ pools: ['one'], minimum: MINIMUM }] },
  };
  const inStandby = (snapshot: Snapshot): Snapshot => ({
    ...snapshot,
    fleets: snapshot.fleets.map((fleet) => ({
      ...fleet,
      instances: fleet.instances.map((one) => (one.id === 'B-0' ? { ...one, lifecycle: 'Standby' } : one)),
    })),
  });
  test.each([
    ['an instance refresh', regrouped(scaledWorld(FLEETS), 'B', { refresh: 'InProgress' }), 'refresh-under-way'],
    ['an instance in Standby', inStandby(scaledWorld(FLEETS)), 'in-standby'],
    ['Terminate suspended', regrouped(scaledWorld(FLEETS), 'B', { suspended: ['Terminate'] }), 'processes-suspended'],
    ['a protected instance', regrouped(scaledWorld(FLEETS), 'B', { protects: ['B-1'] }), 'protected-from-scale-in'],
    ['a warm pool', regrouped(scaledWorld(FLEETS), 'B', { warm: 2 }), 'warm-pool'],
  ])('%s is refused in the plan, and directly before', (_name, seen, code) => {
    const refused = clean(seen);
    expect(refused).toMatchObject({ refused: code });
    expect(behaviourOf(step).guard(seen)).toBe(isRefusal(refused) ? refused.message : '');
    expect(behaviourOf(step).guard(scaledWorld(FLEETS))).toBeUndefined();
  });

  test('with the warm pool of its own, a clone is, and is deleted once that has ended', () => {
    const cloned = regrouped(scaledWorld(FLEETS), 'B', { warm: 2, clone: true });
    expect(isRefusal(clean(cloned))).toBe(false);
    const gone = regrouped(scaledWorld([FLEETS[0], { id: 'B', size: 0 }]), 'B', { warm: 1, clone: true });
    const remove = behaviourOf({ do: 'remove', fleet: 'B' });
    expect(remove.progress(gone)).toBe('under way');
    const { warm: _warm, ...rest } = gone.fleets[1]!.group!;
    const cold = { ...gone, fleets: gone.fleets.map((one) => (one.id === 'B' ? { ...one, group: rest } : one)) };
    expect(remove.progress(cold)).toBe('todo');
    expect(remove.cannotSucceed(gone)).toBeUndefined();
    // It got one after the plan was made, and stays.
    expect(remove.cannotSucceed(regrouped(scaledWorld(FLEETS), 'B', { warm: 2 }))).toContain('has a warm pool');
  });
});

test('status tells who has suspended what, and instances that no size counts', () => {
  const seen = regrouped(scaledWorld(FLEETS), 'B', {
    suspended: ['Launch', 'AZRebalance'],
    suspendedByAws: ['Launch'],
    prepared: { before: 1, at: 1, paused: ['AZRebalance'], ...ASKED },
    warm: 2,
  });
  const retained = {
    id: 'B-9',
    zone: 'a',
    state: 'shutting-down',
    launchedAt: 0,
    reason: 'Auto Scaling says Terminating:Retained',
  } as const;
  const fleets = seen.fleets.map((one) => (one.id === 'B' ? { ...one, instances: [...one.instances, retained] } : one));
  const facts = scalingFacts({ ...seen, fleets }).join('\n');
  expect(facts).toContain('Launch of group-B is suspended, by AWS, as it does when launches fail for a day');
  expect(facts).not.toContain('AZRebalance of group-B is suspended, and not by turnout');
  expect(facts).toContain('group-B has a warm pool with 2 instances, which serve nothing.');
  const [alone] = scalingFacts(regrouped(scaledWorld(FLEETS), 'B', { warm: 1 })).slice(-1);
  expect(alone).toBe('group-B has a warm pool with 1 instance, which serves nothing.');
  expect(facts).toContain('group-B retains B-9');
});
