import { describe, expect, test } from 'vitest';
import { drain } from '../../tasks/drain.ts';
import { join } from '../../tasks/join.ts';
import { rolling } from '../../tasks/rolling.ts';
import { isRefusal, type GoalOf } from '../../src/domain/goal.ts';
import { emptyingProblem } from '../../src/domain/group-problems.ts';
import { minimumWhileOut } from '../../src/domain/in-place.ts';
import { preparedIn, preparedText, type PreparedGroup } from '../../src/domain/prepared.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { letGoSteps } from '../../src/plan/held.ts';
import { scalingFacts, scalingProblem } from '../../src/plan/scaling.ts';
import { holdSteps } from '../../src/plan/traffic/steps.ts';
import { afterStandby } from '../../src/plan/standby.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { changeInstances, changePrepared, changeSizes } from '../../src/steps/world.ts';
import { preparedWorld, worldWithStandby } from '../support/grave-standby.ts';
import { scaledWorld, type GroupSpec } from '../support/scaled-worlds.ts';

/** Deploys in place to the instances of an Auto Scaling group. */

const ASKED = { run: 'r1', who: 'ann@ci', since: '2026-06-01T00:00:00.000Z' };
const PREPARED: PreparedGroup = { before: 3, at: 2, paused: ['AZRebalance'], ...ASKED };
const DELIVERY = { words: 'a script', check: false, migrate: 'no' } as const;

function rollingGoal(snapshot: Snapshot, batches: readonly (readonly string[])[]): GoalOf<'rolling'> {
  const minimumHealthy = minimumWhileOut(snapshot, batches.flat(), batches[0]!.length, undefined);
  return {
    ...ASKED,
    verb: 'rolling',
    fleet: 'A',
    release: '42',
    batches,
    minimumHealthy,
    force: false,
    delivery: DELIVERY,
  };
}

const one = (spec: Partial<GroupSpec> = {}): Snapshot => scaledWorld([{ id: 'A', size: 3, ...spec }]);
const each = [['A-0'], ['A-1'], ['A-2']];

function stepsOf(plan: ReturnType<typeof rolling.plan>): readonly Step[] {
  if (isRefusal(plan)) throw new Error(plan.message);
  return plan.steps;
}

const kinds = (plan: ReturnType<typeof rolling.plan>): readonly string[] => stepsOf(plan).map(({ do: kind }) => kind);
const after = (world: Snapshot, steps: readonly Step[]): Snapshot =>
  steps.reduce((now, step) => behaviourOf(step).simulate(now), world);

