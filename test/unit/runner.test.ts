import { describe, expect, test } from 'vitest';
import { NO_MINIMUM } from '../../src/domain/minimum-healthy.ts';
import type { Step } from '../../src/steps/index.ts';
import { AWAIT, failureOf, PROMOTE, REGISTER, start } from '../support/fake-run.ts';
import { blueAndGreen, FakeWorld, SPEC } from '../support/fake-world.ts';
import { HOME, world } from '../support/worlds.ts';

describe('a step is done', () => {
  test('in order, each one asked for once', async () => {
    const fake = blueAndGreen();
    const run = start(fake, PROMOTE);
    const last = await fake.finish(run.done);
    expect(fake.changes).toEqual(['register prod B-0 B-1', 'deregister prod A-0 A-1']);
    expect(last.pools[0]?.targets.map(({ id, state }) => `${id} ${state}`).toSorted()).toEqual([
      'A-0 draining',
      'A-1 draining',
      'B-0 healthy',
      'B-1 healthy',
    ]);
    expect(run.events.filter(({ type }) => type === 'step-done')).toHaveLength(3);
    expect(run.reached.map((line) => line.split(' ')[0])).toEqual(['0', '1', '2', '3']);
  });

  test('only on an observation that was made after its own effect', async () => {
    const fake = blueAndGreen();
    fake.lagMs = 2_000;
    const run = start(fake, [REGISTER]);
    await fake.finish(run.done);
    const [request] = fake.asked.filter(({ what }) => what.startsWith('register'));
    const seen = fake.asked.findLast(({ what }) => what === 'read prod');
    expect((seen?.at ?? 0) - (request?.at ?? 0)).toBeGreaterThanOrEqual(2_000);
    expect(fake.changes).toHaveLength(1);
  });

  test('also when AWS forgot it: it is asked for again after five seconds', async () => {
    const fake = blueAndGreen();
    fake.ignored = 2;
    await fake.finish(start(fake, [REGISTER]).done);
    const times = fake.asked.filter(({ what }) => what.startsWith('register')).map(({ at }) => at);
    expect(times).toHaveLength(3);
    for (const [index, time] of times.slice(1).entries()) {
      expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(5_000);
      expect(time - (times[index] ?? 0)).toBeLessThan(6_500);
    }
  });

  test('without a request when it is so already, and says so', async () => {
    const fake = blueAndGreen();
    for (const id of ['B-0', 'B-1']) fake.target('prod', id, 'healthy');
    const run = start(fake, [REGISTER, AWAIT]);
    await fake.finish(run.done);
    expect(fake.changes).toEqual([]);
    expect(run.events.filter(({ type }) => type === 'step-done')).toMatchObject([{ already: true }, { already: true }]);
  });

  test('with what is missing only', async () => {
    const fake = blueAndGreen();
    fake.target('prod', 'B-0', 'healthy');
    fake.target('prod', 'A-1', 'draining');
    await fake.finish(start(fake, PROMOTE).done);
    expect(fake.changes).toEqual(['register prod B-1', 'deregister prod A-0']);
  });

  test('launch, boot, mark, drain and terminate', async () => {
    const fake = new FakeWorld(world([{ id: 'A', marks: HOME, members: [{ prod: 'healthy' }] }]));
    const steps: readonly Step[] = [
      { do: 'launch', fleet: 'C', release: '43', run: 'r', spec: SPEC },
      { do: 'await-running', fleet: 'C' },
      { do: 'register', pool: 'test', fleet: 'C' },
      { do: 'await-healthy', pool: 'test', fleet: 'C', minimumHealthy: NO_MINIMUM, need: 'all' },
      { do: 'mark', fleet: 'C', mark: 'promoted', at: '2026-01-01T00:00:00.000Z' },
      { do: 'deregister', pool: 'test', fleet: 'C', minimumHealthy: NO_MINIMUM },
      { do: 'await-drained', pool: 'test', fleet: 'C' },
      {
        do: 'terminate',
        fleet: 'C',
        retentionS: 0,
        keeps: { fleet: 'A', groups: [{ pools: ['prod'], minimum: NO_MINIMUM }] },
      },
    ];
    await fake.finish(start(fake, steps).done);
    expect(fake.changes).toEqual([
      'launch C',
      'register test C-a0 C-a1',
      'mark C promoted',
      'deregister test C-a0 C-a1',
      'terminate C',
    ]);
  });
});

