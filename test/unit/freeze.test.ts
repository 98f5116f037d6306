import { describe, expect, test } from 'vitest';
import type { Freeze } from '../../src/domain/freeze.ts';
import { openFreeze } from '../../src/freeze/index.ts';
import { freezeFindings } from '../../src/run/doctor/machine.ts';
import { OperatorError } from '../../src/errors.ts';
import { Rig } from '../support/fake-run-task.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { weightedRig } from '../support/weighted-rig.ts';

const UNTIL = { at: Date.parse('2030-01-07T08:00:00Z'), words: 'Mon 7 Jan 08:00 UTC' };
const CLOSED: Freeze = { state: 'closed', why: 'weekend', until: UNTIL };
const OPEN: Freeze = { state: 'open' };

function closedRig(freeze: Freeze = CLOSED): Rig {
  const rig = new Rig();
  rig.fake.freeze = freeze;
  return rig;
}

describe('in a closed time', () => {
  test.each(['promote', 'cleanup'] as const)('%s is refused, and nothing is changed', async (verb) => {
    const rig = closedRig();
    if (verb === 'cleanup') {
      rig.fake.freeze = OPEN;
      await rig.run('promote');
      rig.fake.freeze = CLOSED;
    }
    const before = rig.fake.changes.length;
    const ended = await rig.run(verb);
    expect(ended).toMatchObject({ code: 'closed-time', result: 'refused', exitCode: 2 });
    expect(ended.message).toBe(`This is a closed time until Mon 7 Jan 08:00 UTC: weekend. No ${verb} begins in it.`);
    expect(rig.fake.changes).toHaveLength(before);
  });

  test('one that could not be read is not open', async () => {
    const rig = closedRig({ state: 'unreadable', why: 'SSM did not answer.' });
    expect(await rig.run('promote')).toMatchObject({ code: 'closed-time' });
  });

  test('rollback is not refused, nor the resuming of one', async () => {
    const rig = new Rig();
    await rig.run('promote');
    rig.fake.freeze = CLOSED;
    rig.on('register prod A-0', () => rig.stop());
    expect(await rig.run('rollback')).toMatchObject({ result: 'interrupted' });
    const { goal } = (await rig.store.goal()) as { goal: { run: string } };
    const ended = await rig.run('rollback', { resumes: goal.run });
    expect(ended).toMatchObject({ result: 'done' });
  });

  test('an override goes ahead, and its reason is in the journal', async () => {
    const rig = closedRig();
    expect(await rig.run('promote', { overrideFreeze: 'fix of the checkout' })).toMatchObject({ result: 'done' });
    const [entry] = await rig.store.history(1);
    expect(entry?.overrideFreeze).toBe('fix of the checkout');
  });
});

describe('a closed time that begins meanwhile', () => {
  test('is heeded directly before production moves, and all goes back', async () => {
    const rig = closedRig(OPEN);
    rig.on('mark B promoted', () => (rig.fake.freeze = CLOSED));
    const ended = await rig.run('promote');
    expect(ended).toMatchObject({ result: 'undone' });
    expect(ended.message).toContain('This is a closed time until Mon 7 Jan 08:00 UTC: weekend.');
    expect(rig.fake.changes).not.toContain('register prod B-0 B-1');
  });

  test('is heeded before each share', async () => {
    const rig = weightedRig();
    const { fake } = rig;
    fake.freeze = OPEN;
    rig.on('mark B share', () => (fake.freeze = CLOSED));
    const ended = await rig.run('promote', { steps: [10, 100], every: 1 });
    expect(ended).toMatchObject({ result: 'undone' });
    expect(ended.message).toContain('closed time');
    const first = ['mark B promoted', 'weigh shop:0', 'mark B share'];
    expect(fake.changes).toEqual([...first, 'weigh shop:0', 'mark B share']);
  });

  test('does not stop a switch between target groups that has begun', async () => {
    const rig = closedRig(OPEN);
    rig.on('register prod B-0 B-1', () => (rig.fake.freeze = CLOSED));
    expect(await rig.run('promote')).toMatchObject({ result: 'done' });
  });

  test('is told beforehand', async () => {
    const rig = closedRig();
    const closes = { at: rig.fake.clock.now() + 5000, words: 'Fri 4 Jan 16:00 UTC' };
    rig.fake.freeze = { state: 'open', closes };
    await rig.run('promote', {}, { plan: true });
    const planned = rig.events.find(({ type }) => type === 'planned');
    expect(planned).toMatchObject({
      notes: [expect.stringMatching(/^A closed time begins in 5 s, on Fri 4 Jan 16:00 UTC, and this takes about /)],
    });
  });
});

describe('change calendars', () => {
  const config = { timeZone: 'UTC', windows: [], calendars: ['holidays'] };
  const clock = new VirtualClock();

  test('say until when they are closed', async () => {
    const ssm = { calendarState: async () => ({ isOpen: false, changesAt: UNTIL.at }) };
    expect(await openFreeze(config, ssm, clock).read()).toEqual({
      state: 'closed',
      why: 'the change calendar holidays',
      until: { at: UNTIL.at, words: 'Mon 7 Jan 08:00 UTC' },
    });
  });

  test('that cannot be read are neither open nor an error', async () => {
    const ssm = { calendarState: async () => Promise.reject(new OperatorError('access-denied', 'Denied.')) };
    const freeze = await openFreeze(config, ssm, clock).read();
    expect(freeze).toEqual({ state: 'unreadable', why: 'Denied.' });
    expect(freezeFindings(freeze)).toMatchObject([{ topic: 'closed times', state: 'failure' }]);
  });

  test('are not asked in a closed window', async () => {
    const ssm = { calendarState: async () => Promise.reject(new Error('It was asked.')) };
    const windows = [{ from: 0, to: 720, every: 'day', why: 'morning' } as const];
    const halves = [...windows, { from: 720, to: 0, every: 'day', why: 'evening' } as const];
    expect(await openFreeze({ ...config, windows: halves }, ssm, clock).read()).toMatchObject({ state: 'closed' });
  });
});
