import { describe, expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import { OperatorError } from '../../src/errors.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { HOME, world } from '../support/worlds.ts';
import { untag, withShared } from '../support/hands.ts';

/** Calls back before each request of that name. */
function onEach(rig: Rig, what: string, act: () => void): void {
  const before = rig.fake.onRequest;
  rig.fake.onRequest = async (asked) => {
    await before(asked);
    if (asked.startsWith(what)) act();
  };
}

describe('"Done" is seen', () => {
  test('a promote that is done, and stays so', async () => {
    const rig = new Rig();
    expect(await rig.run('promote')).toMatchObject({ code: 'done', exitCode: ExitCode.done });
  });

  test('green dies after its last step: the last sentence says what serves, and asks for attention', async () => {
    const rig = new Rig();
    rig.on('deregister test', () => {
      for (const id of ['B-0', 'B-1']) rig.fake.target('prod', id, 'unhealthy', 'Target.Timeout');
    });
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({ code: 'needs-attention', exitCode: ExitCode.needsAttention });
    expect(finished.message).toContain('nothing of B is healthy in prod');
    expect(finished.message).toContain('Production is served by B (0 of 2 healthy)');
    expect(finished.next.join()).toContain('turnout rollback');
  });

  test('fewer than the minimum at the end are reported', async () => {
    const rig = new Rig();
    rig.on('deregister test', () => rig.fake.target('prod', 'B-1', 'unhealthy', 'Target.Timeout'));
    const { exitCode, message } = await rig.run('promote');
    expect(exitCode).toBe(ExitCode.needsAttention);
    expect(message).toContain('B has 1 healthy in prod: 1 short in a');
  });

  test('an unmanaged server that joined meanwhile is named', async () => {
    const rig = new Rig();
    rig.on('deregister test', () => rig.fake.target('prod', 'i-other', 'healthy'));
    const { exitCode, message, next } = await rig.run('promote');
    expect(exitCode).toBe(ExitCode.needsAttention);
    expect(message).toContain('i-other');
    // The run is over: there is nothing to resume, nor to abandon.
    expect(await rig.store.goal()).toBeUndefined();
    expect(next.join()).not.toMatch(/resume|abandon/);
    expect(next.slice(1)).toEqual([
      '`turnout rollback` reverts it',
      expect.stringMatching(/^`turnout promote` does it again \(not now: i-other is in production without/) as string,
    ]);
  });

  test('the old fleet is put back by hand: not "B serves production"', async () => {
    const rig = new Rig();
    rig.on('deregister test', () => rig.fake.target('prod', 'A-0', 'healthy'));
    const { exitCode, message } = await rig.run('promote');
    expect(exitCode).toBe(ExitCode.needsAttention);
    expect(message).toContain('A is in production too');
  });

  test('a server that has lost its tags meanwhile is named: nothing ends it', async () => {
    const rig = new Rig();
    await rig.run('promote');
    rig.on('mark B', () => untag('A-1')(rig.fake));
    const { code, message } = await rig.run('cleanup');
    expect([code, message]).toEqual(['done', expect.stringMatching(/ The tags of A-1 of A were removed meanwhile: /)]);
  });

  test('others who come to what is to be ended are named, with what can be done', async () => {
    const rig = new Rig();
    await rig.run('promote');
    rig.on('mark B', () => rig.fake.set((snapshot) => withShared(snapshot, 'admin', ['A-0', 'A-1'])));
    const { exitCode, message, next } = await rig.run('cleanup');
    expect(exitCode).toBe(ExitCode.safe);
    expect(message).toContain('lb:admin leads to admin, which would have nothing healthy left.');
    expect(next).toEqual([
      expect.stringMatching(/^Register other servers with admin first/),
      '`turnout cleanup --allow-shared-target-group admin` takes them out of it, and terminates them all the same.',
      '`turnout abandon` leaves things as they are and forgets it',
      expect.stringMatching(
        /^`turnout cleanup` \(or `turnout resume`\) goes on with it \(not now: admin has 2 targets/,
      ),
    ]);
    expect(rig.fake.changes.filter((what) => what.startsWith('terminate'))).toEqual([]);
    expect(await rig.run('cleanup', { allowSharedTargetGroup: ['admin'] })).toMatchObject({ code: 'done' });
  });

  test('what AWS advises about a launch names its release', async () => {
    const members = [{ prod: 'healthy' }] as const;
    const rig = new Rig(new FakeWorld(world([{ id: 'A', marks: HOME, members }])));
    rig.on('launch', () => {
      const next = ['Or first `turnout status`, then `turnout up --release R` with `--zone Z`.'];
      throw new OperatorError('zone-is-full', 'EC2 has no capacity.', { exitCode: ExitCode.safe, next });
    });
    const { next } = await rig.run('up', { release: '42' });
    expect(next.join()).toContain('`turnout up --release 42` with');
  });

  test('an old answer is not taken for it', async () => {
    const rig = new Rig();
    rig.fake.lagMs = 3000;
    expect(await rig.run('promote')).toMatchObject({ code: 'done' });
  });

  test('a look that is denied reverts nothing, and is not called done', async () => {
    const rig = new Rig();
    rig.on('deregister test', () => {
      onEach(rig, 'read fleets', () => {
        throw new OperatorError('access-denied', 'These credentials may not call ec2:DescribeInstances.');
      });
    });
    const { exitCode, message } = await rig.run('promote');
    expect(exitCode).toBe(ExitCode.needsAttention);
    expect(message).toContain('could not be read');
    expect(rig.fake.changes.filter((what) => what.startsWith('register prod A'))).toEqual([]);
  });

  test('a rollback that has nothing to do does not say that a dead fleet serves', async () => {
    const rig = new Rig();
    await rig.run('promote');
    await rig.run('rollback');
    for (const id of ['A-0', 'A-1']) rig.fake.target('prod', id, 'unhealthy', 'Target.Timeout');
    const finished = await rig.run('rollback');
    expect(finished.exitCode).not.toBe(ExitCode.done);
  });
});
