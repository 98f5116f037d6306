import { expect, test } from 'vitest';
import { tasks } from '../../tasks/index.ts';
import { isRefusal, type GoalOf } from '../../src/domain/goal.ts';
import { carries, running } from '../../src/domain/in-place.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { inPlaceWorlds, NEW, OLD, STANDS } from '../support/in-place-worlds.ts';
import { PLAIN } from '../support/worlds.ts';

async function goalIn(snapshot: Snapshot, movesPointer: boolean): Promise<GoalOf<'rolling'> | undefined> {
  const goal = await tasks.rolling.pinGoal({
    snapshot,
    options: { release: NEW },
    requestedBy: { run: 'r1', who: 'test', since: '2026-06-01T00:00:00.000Z' },
    settings: PLAIN,
    delivery: { words: 'permits', check: true, migrate: 'no', ...(movesPointer && { movesPointer }) },
    resolve: async () => Promise.reject(new Error('nothing is launched')),
  });
  return isRefusal(goal) || goal.verb !== 'rolling' ? undefined : goal;
}

function stepsOf(snapshot: Snapshot, goal: GoalOf<'rolling'>): readonly Step[] {
  const plan = tasks.rolling.plan(snapshot, goal);
  return isRefusal(plan) ? [] : plan.steps;
}

test('new instances boot a release once all that is there carries it, and not before', async () => {
  let planned = 0;
  for (const snapshot of inPlaceWorlds(STANDS, 2)) {
    const goal = await goalIn(snapshot, true);
    const steps = goal === undefined ? [] : stepsOf(snapshot, goal);
    const moves = steps.filter((step) => step.do === 'move-pointer');
    for (const step of moves) {
      planned += 1;
      expect(steps.at(-1)).toBe(step);
      const late = running(snapshot, step.instances).some((one) => !carries(one, NEW));
      expect(behaviourOf(step).guard(snapshot) !== undefined).toBe(late);
    }
    expect(moves).toHaveLength(steps.length === 0 ? 0 : 1);
  }
  expect(planned).toBeGreaterThan(50);
});

test('a run that ended before the pointer moved moves it; one that has moved it has nothing left to do', async () => {
  const carried = [...inPlaceWorlds(STANDS, 1)].find(({ fleets }) => fleets[0]?.instances[0]?.release === NEW)!;
  const goal = (await goalIn(carried, true))!;
  const steps = stepsOf(carried, goal);
  expect(steps.map((step) => step.do)).toEqual(['move-pointer']);
  const moved = behaviourOf(steps[0]!).simulate(carried);
  expect(behaviourOf(steps[0]!).progress(moved)).toBe('done');
  expect(stepsOf(moved, goal)).toEqual([]);
});

test('without a pointer there is no such step', async () => {
  const [snapshot] = inPlaceWorlds(STANDS, 1);
  const goal = (await goalIn(snapshot!, false))!;
  expect([goal.fleet, stepsOf(snapshot!, goal).some((step) => step.do === 'move-pointer')]).toEqual([OLD, false]);
});
