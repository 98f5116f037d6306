import { expect, test } from 'vitest';
import { verificationSentence, verifiedBy } from '../../src/domain/answers.ts';
import { isRefusal } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { planFor } from '../laws/check.ts';
import { HOME, PROMOTED, world } from '../support/worlds.ts';

const SERVES = { prod: 'healthy', test: '-' } as const;
const PARKED = { prod: '-', test: 'healthy' } as const;

/** 42 (`B`) serves, and 41 (`A`) is parked; all answers came from 42. */
const switched: Snapshot = {
  ...world([
    { id: 'A', marks: HOME, members: [PARKED] },
    { id: 'B', marks: PROMOTED, members: [SERVES] },
  ]),
  answers: { state: 'asked', asked: 100, streak: 100, last: { release: '42' } },
};
const twice: Snapshot = { ...switched, fleets: switched.fleets.map((fleet) => ({ ...fleet, release: '42' })) };
const verification = { by: 'marker', url: 'http://shop.example/', wanted: 100 } as const;

test('two fleets of one release: no answer proves which of them serves', () => {
  expect(verifiedBy(switched, '42', verification)).toBe(100);
  expect(verificationSentence(switched, '42', verification)).toContain('Proven: 100 answers');
  expect(verifiedBy(twice, '42', verification)).toBeUndefined();
  expect(verificationSentence(twice, '42', verification)).toBe(' Cannot be proven: two fleets answer with 42.');
});

test('the plan of `up` says so for a release that serves already', async () => {
  const alone = world([{ id: 'A', marks: HOME, members: [SERVES] }]);
  const notes = async (release: string): Promise<string> => {
    const answer = await planFor(alone, 'up', { release });
    return isRefusal(answer) ? answer.message : answer.plan.notes.join('\n');
  };
  expect(await notes(alone.fleets[0]!.release)).toContain('a switch cannot be proven');
  expect(await notes('99')).not.toContain('cannot be proven');
});
