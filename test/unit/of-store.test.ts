import { describe, expect, test } from 'vitest';
import { ExitCode, OperatorError } from '../../src/errors.ts';
import { Rig } from '../support/fake-run-task.ts';

describe('a store that cannot be reached', () => {
  const gone = new OperatorError('store-unreachable', 'The store cannot be reached.', { next: ['Check the network.'] });
  const fails = async (): Promise<never> => {
    throw gone;
  };

  test.each(['acquire', 'goal', 'history', 'log', 'putGoal'] as const)(
    'for `%s`: rollback says why it does not go on, and how it is done without',
    async (request) => {
      const rig = new Rig();
      await rig.run('promote');
      const before = rig.fake.changes.length;
      rig.store[request] = fails;
      const back = await rig.run('rollback');
      expect(back.message).toMatch(/^The store cannot be reached\. Without its store turnout has no lease/);
      expect(back).toMatchObject({ code: 'store-unreachable', exitCode: ExitCode.refused });
      expect(back.next[0]).toContain('`turnout rollback --print`');
      expect(rig.fake.changes).toHaveLength(before);
      const other = await rig.run('cleanup');
      expect(other).toMatchObject({ message: gone.message, next: gone.next });
    },
  );

  test('does not go for a lease that another run holds', async () => {
    const rig = new Rig();
    await rig.run('promote');
    await rig.store.acquire(
      { run: 'x', who: 'bob', host: 'ci', pid: 1, verb: 'up', since: '2026-01-01T00:00:00Z' },
      9e9,
    );
    const back = await rig.run('rollback');
    expect(back.code).toBe('lease-held');
    expect(back.next.join()).not.toContain('--print');
  });
});