describe('waiting', () => {
  test('looks as often as is useful: health by its interval, slow things more and more rarely', async () => {
    const fake = new FakeWorld(world([{ id: 'A', marks: HOME, members: [{ prod: 'healthy' }] }]));
    fake.bootMs = 200_000;
    fake.checkMs = 100_000;
    const launch: Step = { do: 'launch', fleet: 'C', release: '43', run: 'r', spec: SPEC };
    const boot: Step = { do: 'await-running', fleet: 'C' };
    await fake.finish(start(fake, [launch, boot]).done);
    const boots = gaps(fake, 'read fleets');
    expect(Math.min(...boots)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...boots)).toBeLessThanOrEqual(5_000);
    expect(boots.length).toBeLessThan(130);
    // Checks are 5 s apart: a twentieth at first, and a second at the most.
    await fake.finish(
      start(fake, [
        { ...REGISTER, pool: 'test', fleet: 'C' },
        { ...AWAIT, pool: 'test', fleet: 'C', minimumHealthy: NO_MINIMUM },
      ]).done,
    );
    const checks = gaps(fake, 'read test').slice(1);
    expect(checks[0]).toBe(250);
    expect(Math.max(...checks)).toBe(1_000);
  });

  test('tells how far it is, and whom it waits for', async () => {
    const fake = blueAndGreen();
    const run = start(fake, [REGISTER, AWAIT]);
    await fake.clock.advance(1_000);
    expect(run.events.findLast(({ type }) => type === 'step-waiting')).toMatchObject({
      index: 1,
      have: 0,
      want: 2,
      word: 'healthy',
      waiting: [{ id: 'B-0', why: expect.stringContaining('initial') as string }, { id: 'B-1' }],
    });
    await fake.finish(run.done);
    expect(run.events.findLast(({ type }) => type === 'step-waiting')).toMatchObject({ have: 2, want: 2, waiting: [] });
  });

  test('reads one pool a look, and the fleet too once an instance is gone', async () => {
    const fake = blueAndGreen();
    const run = start(fake, [REGISTER, { ...AWAIT, need: 'minimum', minimumHealthy: { total: 1, zones: { a: 1 } } }]);
    fake.sick.add('B-0');
    fake.checkMs = 60_000;
    await fake.clock.advance(10_000);
    expect(fake.asked.slice(-3).map(({ what }) => what)).toEqual(['read prod', 'read prod', 'read prod']);
    fake.instance('B-0', 'terminated');
    fake.target('prod', 'B-0', 'unused', 'Target.InvalidState');
    await fake.clock.advance(3_000);
    expect(fake.asked.slice(-2).map(({ what }) => what)).toEqual(['read prod', 'read fleets']);
    await fake.finish(run.done);
  });

  test('ends at its limit, with the step, the target and the last thing that was seen', async () => {
    const fake = blueAndGreen();
    fake.sick.add('B-1');
    const run = start(fake, PROMOTE);
    const error = await failureOf(fake, run.done);
    expect(error.step).toEqual(AWAIT);
    expect(error.message).toContain('120 s');
    expect(error.message).toContain('wait until healthy in prod');
    expect(error.waiting).toEqual([{ id: 'B-1', why: expect.stringContaining('Target.Timeout') as string }]);
    expect(run.events.at(-1)).toMatchObject({ type: 'step-failed', index: 1, waiting: error.waiting });
    expect(fake.changes).toEqual(['register prod B-0 B-1']);
  });

  test.each([
    ['await-running', { do: 'await-running', fleet: 'B' }, 300_000],
    ['await-drained', { do: 'await-drained', pool: 'prod', fleet: 'A' }, 60_000],
    ['an effect that never shows', { do: 'mark', fleet: 'B', mark: 'promoted', at: '' }, 60_000],
  ] as const)('%s has a limit of its own', async (_name, step, limitMs) => {
    const fake = blueAndGreen();
    fake.ignored = 1_000;
    fake.instance('B-0', 'pending');
    const from = fake.clock.monotonic();
    await failureOf(fake, start(fake, [step]).done);
    const last = fake.asked.at(-1)?.at ?? 0;
    expect(last - from).toBeGreaterThanOrEqual(limitMs);
    expect(last - from).toBeLessThan(limitMs + 5_001);
  });

  test('ends at once when it is in vain: no listener, or too few instances left', async () => {
    const unused = blueAndGreen();
    for (const id of ['B-0', 'B-1']) unused.target('prod', id, 'unused', 'Target.NotInUse');
    expect((await failureOf(unused, start(unused, [AWAIT]).done)).message).toContain('Target.NotInUse');
    expect(unused.asked.length).toBeLessThan(3);

    const few = blueAndGreen();
    const run = start(few, [REGISTER, AWAIT]);
    await few.clock.advance(1_000);
    few.instance('B-1', 'terminated');
    few.target('prod', 'B-1', 'unused', 'Target.InvalidState');
    expect((await failureOf(few, run.done)).message).toContain('1 short in a');
    expect(few.asked.at(-1)?.at).toBeLessThan(3_000);

    const boot = blueAndGreen();
    boot.instance('B-1', 'terminated');
    const error = await failureOf(boot, start(boot, [{ do: 'await-running', fleet: 'B' }]).done);
    expect(error.message).toContain('1 of 2 instances went away');
  });
});

/** Milliseconds between requests of that name. */
function gaps(fake: FakeWorld, what: string): readonly number[] {
  const times = fake.asked.filter((asked) => asked.what === what).map(({ at }) => at);
  return times.slice(1).map((time, index) => Math.round(time - (times[index] ?? 0)));
}
