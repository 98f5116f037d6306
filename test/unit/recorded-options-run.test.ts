import { describe, expect, test } from 'vitest';
import { ExitCode, OperatorError } from '../../src/errors.ts';
import type { Goal, GoalOf, LaunchSpec } from '../../src/domain/goal.ts';
import type { LaunchOrder } from '../../src/fleets/fleet.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { HOME, world } from '../support/worlds.ts';

const IN = { prod: 'healthy', test: '-' } as const;

const SPEC: LaunchSpec = {
  kind: 'fake',
  summary: [],
  request: {},
  batches: ['a', 'b'].map((zone) => ({ zone, subnet: `subnet-${zone}`, count: 1 })),
};

const SINCE = '2026-06-01T00:00:00.000Z';

describe('a run that goes on with an option', () => {
  const SERVING = world([{ id: 'A', marks: HOME, members: [IN, IN] }], { groups: ['prod'], zones: ['a', 'b'] });

  /** An `up` in two zones, of which those are full. */
  async function launchedIn(...full: readonly string[]) {
    const rig = new Rig(new FakeWorld(SERVING));
    const { fleet } = rig.fake.ports;
    const launch = fleet.launch.bind(fleet);
    const isFull = { now: new Set(full) };
    Object.assign(fleet, {
      resolve: async () => SPEC,
      launch: async (order: LaunchOrder) => {
        const { batches } = order.spec;
        const fit = batches.filter(({ zone }) => !isFull.now.has(zone));
        if (fit.length > 0) await launch({ ...order, spec: { ...order.spec, batches: fit } });
        if (fit.length < batches.length) throw new OperatorError('zone-is-full', 'EC2 has no capacity.');
      },
    });
    return { rig, isFull, finished: await rig.run('up', { release: '42' }) };
  }

  function size({ fake }: Rig): readonly [instances: number | undefined, mark: string | undefined] {
    const green = fake.now.fleets.find(({ release }) => release === '42');
    return [green?.instances.length, green?.marks.size];
  }

  test('by the advice for a zone that is full: with what was launched, and its size is that', async () => {
    const { rig, finished } = await launchedIn('b');
    expect(finished).toMatchObject({ result: 'failed', exitCode: ExitCode.safe });
    expect(finished.next).toContain('`turnout up --release 42 --count 1` goes on with what was launched');
    expect(size(rig)).toEqual([1, 'a=1 b=1']);
    expect(await rig.run('up', { release: '42', count: 1 })).toMatchObject({ result: 'done' });
    expect(size(rig)).toEqual([1, 'a=1']);
  });

  test('by the advice for a quota: with fewer, where nothing was launched', async () => {
    const { rig, isFull, finished } = await launchedIn('a', 'b');
    expect(finished.next).toContain('`turnout up --release 42 --count N` launches fewer');
    isFull.now = new Set(['b']);
    expect(await rig.run('up', { release: '42', count: 1 })).toMatchObject({ result: 'done' });
    expect(size(rig)).toEqual([1, 'a=1']);
  });

  test('asks only for the zones that are left', async () => {
    const { rig, isFull } = await launchedIn('b');
    isFull.now = new Set(['a']);
    expect(await rig.run('up', { release: '42' })).toMatchObject({ result: 'done' });
    expect(size(rig)).toEqual([2, 'a=1 b=1']);
  });

  test('is refused by name where more were launched, and goes on without it', async () => {
    const { rig } = await launchedIn();
    rig.store.recorded = { goal: goalOf(rig), stepsDone: 1, stepsAll: 4, updatedAt: SINCE };
    const refused = await rig.run('up', { release: '42', count: 1 });
    expect(refused).toMatchObject({ code: 'launched-already', exitCode: ExitCode.refused });
    expect(refused.message).toMatch(/^--count 1 is fewer than the 2 instances of 42/);
    expect(refused.next[0]).toBe('`turnout up --release 42 --count 2` goes on with those.');
    expect(await rig.run('up', { release: '42', count: 2 })).toMatchObject({ result: 'done' });
  });

  function goalOf({ fake }: Rig): GoalOf<'up'> {
    const { id } = fake.now.fleets.find(({ release }) => release === '42')!;
    return { run: 'r1', who: 'ann', since: SINCE, verb: 'up', fleet: id, release: '42', spec: SPEC };
  }

  test('`promote --min-healthy` accepts what the recorded goal waits for in vain', async () => {
    const rig = new Rig();
    rig.on('register prod', () => rig.stop());
    await rig.run('promote');
    rig.fake.target('prod', 'B-1', 'unhealthy', 'Target.Timeout');
    rig.fake.sick.add('B-1');
    const recorded: (Goal | undefined)[] = [];
    rig.on('deregister prod A', () => recorded.push(rig.store.recorded?.goal));
    const finished = await rig.run('promote', { minHealthy: { count: 1 } });
    expect(recorded[0]).toMatchObject({ need: 'minimum', minimumHealthy: { prod: { total: 1 } }, run: 'run-1' });
    expect(rig.fake.changes).toContain('deregister prod A-0 A-1');
    expect(finished.message).toContain('B serves production');
  });
});
