import { describe, expect, test } from 'vitest';
import { amended } from '../../tasks/recorded-goal.ts';
import { up } from '../../tasks/up.ts';
import { isRefusal, type GoalOf, type LaunchSpec } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { scalingFacts } from '../../src/plan/scaling.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { SPEC } from '../support/fake-world.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';
import { settingsIn } from '../support/weighted-worlds.ts';

/** How an Auto Scaling group begins and ends. */

const ASKED = { run: 'r1', who: 'ann@ci', since: '2026-06-01T00:00:00.000Z' };
const BLUE = { id: 'A', size: 3 };
const GREEN = { id: 'B', size: 3 };

function kinds(plan: ReturnType<typeof up.plan>): readonly string[] {
  if (isRefusal(plan)) throw new Error(plan.message);
  return plan.steps.map(({ do: kind, fleet }) => `${kind} ${fleet}`);
}

describe('up', () => {
  const GROUP = { name: 'group-B', count: 3, capacity: 3, minimum: 1, targetGroups: ['arn:two'], subnets: [] };
  const spec: LaunchSpec = { ...SPEC, batches: [], group: GROUP };
  const goal = { ...ASKED, verb: 'up', fleet: 'B', release: 'B', spec } as const;
  const pinned = async (world: Snapshot, options: object = {}) =>
    up.pinGoal({
      snapshot: world,
      options: { release: 'B', ...options },
      requestedBy: ASKED,
      resolve: async () => spec,
      settings: settingsIn(world),
    });

  test('fills the empty group and waits for it, and touches no target', () => {
    const plan = up.plan(scaledWorld([BLUE]), goal);
    expect(kinds(plan)).toEqual(['fill-group B', 'await-running B', 'await-healthy B']);
  });

  test('takes the size of what is in service now, whatever it had before', async () => {
    const zones: unknown[] = [];
    const world = scaledWorld([{ ...BLUE, marks: { current: ASKED.since, size: 'a=9' } }]);
    await up.pinGoal({
      snapshot: world,
      options: { release: 'B' },
      requestedBy: ASKED,
      resolve: async (request) => (zones.push(request.zones), spec),
      settings: settingsIn(world),
    });
    expect(zones).toEqual([{ a: 3 }]);
  });

  test('goes on with another --count where its group launches more for it, and is refused by name where it would scale in', () => {
    const filled = (group: object) => scaledWorld([BLUE, { ...GREEN, size: 0, group: { desired: 3, ...group } }]);
    const countedAs = (count: number, seen = scaledWorld([BLUE]), from: GoalOf<'up'> = goal) =>
      amended(from, { snapshot: seen, options: { count } } as never);
    const sizedAs = (size: number) => ({
      ...goal,
      spec: { ...spec, group: { ...GROUP, count: size, capacity: size } },
    });
    expect(countedAs(3)).toBe(goal);
    expect(countedAs(2)).toEqual(sizedAs(2));
    expect(countedAs(4, filled({}))).toEqual(sizedAs(4));
    expect(kinds(up.plan(filled({}), sizedAs(4)))[0]).toBe('fill-group B');
    const refused = (why: RegExp) => ({
      refused: 'other-steps',
      message: expect.stringMatching(why) as string,
      next: [expect.stringContaining('up --release B'), expect.stringContaining('cleanup --discard --release B')],
    });
    expect(countedAs(2, filled({}))).toMatchObject(
      refused(/3 instances, and not for --count 2: .* desired capacity of 3/),
    );
    expect(countedAs(9, filled({ maximum: 8 }))).toMatchObject(refused(/not for --count 9: .* maximum of 8/));
    const weighed = { ...goal, spec: { ...spec, group: { ...GROUP, capacity: 6 } } };
    expect(countedAs(4, scaledWorld([BLUE]), weighed)).toMatchObject(refused(/not for --count 4: .* in weights/));
  });

  test.each([
    [{ zone: ['a'] }, /it is for the zones of group-B, and not for --zone a\.$/],
    [{ cloneFrom: 'i-1' }, /it launches from the template of group-B, and not --clone-from i-1\.$/],
  ])('goes on without %o, which is refused by name', (options, message) => {
    expect(amended(goal, { snapshot: scaledWorld([BLUE]), options } as never)).toMatchObject({
      refused: 'other-steps',
      message: expect.stringMatching(message) as string,
    });
  });

  test('that fails says that the group goes on, and how to end that', () => {
    const group = { desired: 3, failures: ['No capacity.'] };
    const failed = up.afterFailure(scaledWorld([BLUE, { ...GREEN, size: 0, group }]), goal, {} as never);
    expect(failed).toMatchObject({
      message: expect.stringContaining('group-B goes on launching') as string,
      next: expect.arrayContaining([expect.stringContaining('cleanup --discard --release B')]) as string[],
    });
  });

  test('is refused at once where a run that was given up has left a group with tags, and no instance', async () => {
    const refused = await pinned(scaledWorld([BLUE, { ...GREEN, id: 'C', size: 0 }]));
    expect(refused).toMatchObject({
      refused: 'group-not-empty',
      message: 'group-C still has the tags of C, and no instance.',
    });
    expect(isRefusal(await pinned(scaledWorld([BLUE])))).toBe(false);
  });

  test('leaves the zones to the group', async () => {
    expect(await pinned(scaledWorld([BLUE]), { zone: ['a'] })).toMatchObject({ refused: 'group-has-zones' });
  });

  test('is refused a group that is attached to production, or to what the config does not name', () => {
    const at = (...targetGroups: readonly string[]) =>
      up.plan(scaledWorld([BLUE]), { ...goal, spec: { ...spec, group: { ...GROUP, targetGroups } } });
    expect(at('arn:two', 'arn:one')).toMatchObject({
      message: expect.stringContaining('attached to one, which has') as string,
    });
    expect(at('arn:two', 'arn:else')).toMatchObject({
      message: expect.stringContaining('beside those of the config') as string,
    });
    expect(at('arn:else')).toMatchObject({ message: expect.stringContaining('none of the target groups') as string });
  });

  test('waits until all that the group was told to have is in service, and says why it is not', () => {
    const step: Step = { do: 'await-running', fleet: 'B' };
    const group = { desired: 4, failures: ['Launching EC2 instance failed. No capacity.'] };
    const world = scaledWorld([BLUE, { ...GREEN, group }]);
    expect(behaviourOf(step).progress(world)).toBe('under way');
    expect(behaviourOf(step).cannotSucceed(world)).toBeUndefined();
    expect(behaviourOf(step).lastSeen(world)).toContain('No capacity');
    expect(behaviourOf(step).count(world)).toMatchObject({ have: 3, want: 4, waiting: [{ id: 'group-B' }] });
  });

  test('says which lifecycle hook it waits for, as does status', () => {
    const world = scaledWorld([BLUE, { ...GREEN, group: { capacity: 0 } }]);
    const waits = { lifecycle: 'Pending:Wait', reason: 'Auto Scaling says Pending:Wait, for warm-caches' } as const;
    const fleets = world.fleets.map((fleet) => ({
      ...fleet,
      instances: fleet.instances.map((one) =>
        fleet.id === 'B' ? { ...one, state: 'pending' as const, ...waits } : one,
      ),
    }));
    const says = 'B-0, B-1 and B-2 of group-B: Auto Scaling says Pending:Wait, for warm-caches';
    expect(behaviourOf({ do: 'await-running', fleet: 'B' }).lastSeen({ ...world, fleets })).toBe(says);
    expect(scalingFacts({ ...world, fleets })).toContain(`${says}.`);
  });
});

test('a retained instance keeps its group from being empty, and is named', () => {
  const world = scaledWorld([BLUE, GREEN]);
  const kept = { state: 'shutting-down', reason: 'Auto Scaling says Terminating:Retained' } as const;
  const fleets = world.fleets.map((fleet) => ({
    ...fleet,
    instances: fleet.instances.map((one) => ({ ...one, ...kept })),
  }));
  expect(behaviourOf({ do: 'remove', fleet: 'B' }).cannotSucceed({ ...world, fleets })).toContain(
    'retains B-0, B-1 and B-2',
  );
});
