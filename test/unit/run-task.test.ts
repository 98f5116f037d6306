import { describe, expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { HOME, world } from '../support/worlds.ts';

const onlyBlue = (): FakeWorld =>
  new FakeWorld(world([{ id: 'A', marks: HOME, members: [{ prod: 'healthy' }, { prod: 'healthy' }] }]));

describe('a run that reaches its goal', () => {
  test('holds the lease around it all, records the goal before the first change, and forgets it in the end', async () => {
    const rig = new Rig();
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({ result: 'done', code: 'done', exitCode: ExitCode.done });
    expect(rig.log).toEqual([
      'lease',
      'journal running',
      'goal 0/6',
      'mark B promoted',
      'goal 1/6',
      'register prod B-0 B-1',
      'goal 2/6',
      'goal 3/6',
      'deregister prod A-0 A-1',
      'goal 4/6',
      'register test A-0 A-1',
      'goal 5/6',
      'deregister test B-0 B-1',
      'goal 6/6',
      'no goal',
      'journal done',
      'no lease',
    ]);
    expect(finished.message).toBe(
      'B serves production. A is parked with 2 instances. Not proven: the config has no `release.marker`.',
    );
  });

  test('is in the journal with who, when, how long, and what it took', async () => {
    const rig = new Rig();
    await rig.run('promote');
    const [entry] = await rig.store.history(1);
    expect(entry).toMatchObject({ run: 'run-1', verb: 'promote', release: 'B', who: 'alice@ci', outcome: 'done' });
    expect(Date.parse(entry?.until ?? '')).toBeGreaterThan(Date.parse(entry?.since ?? ''));
    expect(entry?.awsRequests).toBe(rig.fake.asked.length);
    expect(rig.events.at(-1)).toMatchObject({ awsRequests: rig.fake.asked.length });
  });

  test('tells the lease what it does', async () => {
    const rig = new Rig();
    const doings: (string | undefined)[] = [];
    rig.on('deregister prod', () => doings.push(rig.store.lease?.doing));
    await rig.run('promote');
    expect(doings).toEqual(['deregister 2 instances of A from prod']);
  });

  test('shows the plan, and does not ask with --yes', async () => {
    const rig = new Rig();
    await rig.run('promote');
    expect(rig.questions).toEqual([]);
    expect(rig.events.map(({ type }) => type).slice(0, 3)).toEqual(['started', 'planned', 'step-started']);
  });

  test('has nothing to do the second time, and asks nothing', async () => {
    const rig = new Rig();
    await rig.run('rollback');
    const changes = rig.fake.changes.length;
    const finished = await rig.run('rollback', {}, {});
    expect(finished).toMatchObject({ result: 'done', exitCode: ExitCode.done });
    expect(finished.message).toMatch(/^Nothing to do: A serves production/);
    expect(rig.fake.changes).toHaveLength(changes);
    expect(rig.questions).toEqual([]);
  });

  test('tells where the new servers can be tried', async () => {
    const rig = new Rig(onlyBlue());
    const finished = await rig.run('up', { release: '42' });
    expect(finished.message).toContain('http://test.example/');
    expect(rig.store.recorded).toBeUndefined();
  });
});

describe('a plan only', () => {
  test('is shown, and nothing is changed: not AWS, not the store, and no lease is taken', async () => {
    const rig = new Rig();
    const finished = await rig.run('promote', {}, { plan: true });
    expect(finished).toMatchObject({ result: 'planned', code: 'planned', exitCode: ExitCode.done });
    expect(rig.events.map(({ type }) => type)).toEqual(['started', 'planned', 'finished']);
    expect(rig.log).toEqual([]);
    expect(rig.questions).toEqual([]);
  });

  test('can be shown while another run holds the lease', async () => {
    const rig = new Rig();
    const busy = rig.begin('promote');
    await rig.fake.clock.advance(1_000);
    expect(rig.store.lease).toBeDefined();
    const other = new Rig(rig.fake);
    other.store.lease = rig.store.lease;
    expect(await rig.fake.finish(other.begin('rollback', {}, { plan: true }))).toBe(ExitCode.done);
    await rig.fake.finish(busy);
  });
});

describe('a question', () => {
  test('is asked with names, once, and yes is a yes', async () => {
    const rig = new Rig();
    const finished = await rig.run('promote', {}, {});
    expect(rig.questions).toEqual(['Move production from A to B?']);
    expect(finished.result).toBe('done');
  });

  test('that is not answered with yes, or cannot be asked, changes nothing and leaves nothing behind', async () => {
    const rig = new Rig();
    rig.answer = false;
    const finished = await rig.run('promote', {}, {});
    expect(finished).toMatchObject({ result: 'refused', code: 'not-confirmed', exitCode: ExitCode.refused });
    expect(finished.next.join()).toContain('--yes');
    expect(rig.log).toEqual(['lease', 'no lease']);
  });

  test('that Ctrl-C answers changes nothing', async () => {
    const rig = new Rig();
    const begun = rig.begin('promote', {}, {});
    rig.stop();
    expect(await rig.fake.finish(begun)).toBe(ExitCode.interrupted);
    expect(rig.events.at(-1)).toMatchObject({ message: 'Stopped by SIGINT. Nothing was changed.' });
    expect(rig.log).toEqual(['lease', 'no lease']);
  });
});

describe('the lease', () => {
  test('of another run is reported, and nothing is requested', async () => {
    const rig = new Rig();
    const first = rig.begin('promote');
    await rig.fake.clock.advance(1_000);
    const second = new Rig(rig.fake);
    const { lease } = rig.store;
    second.store.lease = { ...lease!, holder: { ...lease!.holder, run: 'run-of-another' } };
    const asked = rig.fake.asked.length;
    expect(await second.begin('rollback')).toBe(ExitCode.refused);
    expect(second.events.at(-1)).toMatchObject({
      code: 'lease-held',
      message: expect.stringContaining('alice@ci') as string,
    });
    expect(rig.fake.asked).toHaveLength(asked);
    await rig.fake.finish(first);
  });

  test('that is lost ends the run before its next change, without an undo; the goal is kept', async () => {
    const rig = new Rig();
    rig.on('register prod', () => {
      rig.store.lease = { ...rig.store.lease!, fence: 99 };
    });
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({ result: 'failed', code: 'lease-lost', exitCode: ExitCode.leaseLost });
    expect(rig.fake.changes).toEqual(['mark B promoted', 'register prod B-0 B-1']);
    expect(rig.store.recorded?.goal.verb).toBe('promote');
    expect(rig.store.lease?.fence).toBe(99);
  });

  test('is given back however it ends', async () => {
    const refused = new Rig(onlyBlue());
    expect(await refused.run('promote')).toMatchObject({ result: 'refused', code: 'no-green' });

    const failed = new Rig();
    failed.fake.sick.add('B-0');
    expect((await failed.run('promote')).result).toBe('undone');

    const stopped = new Rig();
    stopped.on('register prod', () => stopped.stop());
    expect((await stopped.run('promote')).result).toBe('interrupted');

    const faulty = new Rig();
    faulty.on('deregister prod', () => {
      throw new TypeError('undefined is not a function');
    });
    await expect(faulty.fake.finish(faulty.begin('promote'))).rejects.toMatchObject({ cause: expect.any(TypeError) });

    for (const rig of [refused, failed, stopped, faulty]) expect(rig.log.at(-1)).toBe('no lease');
  });
});

describe('a run that ends early', () => {
  test('by Ctrl-C keeps its goal, and says how to go on', async () => {
    const rig = new Rig();
    rig.on('register prod', () => rig.stop());
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({ result: 'interrupted', exitCode: ExitCode.interrupted });
    expect(finished.message).toBe(
      'Stopped by SIGINT. Nothing is broken; the promote is not finished. Production is served by A (2 of 2 healthy) and B (0 of 2 healthy).',
    );
    expect(finished.next.join(' ')).toMatch(/turnout promote.*turnout resume.*turnout rollback.*turnout abandon/);
    expect(rig.store.recorded).toMatchObject({ goal: { verb: 'promote', fleet: 'B', run: 'run-1' }, stepsAll: 6 });
    expect((await rig.store.history(1))[0]).toMatchObject({ outcome: 'interrupted' });
  });

  test('at its time limit leaves what can be left, keeps the goal, and tells each target', async () => {
    const rig = new Rig(onlyBlue());
    rig.on('register test', () => rig.fake.sick.add('42-run-1-a0'));
    const finished = await rig.run('up', { release: '42' });
    expect(finished).toMatchObject({ result: 'failed', code: 'failed', exitCode: ExitCode.safe });
    expect(finished.message).toContain('left for inspection');
    expect(rig.events.find(({ type }) => type === 'step-failed')).toMatchObject({
      waiting: [{ id: '42-run-1-a0', why: expect.stringContaining('Target.Timeout') as string }],
    });
    expect(rig.store.recorded?.goal.verb).toBe('up');
    expect((await rig.store.history(1))[0]).toMatchObject({ outcome: 'failed', message: finished.message });
  });

  test('by a fault of ours is thrown on, is in the journal, and keeps the goal', async () => {
    const rig = new Rig();
    rig.on('deregister prod', () => {
      throw new TypeError('undefined is not a function');
    });
    await expect(rig.fake.finish(rig.begin('promote'))).rejects.toMatchObject({ cause: expect.any(TypeError) });
    expect(rig.store.recorded?.goal.verb).toBe('promote');
    expect((await rig.store.history(1))[0]).toMatchObject({
      outcome: 'failed',
      message:
        'This is a fault of turnout: undefined is not a function. This step was running, and may have taken effect: deregister 2 instances of A from prod.',
    });
  });
});
