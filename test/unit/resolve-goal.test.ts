import { describe, expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import type { Amount } from '../../src/domain/amount.ts';
import type { Goal, Verb } from '../../src/domain/goal.ts';
import { EVERY_GOAL } from '../support/every-goal.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { HOME, world } from '../support/worlds.ts';

/** An environment in which a promote was stopped after green had been registered with production. */
async function midPromote(): Promise<Rig> {
  const rig = new Rig();
  rig.on('register prod', () => rig.stop());
  await rig.run('promote');
  return rig;
}

/** An environment in which an up was stopped after the launch. */
async function midUp(): Promise<Rig> {
  const fake = new FakeWorld(world([{ id: 'A', marks: HOME, members: [{ prod: 'healthy' }, { prod: 'healthy' }] }]));
  const rig = new Rig(fake);
  rig.on('launch', () => rig.stop());
  await rig.run('up', { release: '42' });
  return rig;
}

describe('a run that did not end', () => {
  test('is continued by the same verb: with its goal, its minimum healthy and its run', async () => {
    const rig = await midPromote();
    const before = rig.store.recorded?.goal;
    rig.fake.target('prod', 'A-1', 'unhealthy', 'Target.Timeout');
    rig.on('deregister prod', () => expect(rig.store.recorded?.goal).toEqual(before));
    expect(await rig.run('promote')).toMatchObject({ result: 'done' });
    expect(rig.fake.changes).toEqual([
      'mark B promoted',
      'register prod B-0 B-1',
      'deregister prod A-0 A-1',
      'register test A-0 A-1',
      'deregister test B-0 B-1',
    ]);
    expect(rig.store.recorded).toBeUndefined();
  });

  test('never boots again what it booted: the fleet has the first run in its name', async () => {
    const rig = await midUp();
    expect(await rig.run('up', { release: '42' })).toMatchObject({ result: 'done' });
    expect(rig.fake.changes).toEqual(['launch 42-run-1', 'register test 42-run-1-a0 42-run-1-a1']);
  });

  test('is the only one that its resumption continues', async () => {
    const rig = await midUp();
    expect(await rig.run('up', { resumes: 'run-1' })).toMatchObject({ result: 'done' });
    expect(rig.fake.changes).toEqual(['launch 42-run-1', 'register test 42-run-1-a0 42-run-1-a1']);
  });

  test('is not started again by a resumption that comes when it is over, whether or not another one is recorded', async () => {
    const rig = await midUp();
    await rig.run('cleanup', { discard: true });
    const before = [...rig.fake.changes];
    const late = { code: 'nothing-to-resume', exitCode: ExitCode.refused, result: 'refused' };
    expect(await rig.run('up', { resumes: 'run-1' })).toMatchObject(late);
    expect(rig.fake.changes).toEqual(before);
    rig.on('launch', () => rig.stop());
    await rig.run('up', { release: '43' });
    const launched = [...rig.fake.changes];
    expect(await rig.run('up', { resumes: 'run-1' })).toMatchObject(late);
    expect(rig.fake.changes).toEqual(launched);
    expect(rig.store.recorded?.goal.release).toBe('43');
  });

  test('is not mixed with another release', async () => {
    const rig = await midUp();
    const finished = await rig.run('up', { release: '43' });
    expect(finished).toMatchObject({ code: 'other-release', exitCode: ExitCode.refused });
    expect(finished.message).toBe(
      'An earlier up of 42 by alice@ci did not end: 0 of 4 steps are done. It is about 42, not 43.',
    );
    expect(finished.next[0]).toBe('`turnout up --release 42` (or `turnout resume`) goes on with it');
  });

  const BEHIND: readonly (readonly [first: string, start: () => Promise<Rig>, refused: readonly Verb[]])[] = [
    ['promote', midPromote, ['up', 'cleanup', 'adopt']],
    ['up', midUp, ['promote', 'rollback', 'adopt']],
  ];
  for (const [first, start, refused] of BEHIND) {
    test.each(refused)(`keeps \`%s\` out, as a ${first} that did not end`, async (verb) => {
      const rig = await start();
      const changes = rig.fake.changes.length;
      const finished = await rig.run(verb, { release: '42' });
      expect(finished).toMatchObject({ code: 'unfinished', exitCode: ExitCode.refused });
      expect(finished.message).toContain(`An earlier ${first} of`);
      expect(finished.next.join(' ')).toMatch(/turnout resume.*turnout abandon/);
      expect(rig.fake.changes).toHaveLength(changes);
      expect(rig.store.recorded?.goal.verb).toBe(first);
    });
  }

  test('gives way to its opposite, which reverts it', async () => {
    const rig = await midPromote();
    expect(await rig.run('rollback')).toMatchObject({ result: 'done' });
    expect(rig.fake.changes.at(-1)).toBe('deregister prod B-0 B-1');
    expect(rig.store.recorded).toBeUndefined();
  });

  test('of an up gives way to a cleanup, which terminates what was booted', async () => {
    const rig = await midUp();
    await rig.fake.clock.advance(60_000);
    expect(await rig.run('cleanup')).toMatchObject({ code: 'never-promoted' });
    expect(await rig.run('cleanup', { discard: true })).toMatchObject({ result: 'done' });
    expect(rig.fake.changes).toEqual(['launch 42-run-1', 'terminate 42-run-1']);
  });

  test('gives way to another verb when its goal has been reached since', async () => {
    const rig = await midPromote();
    for (const id of ['A-0', 'A-1']) rig.fake.target('prod', id, 'gone');
    for (const id of ['A-0', 'A-1']) rig.fake.target('test', id, 'healthy');
    for (const id of ['B-0', 'B-1']) rig.fake.target('test', id, 'gone');
    await rig.fake.clock.advance(60_000);
    expect(await rig.run('cleanup')).toMatchObject({ result: 'done' });
    expect(rig.fake.changes.at(-1)).toBe('terminate A');
  });
});

function minimumIn(goal: Goal | undefined): object {
  return goal !== undefined && 'minimumHealthy' in goal ? (goal.minimumHealthy ?? {}) : {};
}

const { rollback: _, ...OTHERS } = EVERY_GOAL;

test.each(Object.entries(OTHERS))(
  'a %s that did not end does not keep production from going back',
  async (verb, goal) => {
    const rig = new Rig();
    await rig.run('promote');
    const recorded = { goal: { ...goal, fleet: 'B', release: 'B' }, stepsDone: 0, stepsAll: 1, updatedAt: goal.since };
    rig.store.recorded = recorded;
    expect(await rig.run('rollback'), verb).toMatchObject({ result: 'done' });
    expect(rig.store.recorded).toBeUndefined();
    expect(rig.fake.changes).toContain('deregister prod B-0 B-1');
    // There is nothing to move any more: it is not forgotten by that.
    rig.store.recorded = { ...recorded, goal: { ...EVERY_GOAL.up, fleet: 'C', release: 'C' } };
    expect(await rig.run('rollback')).toMatchObject({ code: 'unfinished' });
  },
);

describe('what is recorded and cannot be read', () => {
  const unreadable = 'What is recorded of a run that did not end cannot be read. It is damaged.';

  test('stops every verb but rollback', async () => {
    const rig = new Rig();
    await rig.run('promote');
    rig.store.goal = async () => ({ unreadable });
    for (const verb of ['promote', 'cleanup', 'up', 'adopt'] as const)
      expect(await rig.run(verb, { release: '43' })).toMatchObject({
        code: 'goal-unreadable',
        message: unreadable,
        next: expect.arrayContaining([expect.stringContaining('turnout abandon')]) as string[],
        exitCode: ExitCode.refused,
      });
    const back = await rig.run('rollback');
    expect(back).toMatchObject({ result: 'done' });
    expect(rig.events).toContainEqual({ type: 'warning', message: `${unreadable} This goes on without it.` });
  });

  test('an entry of the journal counts as a run that may have changed something a moment ago', async () => {
    const rig = new Rig();
    rig.settleMs = 5000;
    const entry = { run: '?', verb: '?', who: '?', host: '?', since: '2025-12-31T00:00:00.000Z', message: '' };
    rig.store.journal.set('?', { ...entry, outcome: 'unreadable', awsRequests: 0 });
    expect(await rig.run('promote')).toMatchObject({ result: 'done' });
    expect(rig.events).toContainEqual({ type: 'warning', message: expect.stringMatching(/^Waiting 5 s/) as string });
  });
});

describe('a test group that cannot be read', () => {
  const unreadable = [
    { name: 'test', code: 'target-group-not-found', why: 'AWS has no target group test.', next: ['Check it.'] },
  ];

  function deleteTest({ fake }: Rig): void {
    fake.set((snapshot) => ({ ...snapshot, pools: snapshot.pools.filter(({ name }) => name !== 'test'), unreadable }));
  }

  test('stops every verb but rollback, which brings production back', async () => {
    const rig = new Rig();
    await rig.run('promote');
    deleteTest(rig);
    for (const verb of ['promote', 'cleanup', 'up'] as const)
      expect(await rig.run(verb, { release: '43' })).toMatchObject({
        code: 'target-group-not-found',
        message: 'test could not be read. AWS has no target group test.',
        next: ['Check it.', 'Possible now: `turnout rollback`.'],
        exitCode: ExitCode.refused,
      });
    const before = rig.fake.changes.length;
    expect(await rig.run('rollback')).toMatchObject({ result: 'done', message: expect.stringMatching(/B stays up\./) });
    expect(rig.fake.changes.slice(before)).toEqual(['register prod A-0 A-1', 'deregister prod B-0 B-1']);
    const plan = rig.events.find((event) => event.type === 'planned');
    expect(plan?.notes).toContain('test could not be read. AWS has no target group test.');
  });

  test.each(['register prod B', 'deregister prod A', 'register test A'])(
    'and is deleted before the request `%s` of a promote: production is served by one fleet',
    async (moment) => {
      const rig = new Rig();
      rig.on(moment, () => deleteTest(rig));
      const last = await rig.run('promote');
      expect(last.exitCode, last.message).toBe(ExitCode.safe);
      const serving = rig.fake.now.pools.find(({ name }) => name === 'prod')!.targets;
      const healthy = serving.filter(({ state }) => state === 'healthy').map(({ id }) => id.split('-')[0]);
      expect(new Set(healthy).size).toBe(1);
    },
  );
});

describe('the minimum healthy', () => {
  /** The minimum that the run recorded. */
  async function minimumOf(rig: Rig, verb: Verb, options: { minHealthy?: Amount } = {}): Promise<object> {
    const minima: object[] = [];
    rig.on('deregister prod', () => minima.push(minimumIn(rig.store.recorded?.goal)));
    await rig.run(verb, options);
    return minima[0] as object;
  }

  test('is what was healthy when the run began', async () => {
    expect(await minimumOf(new Rig(), 'promote')).toEqual({ prod: { total: 2, zones: { a: 2 } } });
  });

  test('is inherited by the opposite verb: what is left after the trouble is no measure', async () => {
    const rig = await midPromote();
    for (const id of ['A-1', 'B-1']) rig.fake.target('prod', id, 'unhealthy', 'Target.Timeout');
    expect(await rig.run('rollback')).toMatchObject({
      result: 'refused',
      message: expect.stringContaining('1 short in a of the minimum of 2') as string,
    });
    rig.fake.target('prod', 'A-1', 'healthy');
    expect(await minimumOf(rig, 'rollback')).toEqual({ prod: { total: 2, zones: { a: 2 } } });
  });

  test('is inherited by a promote as well, of the rollback that it replaces', async () => {
    const rig = new Rig();
    await rig.run('promote');
    rig.on('register prod A', () => rig.stop());
    await rig.run('rollback');
    rig.fake.instance('B-1', 'terminated');
    rig.fake.target('prod', 'B-1', 'gone');
    for (const id of ['A-0', 'A-1']) rig.fake.target('prod', id, 'unhealthy', 'Target.Timeout');
    expect(await rig.run('promote')).toMatchObject({
      code: 'too-small',
      message: expect.stringContaining('must keep 2 healthy') as string,
    });
  });

  test('is lowered on purpose only', async () => {
    expect(await minimumOf(new Rig(), 'promote', { minHealthy: { count: 1 } })).toEqual({
      prod: { total: 1, zones: { a: 1 } },
    });
    const rig = await midPromote();
    expect(await minimumOf(rig, 'rollback', { minHealthy: { count: 1 } })).toEqual({
      prod: { total: 1, zones: { a: 1 } },
    });
  });

  test('takes effect on purpose also where the run before had another one', async () => {
    const rig = await midPromote();
    rig.fake.target('prod', 'B-1', 'unhealthy', 'Target.Timeout');
    expect(await minimumOf(rig, 'promote', { minHealthy: { percent: 50 } })).toEqual({
      prod: { total: 1, zones: { a: 1 } },
    });
  });

  test('of a run that reached its goal is forgotten', async () => {
    const rig = new Rig();
    await rig.run('promote', { minHealthy: { count: 1 } });
    expect(await minimumOf(rig, 'rollback')).toEqual({ prod: { total: 2, zones: { a: 2 } } });
  });
});