describe('a rolling deploy of a group', () => {
  test('prepares it once, goes through Standby batch by batch, and puts back what it was', () => {
    const world = one({ group: { minimum: 3 } });
    const plan = rolling.plan(world, rollingGoal(world, each));
    const batch = ['enter-standby', 'deploy', 'exit-standby', 'tag-release'];
    expect(kinds(plan)).toEqual(['prepare-group', ...batch, ...batch, ...batch, 'restore-group']);
    const [{ group } = {}] = after(world, stepsOf(plan)).fleets;
    expect(group).toEqual(world.fleets[0]!.group);
    const notes = (plan as { notes: readonly string[] }).notes.join('\n');
    expect(notes).not.toContain('launches when');
  });

  test('says what the group launches meanwhile, where that is another release', () => {
    const world = one({ group: { boots: 'A' } });
    const { notes } = rolling.plan(world, rollingGoal(world, each)) as { notes: readonly string[] };
    expect(notes).toContain(
      'What group-A launches when it scales or heals is A, from lt-1 version A, unless it fetches 42 by itself.',
    );
    const fleet = { ...world.fleets[0]!, instances: world.fleets[0]!.instances.slice(1) };
    const fresh = { id: 'new', zone: 'a', state: 'running', launchedAt: 0, release: 'A' } as const;
    const now = { ...world, fleets: [{ ...fleet, instances: [...fleet.instances.slice(0, 1), fresh] }] };
    const said = afterStandby(now, now.fleets[0]!, { batches: each, release: '42', delivery: DELIVERY }).join(' ');
    expect(said).toContain('A-0 and A-2 ended meanwhile.');
    expect(said).toContain('group-A has launched 1 instance meanwhile, of A');
  });

  test.each([
    ['lowered by a batch', { minimum: 3 }, ['A-0'], 2],
    ['raised to what stays, so that nothing else leaves', { minimum: 1 }, ['A-0'], 2],
    ['lowered by a larger batch', { minimum: 3 }, ['A-0', 'A-1'], 1],
  ])('the minimum is %s', (_, group, instances, at) => {
    const step: Step = { do: 'prepare-group', fleet: 'A', instances, ...ASKED };
    const world = after(one({ group }), [step]);
    expect(world.fleets[0]!.group).toMatchObject({
      minimum: at,
      prepared: { before: group.minimum, at, paused: ['AZRebalance'] },
      suspended: ['AZRebalance'],
    });
    expect(behaviourOf(step).progress(world)).toBe('done');
  });

  test('counts in the units of the group', () => {
    const world = changeInstances(one({ group: { minimum: 6, desired: 6, capacity: 6 } }), ['A-0'], (instance) => {
      return { ...instance, weight: 2 };
    });
    const step: Step = { do: 'prepare-group', fleet: 'A', instances: ['A-0'], ...ASKED };
    expect(after(world, [step]).fleets[0]!.group).toMatchObject({ minimum: 4 });
  });

  test('what others have suspended stays so, and a minimum that they have set is what it goes back to', () => {
    const step: Step = { do: 'prepare-group', fleet: 'A', instances: ['A-0'], ...ASKED };
    const suspended = after(one({ group: { suspended: ['AZRebalance'] } }), [step]);
    expect(suspended.fleets[0]!.group?.prepared?.paused).toEqual([]);
    expect(after(suspended, [{ do: 'restore-group', fleet: 'A' }]).fleets[0]!.group?.suspended).toEqual([
      'AZRebalance',
    ]);
    const raised = one({ group: { minimum: 3, prepared: PREPARED, suspended: ['AZRebalance'] } });
    expect(behaviourOf(step).progress(raised)).toBe('todo');
    expect(after(raised, [step]).fleets[0]!.group?.prepared).toMatchObject({ before: 3, at: 2 });
    const set = one({ group: { minimum: 1, prepared: PREPARED, suspended: [] } });
    expect(after(set, [{ do: 'restore-group', fleet: 'A' }]).fleets[0]!.group?.minimum).toBe(1);
  });

  test('is prepared again where somebody has resumed what it had suspended', () => {
    const step: Step = { do: 'prepare-group', fleet: 'A', instances: ['A-0'], ...ASKED };
    const world = one({ group: { minimum: 2, prepared: PREPARED, suspended: [] } });
    expect(behaviourOf(step).progress(world)).toBe('todo');
  });

  test('the minimum does not go back while one is in Standby, since the group would launch another for it', () => {
    const world = changePrepared(worldWithStandby().now, 'A', PREPARED);
    expect(behaviourOf({ do: 'restore-group', fleet: 'A' }).guard(world)).toContain('would launch others for it');
    const back = after(world, [{ do: 'exit-standby', fleet: 'A', instances: ['A-0'], places: {} }]);
    expect(behaviourOf({ do: 'restore-group', fleet: 'A' }).guard(back)).toBeUndefined();
  });

  test('what others have put into Standby is left alone', async () => {
    const world = changeInstances(one(), ['A-0'], (instance) => ({ ...instance, lifecycle: 'Standby' }));
    const options = { release: '42' };
    const goal = await rolling.pinGoal({
      snapshot: world,
      options,
      requestedBy: ASKED,
      delivery: DELIVERY,
    } as never);
    expect(goal).toMatchObject({ batches: [['A-1'], ['A-2']] });
    const { notes } = rolling.plan(world, goal as GoalOf<'rolling'>) as { notes: readonly string[] };
    expect(notes).toContain('Left alone, since it is in Standby, and not by turnout: A-0.');
  });

  test('what has ended in Standby is replaced once the group is put back, as far as its maximum allows', () => {
    const dead = changeInstances(worldWithStandby().now, ['A-0'], (instance) => ({ ...instance, state: 'terminated' }));
    const [group, restore] = [dead.fleets[0]!.group!, behaviourOf({ do: 'restore-group', fleet: 'A' })];
    expect(restore.title(dead)).toContain('; it then replaces A-0, which ended in Standby');
    expect(restore.simulate(dead).fleets[0]!.group).toMatchObject({
      desired: group.desired + 1,
      capacity: group.capacity,
    });
    expect(scalingFacts(dead).join(' ')).toContain('group-A replaces A-0 then');
    const full = changeSizes(dead, 'A', group.maximum - group.desired, 0);
    expect(restore.title(full)).not.toContain('replaces');
    const byOthers = changeInstances(one({ group: { prepared: PREPARED } }), ['A-0'], (instance) => {
      return { ...instance, lifecycle: 'Standby', state: 'terminated' };
    });
    expect(restore.title(byOthers)).not.toContain('replaces');
  });

  test('a group of one is refused, and one whose only other instance is out is not', () => {
    const lone = one({ size: 1 });
    expect(rolling.plan(lone, rollingGoal(lone, [['A-0']]))).toMatchObject({ refused: 'group-of-one' });
    const out = worldWithStandby().now;
    expect(kinds(rolling.plan(out, rollingGoal(out, [['A-0']])))[0]).toBe('deploy');
  });
});

