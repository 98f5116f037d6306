import { describe, expect, test } from 'vitest';
import { ExitCode, OperatorError } from '../../src/errors.ts';
import { Rig } from '../support/fake-run-task.ts';

describe('the way back', () => {
  test('a green that does not become healthy in production is taken out again, and blue is untouched', async () => {
    const rig = new Rig();
    rig.fake.sick.add('B-1');
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({ result: 'undone', code: 'undone', exitCode: ExitCode.safe });
    expect(finished.message).toContain('It was undone. A serves production.');
    expect(rig.events.map(({ type }) => type)).toContain('undoing');
    expect(rig.fake.changes).toEqual(['mark B promoted', 'register prod B-0 B-1', 'deregister prod B-0 B-1']);
    expect(rig.store.recorded).toBeUndefined();
    expect((await rig.store.history(1))[0]).toMatchObject({ verb: 'promote', outcome: 'undone' });
  });

  test('an error of AWS is undone as well', async () => {
    const rig = new Rig();
    rig.on('deregister prod', () => {
      throw new OperatorError('throttled', 'AWS throttled us.');
    });
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({
      result: 'undone',
      message: expect.stringContaining('AWS throttled us.') as string,
    });
    expect(rig.fake.now.pools[0]?.targets.filter(({ state }) => state === 'healthy').map(({ id }) => id)).toEqual([
      'A-0',
      'A-1',
    ]);
  });

  test('Ctrl-C on the way back keeps the goal of the way back', async () => {
    const rig = new Rig();
    rig.fake.sick.add('B-1');
    rig.on('deregister prod', () => {
      rig.fake.ignored = 1;
      rig.stop();
    });
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({ result: 'interrupted', exitCode: ExitCode.interrupted });
    expect(finished.message).toContain('the rollback is not finished');
    expect(rig.store.recorded?.goal).toMatchObject({ verb: 'rollback', fleet: 'A', run: 'run-1' });
  });

  test('when it fails too, the run needs attention', async () => {
    const rig = new Rig();
    rig.fake.sick.add('B-1');
    rig.on('deregister prod', () => {
      throw new OperatorError('access-denied', 'These credentials may not call it.', { next: ['Allow the action.'] });
    });
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({ result: 'failed', code: 'needs-attention', exitCode: ExitCode.needsAttention });
    expect(finished.message).toContain('Undoing it failed too: These credentials may not call it.');
    expect(finished.next[0]).toContain('turnout status');
    expect(finished.next).toContain('Allow the action.');
    expect(rig.store.recorded?.goal.verb).toBe('rollback');
  });

  test('when the world does not allow it, the run needs attention', async () => {
    const rig = new Rig();
    rig.on('register prod', () => {
      rig.fake.sick.add('B-1');
      rig.fake.target('prod', 'A-0', 'gone');
      rig.fake.instance('A-0', 'terminated');
    });
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({ code: 'needs-attention', exitCode: ExitCode.needsAttention });
    expect(finished.message).toContain('It could not be undone: Taking B out of prod would leave 1 healthy');
  });

  test('an unmanaged instance does not keep production from being moved back, and is named', async () => {
    const rig = new Rig();
    rig.on('register prod', () => {
      rig.fake.sick.add('B-1');
      rig.fake.target('prod', 'i-unmanaged', 'healthy');
    });
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({ code: 'needs-attention', exitCode: ExitCode.needsAttention });
    expect(finished.message).toMatch(
      /The rollback of A was done, but i-unmanaged without the tags .* A \(2 of 2 healthy\)/,
    );
  });

  test('when the world cannot be read, the run needs attention', async () => {
    const rig = new Rig();
    const before = rig.fake.onRequest;
    const down = { since: false };
    rig.fake.onRequest = async (what) => {
      await before(what);
      if (what.startsWith('deregister prod')) down.since = true;
      const next = ['Log in again.'];
      if (down.since) throw new OperatorError('bad-credentials', 'AWS rejected the credentials.', { next });
    };
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({ code: 'needs-attention', exitCode: ExitCode.needsAttention });
    expect(finished.message).toBe('AWS rejected the credentials. What serves production now could not be read.');
    expect(finished.next).toContain('Log in again.');
    expect(rig.store.recorded?.goal.verb).toBe('promote');
  });

  test('a rollback that fails is not undone: the run needs attention', async () => {
    const rig = new Rig();
    await rig.run('promote');
    rig.on('register prod', () => rig.fake.sick.add('A-0').add('A-1'));
    const finished = await rig.run('rollback');
    expect(finished).toMatchObject({ code: 'needs-attention', exitCode: ExitCode.needsAttention });
    expect(finished.message).toContain('Production is served by');
    expect(rig.store.recorded?.goal.verb).toBe('rollback');
  });
});
