import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { SeenWork } from '../../src/domain/work.ts';
import { withWork } from '../../src/plan/work.ts';
import type { Step } from '../../src/steps/index.ts';
import { createGuardian } from '../../src/programs/guardian.ts';
import { openCommandWork } from '../../src/work-owner/command.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWork } from '../support/fake-work.ts';
import { weightedRig } from '../support/weighted-rig.ts';
import { HOME, PLAIN, PROMOTED, world } from '../support/worlds.ts';

function rigWith(owner: string | null = 'A', rig = new Rig()): { rig: Rig; work: FakeWork } {
  const work = new FakeWork(owner, (what) => rig.log.push(what));
  rig.work = work;
  return { rig, work };
}

const told = ({ log }: Rig): readonly string[] => log.filter((what) => /^work|^idle|register prod|weigh/.test(what));

const PROMOTED_WELL = [
  'work 8: nobody',
  'idle A',
  'register prod B-0 B-1',
  'deregister prod A-0 A-1',
  'work 9: B',
] as const;

describe('work that must not run twice', () => {
  test('stops, ends, and is taken by the new side once traffic has moved', async () => {
    const { rig } = rigWith();
    expect(await rig.run('promote')).toMatchObject({ result: 'done' });
    expect(told(rig)).toEqual(PROMOTED_WELL);
  });

  test('goes back after the traffic in a rollback', async () => {
    const { rig } = rigWith();
    await rig.run('promote');
    rig.log.length = 0;
    expect(await rig.run('rollback')).toMatchObject({ result: 'done' });
    expect(told(rig)).toEqual([
      'register prod A-0 A-1',
      'deregister prod B-0 B-1',
      'work 10: nobody',
      'idle B',
      'work 11: A',
    ]);
  });

  test('stays where it is below 100 %', async () => {
    const { rig } = rigWith('A', weightedRig());
    expect(await rig.run('promote', { to: 50 })).toMatchObject({ result: 'done' });
    expect(told(rig)).toEqual(['weigh shop:0']);
    expect(await rig.run('promote', { steps: [80, 100], every: 1 })).toMatchObject({ result: 'done' });
    expect(told(rig).slice(1)).toEqual([
      'weigh shop:0',
      'work 8: nobody',
      'idle A',
      'weigh shop:0',
      'weigh shop:test',
      'work 9: B',
    ]);
  });

  test('a set that fails before the switch: nothing has moved', async () => {
    const { rig, work } = rigWith();
    work.fails = true;
    const ended = await rig.run('promote');
    expect(ended).toMatchObject({ result: 'undone', exitCode: 3 });
    expect(ended.message).toContain('The database is away.');
    expect([told(rig), work.owner, work.row]).toEqual([[], 'A', 7]);
  });

  test('work that does not end: the old side takes it again', async () => {
    const { rig, work } = rigWith();
    work.busy.add('A');
    expect(await rig.run('promote')).toMatchObject({ result: 'undone', exitCode: 3 });
    expect(work.owner).toBe('A');
    expect(told(rig)).not.toContain('register prod B-0 B-1');
  });

  test('a set that fails after it: exit code 4, and which half is done; resume does the other', async () => {
    const { rig, work } = rigWith();
    rig.on('deregister prod A-0', () => (work.fails = true));
    const ended = await rig.run('promote');
    expect(ended).toMatchObject({ result: 'failed', code: 'needs-attention', exitCode: 4 });
    expect(ended.message).toContain('B serves production, but B does not take work: nobody does (epoch 8).');
    work.fails = false;
    const { goal } = (await rig.store.goal()) as { goal: { run: string } };
    expect(await rig.run('promote', { resumes: goal.run })).toMatchObject({ result: 'done' });
    // The first of the two makes sure that nothing of the run before comes late.
    expect([work.owner, work.row]).toEqual(['B', 10]);
  });

  test('that cannot be read refuses a promote, and no rollback', async () => {
    const { rig, work } = rigWith();
    await rig.run('promote');
    work.unreadable = 'The database is away.';
    expect(await rig.run('rollback')).toMatchObject({ result: 'done' });
    expect(rig.events.find(({ type }) => type === 'planned')).toMatchObject({
      notes: expect.arrayContaining([expect.stringMatching(/^Who takes work could not be read.*left as it is\.$/)]),
    });
    expect(await rig.run('promote')).toMatchObject({ result: 'refused', code: 'owner-unreadable' });
  });

  test('an owner that is no fleet, or could be either of two, is not guessed at', async () => {
    const { rig, work } = rigWith('40');
    expect(await rig.run('promote')).toMatchObject({ result: 'refused', code: 'owner-unknown' });
    work.owner = 'A';
    rig.fake.set((snapshot) => ({ ...snapshot, fleets: snapshot.fleets.map((fleet) => ({ ...fleet, release: 'A' })) }));
    expect(await rig.run('promote')).toMatchObject({ result: 'refused', code: 'owner-ambiguous' });
  });

  test('of a fleet that would be terminated keeps it', async () => {
    const { rig, work } = rigWith();
    await rig.run('promote');
    work.owner = 'A';
    expect(await rig.run('cleanup')).toMatchObject({ result: 'refused', code: 'owner-elsewhere' });
    work.owner = 'B';
    expect(await rig.run('cleanup')).toMatchObject({ result: 'done' });
  });

  test('taken by somebody else meanwhile is a conflict, and ends the switch', async () => {
    const { rig, work } = rigWith();
    work.busy.add('A');
    const push = rig.log.push.bind(rig.log);
    rig.log.push = (...what) => {
      if (what[0] === 'idle ') work.owner = 'A';
      return push(...what);
    };
    const ended = await rig.run('promote');
    expect(ended.message).toContain('A has taken the work meanwhile.');
  });
});

