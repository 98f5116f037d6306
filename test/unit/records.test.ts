import { describe, expect, test } from 'vitest';
import { EVERY_GOAL } from '../support/every-goal.ts';
import { goalText, readEntry, readGoal } from '../../src/stores/records.ts';
import { entry, goal } from '../support/store-samples.ts';

const AT = '2026-01-01T10:00:00.000Z';

describe('a recorded goal', () => {
  test.each(Object.entries(EVERY_GOAL))('of a %s is read as it was written', (_verb, one) => {
    const recorded = { ...goal('r1'), goal: one };
    expect(readGoal(goalText(recorded))).toMatchObject(recorded);
  });

  test('that was written before it had a version is read', () => {
    expect(readGoal(JSON.stringify(goal('r1')))).toEqual(goal('r1'));
  });

  const { minimumHealthy: _, ...withoutMinimum } = EVERY_GOAL.promote;
  test.each([
    ['{}', 'It is damaged.'],
    ['null', 'It is damaged.'],
    ['{"goal', 'It is damaged.'],
    ['[1]', 'It is damaged.'],
    [JSON.stringify({ ...goal('r1'), goal: {} }), 'It is damaged.'],
    [JSON.stringify({ ...goal('r1'), stepsDone: 'two' }), 'It is damaged.'],
    [JSON.stringify({ ...goal('r1'), v: 2 }), 'It was written by a newer version of turnout.'],
    [
      JSON.stringify({ ...goal('r1'), goal: { ...goal('r1').goal, verb: 'frobnicate' } }),
      'It is about `frobnicate`, which this version of turnout does not know.',
    ],
    [JSON.stringify({ ...goal('r1'), goal: withoutMinimum }), 'It is damaged, or of another version.'],
  ])('%s cannot be read, and nothing of it is guessed', (text, why) => {
    expect(readGoal(text)).toEqual({
      unreadable: `What is recorded of a run that did not end cannot be read. ${why}`,
    });
  });
});

describe('an entry of the journal', () => {
  test('is read as it was written', () => {
    expect(readEntry(JSON.stringify(entry('r1', AT)), '')).toEqual(entry('r1', AT));
  });

  test.each(['{}', 'null', '{"run', JSON.stringify({ ...entry('r1', AT), outcome: 'paused' })])(
    '%s is shown as unreadable, with the time that the store knows',
    (text) => {
      expect(readEntry(text, AT)).toMatchObject({ outcome: 'unreadable', since: AT });
      expect(Date.parse(readEntry(text, 'never').since)).toBe(0);
    },
  );
});