describe('by hand', () => {
  const named = { ...ASKED, fleet: 'A', release: 'A', instances: ['A-0'] };

  test('drain leaves the group prepared, and join puts back what was the last', () => {
    const world = one();
    const drained = drain.plan(world, { ...named, verb: 'drain' });
    expect(kinds(drained)).toEqual(['prepare-group', 'enter-standby']);
    const out = worldWithStandby().now;
    expect(kinds(join.plan(out, { ...named, verb: 'join', check: false }))).toEqual([
      'exit-standby',
      'tag-release',
      'restore-group',
    ]);
    const left = [{ pool: 'one', port: 8080 }];
    const two = changeInstances(out, ['A-1'], (instance) => ({ ...instance, lifecycle: 'Standby', left }));
    expect(kinds(join.plan(two, { ...named, verb: 'join', check: false }))).not.toContain('restore-group');
  });
});

describe('beside a switch', () => {
  test('what is in Standby is refused, with what puts it back', () => {
    const world = worldWithStandby().now;
    const problem = scalingProblem(world);
    expect(problem).toMatchObject({ refused: 'in-standby' });
    expect(problem?.next[0]).toContain('turnout join A-0');
    expect(emptyingProblem(world.fleets[0]!)).toMatchObject({ refused: 'in-standby' });
  });

  test('what was not put back is shown, and goes back before it is held, and in the end', () => {
    const prepared = { minimum: 2, prepared: PREPARED, suspended: ['AZRebalance'] };
    const world = scaledWorld([
      { id: 'A', size: 3, group: prepared },
      { id: 'B', size: 3 },
    ]);
    const [A, B] = world.fleets;
    expect(scalingFacts({ ...world, at: Date.parse(ASKED.since) + 60_000 }).join('\n')).toContain(
      'group-A has a minimum of 2 for a deploy in place, set by ann@ci (run r1) 1 min ago. It goes back to 3',
    );
    const held = holdSteps(world, { to: B!, ...ASKED });
    expect(held[0]).toEqual({ do: 'restore-group', fleet: 'A' });
    expect(after(world, held).fleets[0]!.group).toMatchObject({ minimum: 3, suspended: [], held: { before: 3 } });
    expect(letGoSteps(world, { keep: A!, ended: [B!] })[0]).toEqual({ do: 'restore-group', fleet: 'A' });
  });
});

test('what is changed is kept on a tag, in the characters that one may have', () => {
  expect(preparedIn(preparedText(PREPARED))).toEqual(PREPARED);
  expect(preparedIn(preparedText({ ...PREPARED, paused: [] }))?.paused).toEqual([]);
  expect(preparedText({ ...PREPARED, who: 'ann (ops)' })).not.toMatch(/[()]/);
  expect(preparedIn('3 2')).toBeUndefined();
  expect(preparedWorld().now.fleets[0]!.group?.minimum).toBe(2);
});