test('nobody waits for work while the release bakes', () => {
  const served = world([
    { id: 'A', marks: HOME, members: [{ prod: '-', test: 'healthy' }] },
    { id: 'B', marks: PROMOTED, members: [{ prod: 'healthy', test: '-' }] },
  ]);
  const work: SeenWork = { state: 'seen', owner: null, epoch: 8, idle: [] };
  const asked = { run: 'r', who: 'ann', since: '2026-06-01T00:00:00.000Z', fleet: 'B', release: 'B' };
  const goal = { ...asked, verb: 'promote', minimumHealthy: {}, settings: PLAIN } as const;
  const bake = { do: 'bake', fleet: 'B', percent: 100, seconds: 600, gates: [], pool: 'prod' } as never;
  const steps: readonly Step[] = [{ do: 'deregister', pool: 'test', fleet: 'B' } as never, bake];
  const plan = withWork({ ...served, work }, goal, { steps, notes: [] });
  expect('steps' in plan && plan.steps.map((step) => step.do)).toEqual([
    'give-work',
    'await-idle',
    'deregister',
    'give-work',
    'bake',
  ]);
});

/** Dies at the n-th write or change of the verb; false where there are fewer. */
async function dieAt(rig: Rig, n: number): Promise<boolean> {
  let seen = 0;
  let isDead = false;
  const push = rig.log.push.bind(rig.log);
  rig.log.push = (...what) => {
    seen += 1;
    if (seen === n) {
      isDead = true;
      rig.uncaught(new Error('killed'));
    }
    return push(...what);
  };
  await rig.run('promote');
  rig.log.push = push;
  return isDead;
}

test.each(['promote', 'rollback'] as const)(
  'killed anywhere: never both work, epochs only grow, and %s ends it well',
  async (verb) => {
    for (let n = 1; n < 60; n += 1) {
      // A set that would let both work throws in the fake.
      const { rig, work } = rigWith();
      if (!(await dieAt(rig, n))) return;
      expect([null, 'A', 'B'], `killed at ${n}`).toContain(work.owner);
      const served = rig.fake.now.pools.find(({ name }) => name === 'prod')!.targets.map(({ id }) => id);
      expect(work.owner !== 'B' || served.some((id) => id.startsWith('B')), `killed at ${n}`).toBe(true);
      if (verb === 'promote' && rig.store.recorded === undefined) continue;
      const ended = await rig.run(verb);
      if (ended.result === 'refused') continue;
      expect(ended, `killed at ${n}: ${rig.log.join()}`).toMatchObject({ result: 'done' });
      expect(work.owner, `killed at ${n}: ${rig.log.join()}`).toBe(verb === 'promote' ? 'B' : 'A');
      const epochs = rig.log.flatMap((what) => /^work (\d+)/.exec(what)?.[1] ?? []).map(Number);
      expect(epochs).toEqual(epochs.map((_, index) => 8 + index));
    }
    throw new Error('It was killed too often.');
  },
);

describe('the programs of `owner`', () => {
  /** Programs that keep the row in a file, as SQL would in a table. */
  function programs(script: string) {
    const folder = mkdtempSync(path.join(tmpdir(), 'turnout-owner-'));
    writeFileSync(path.join(folder, 'row.json'), JSON.stringify({ owner: '41', epoch: 7 }));
    writeFileSync(path.join(folder, 'owner.cjs'), `const fs = require('fs'); const e = process.env;\n${script}`);
    chmodSync(path.join(folder, 'owner.cjs'), 0o644);
    const words = (what: string) => [process.execPath, 'owner.cjs', what];
    const config = {
      kind: 'command' as const,
      read: words('read'),
      set: words('set'),
      idle: words('idle'),
      readTimeoutMs: 5000,
      timeoutMs: 5000,
    };
    const guardian = createGuardian(1000);
    onTestFinished(() => guardian.close());
    const variables = () => ({ TURNOUT_RUN: 'run-7' });
    let changes = 0;
    const beforeChange = async (): Promise<void> => void (changes += 1);
    const port = openCommandWork(config, { clock: systemClock, guardian, folder, variables, beforeChange });
    return {
      port,
      row: () => JSON.parse(readFileSync(path.join(folder, 'row.json'), 'utf8')) as object,
      changes: () => changes,
    };
  }

  const ROW = `
    const row = JSON.parse(fs.readFileSync('row.json', 'utf8'));
    const verb = process.argv[2];
    if (verb === 'read') console.log('connected\\n' + JSON.stringify(row));
    if (verb === 'idle') process.exit(e.TURNOUT_IDLE === '41' && e.TURNOUT_FENCE === '8' ? 0 : 1);
    if (verb === 'set') {
      if (String(row.epoch) !== e.TURNOUT_FENCE_BEFORE || (row.owner ?? '') !== e.TURNOUT_OWNER_BEFORE) process.exit(3);
      fs.writeFileSync('row.json', JSON.stringify({ owner: e.TURNOUT_OWNER || null, epoch: Number(e.TURNOUT_FENCE) }));
    }`;

  test('a set that keeps the epoch is no fence', async () => {
    const { port } = programs(ROW.replace('Number(e.TURNOUT_FENCE)', 'row.epoch'));
    await expect(port.set((await port.read()) as SeenWork, null)).rejects.toMatchObject({ code: 'owner-epoch' });
  });

  test('what is not understood, or fails, is unreadable', async () => {
    expect(await programs('console.log(e.TURNOUT_RUN)').port.read()).toMatchObject({
      why: expect.stringContaining('wrote last: run-7'),
    });
    const failing = await programs("console.log('no route'); process.exit(2)").port.read();
    expect(failing).toMatchObject({
      state: 'unreadable',
      why: expect.stringContaining('exit code 2. It wrote last: no route'),
    });
  });
});
