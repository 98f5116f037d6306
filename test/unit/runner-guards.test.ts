import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { NO_MINIMUM } from '../../src/domain/minimum-healthy.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Step } from '../../src/steps/index.ts';
import { Interrupted } from '../../src/run/engine/context.ts';
import { runSteps } from '../../src/run/engine/run-steps.ts';
import { DEREGISTER, failureOf, LIMITS, PROMOTE, REGISTER, start, UNCHANGED } from '../support/fake-run.ts';
import { blueAndGreen, type FakeWorld } from '../support/fake-world.ts';

describe('before each grave step the world is read again', () => {
  /** Something happens right after the last look of the step before. */
  async function after(fake: FakeWorld, steps: readonly Step[], happens: () => void) {
    const seen = { done: false };
    fake.onRequest = (what) => {
      if (what !== 'read pools' || seen.done) return;
      seen.done = true;
      happens();
    };
    return failureOf(fake, start(fake, steps).done);
  }

  test('green that gets sick stops the removal of blue', async () => {
    const fake = blueAndGreen();
    for (const id of ['B-0', 'B-1']) fake.target('prod', id, 'healthy');
    const error = await after(fake, [DEREGISTER], () => fake.target('prod', 'B-1', 'unhealthy', 'Target.Timeout'));
    expect(error.message).toContain('1 short in a of the minimum of 2');
    expect(fake.changes).toEqual([]);
  });

  test('green that gets sick while AWS forgets the removal: it is not asked for again', async () => {
    const fake = blueAndGreen();
    for (const id of ['B-0', 'B-1']) fake.target('prod', id, 'healthy');
    fake.ignored = 1;
    const run = start(fake, [DEREGISTER]);
    await fake.clock.advance(2_000);
    fake.target('prod', 'B-1', 'unhealthy', 'Target.Timeout');
    const error = await failureOf(fake, run.done);
    expect(error.message).toContain('1 short in a');
    expect(fake.changes).toHaveLength(1);
  });

  test('a minimum of zero still keeps one', async () => {
    const fake = blueAndGreen();
    for (const id of ['B-0', 'B-1']) fake.target('prod', id, 'unhealthy', 'Target.Timeout');
    for (const minimumHealthy of [{ total: 0, zones: { a: 0 } }, NO_MINIMUM]) {
      const error = await failureOf(fake, start(fake, [{ ...DEREGISTER, minimumHealthy }]).done);
      expect(error.message).toContain('would leave nothing healthy');
    }
    expect(fake.changes).toEqual([]);
  });

  // After more than a minute, which is the time in which the effect of the removal must show.
  test.each([30_000, 90_000])('and blue is removed once green is healthy again, %i ms later', async (ms) => {
    const fake = blueAndGreen();
    fake.target('prod', 'B-0', 'healthy');
    fake.target('prod', 'B-1', 'unhealthy', 'Target.Timeout');
    fake.later(ms, () => fake.target('prod', 'B-1', 'healthy'));
    await fake.finish(start(fake, [DEREGISTER]).done);
    expect(fake.asked.find(({ what }) => what.startsWith('deregister'))?.at).toBeGreaterThanOrEqual(ms);
  });

  test('and AWS is asked the seldomer the longer that takes', async () => {
    const fake = blueAndGreen();
    fake.target('prod', 'B-0', 'healthy');
    fake.target('prod', 'B-1', 'unhealthy', 'Target.Timeout');
    fake.later(90_000, () => fake.target('prod', 'B-1', 'healthy'));
    const looks: number[] = [];
    fake.onRequest = (what) => {
      if (what === 'read pools') looks.push(fake.clock.monotonic());
    };
    await fake.finish(start(fake, [DEREGISTER]).done);
    const between = (from: number, to: number) => looks.filter((at) => at >= from && at < to).length;
    expect(between(0, 10_000)).toBeGreaterThan(5);
    expect(between(30_000, 90_000)).toBeLessThanOrEqual(12);
  });

  test('and all that forbids it is looked at also while AWS is at work', async () => {
    const fake = blueAndGreen();
    for (const id of ['B-0', 'B-1']) fake.instance(id, 'shutting-down');
    fake.target('prod', 'B-0', 'draining');
    fake.later(5000, () => fake.target('prod', 'B-0', 'gone'));
    fake.later(50_000, () => ['B-0', 'B-1'].forEach((id) => fake.instance(id, 'terminated')));
    const limits = { ...LIMITS, healthyMs: 20_000 };
    await fake.finish(start(fake, [{ do: 'remove', fleet: 'B' }], fake.now, { limits }).done);
    expect(fake.changes).toHaveLength(1);
  });

  test('which may be throttled then as long as at any time', async () => {
    const fake = blueAndGreen();
    fake.target('prod', 'B-0', 'healthy');
    fake.target('prod', 'B-1', 'unhealthy', 'Target.Timeout');
    fake.later(90_000, () => fake.target('prod', 'B-1', 'healthy'));
    const throttled = { until: 120_000 };
    fake.onRequest = async (what) => {
      if (!what.startsWith('deregister') || fake.clock.monotonic() >= throttled.until) return;
      throw new OperatorError('throttled', 'Rate exceeded.', { transient: true });
    };
    await fake.finish(start(fake, [DEREGISTER]).done);
    expect(fake.now.pools[0]?.targets.map(({ id }) => id)).toEqual(['B-0', 'B-1']);
  });

  test('green that is not healthy anywhere any more is not registered', async () => {
    const fake = blueAndGreen();
    const error = await after(fake, [REGISTER], () => {
      for (const id of ['B-0', 'B-1']) fake.target('test', id, 'unhealthy', 'Target.Timeout');
    });
    expect(error.message).toContain('No instance of B is healthy now');
    expect(fake.changes).toEqual([]);
  });

  test('its fleet too, unless it was read a moment ago', async () => {
    const reads = async (passMs: number): Promise<readonly string[]> => {
      const fake = blueAndGreen();
      const from = { ...fake.now, at: fake.clock.now() };
      // For example, the time until the question is answered.
      await fake.clock.advance(passMs);
      await fake.finish(start(fake, [REGISTER], from).done);
      return fake.asked.map(({ what }) => what).filter((what) => what === 'read B');
    };
    expect(await reads(500)).toEqual([]);
    expect(await reads(60_000)).toEqual(['read B']);
  });

  test('and of green only those that are', async () => {
    const fake = blueAndGreen();
    const from = fake.now;
    fake.target('test', 'B-1', 'unhealthy', 'Target.Timeout');
    await fake.finish(start(fake, [REGISTER], from).done);
    expect(fake.changes).toEqual(['register prod B-0']);
  });

  test('what came back into production is not terminated', async () => {
    for (const state of ['healthy', 'initial', 'draining', 'unhealthy'] as const) {
      const fake = blueAndGreen();
      const error = await after(
        fake,
        [{ do: 'terminate', fleet: 'B', retentionS: 0, keeps: { fleet: 'A', groups: [] } }],
        () => fake.target('prod', 'B-0', state),
      );
      expect(error.message).toContain('B-0');
      expect(error.message).toContain('never terminated');
      expect(fake.changes).toEqual([]);
    }
  });

  test("a test group is nobody's production: no reading, no guard", async () => {
    const fake = blueAndGreen();
    await fake.finish(start(fake, [{ do: 'deregister', pool: 'test', fleet: 'B', minimumHealthy: NO_MINIMUM }]).done);
    // The last reading is one of everything, for the last sentence.
    expect(fake.asked.map(({ what }) => what)).toEqual(['deregister test B-0 B-1', 'read pools', 'read fleets']);
  });
});

describe('interruption', () => {
  async function interrupted(fake: FakeWorld, done: Promise<Snapshot>): Promise<void> {
    await expect(fake.finish(done)).rejects.toBeInstanceOf(Interrupted);
  }

  test('between two steps: the next one does not start', async () => {
    const fake = blueAndGreen();
    const run = start(fake, PROMOTE);
    fake.onRequest = (what) => {
      if (what.startsWith('register')) run.stop();
    };
    await interrupted(fake, run.done);
    expect(fake.changes).toEqual(['register prod B-0 B-1']);
    expect(run.events.filter(({ type }) => type === 'step-failed')).toEqual([]);
  });

  test('while it waits: at once', async () => {
    const fake = blueAndGreen();
    const run = start(fake, PROMOTE);
    await fake.clock.advance(1_010);
    run.stop();
    const requests = fake.asked.length;
    await interrupted(fake, run.done);
    expect(fake.asked).toHaveLength(requests);
    expect(fake.changes).toEqual(['register prod B-0 B-1']);
  });

  test('before the first step: nothing is asked for, nothing is recorded', async () => {
    const fake = blueAndGreen();
    const stop = new AbortController();
    stop.abort(new Interrupted('SIGTERM'));
    const reached: number[] = [];
    const done = runSteps(
      {
        ports: fake.ports,
        limits: LIMITS,
        emit: () => {},
        signal: stop.signal,
        ...UNCHANGED,
        reached: async (n) => void reached.push(n),
      },
      PROMOTE,
      fake.now,
    );
    await interrupted(fake, done);
    expect(fake.asked).toEqual([]);
    expect(reached).toEqual([]);
  });
});

test('the goal is recorded before the first change; when it cannot be, nothing is changed', async () => {
  const fake = blueAndGreen();
  const done = runSteps(
    {
      ports: fake.ports,
      limits: LIMITS,
      emit: () => {},
      signal: new AbortController().signal,
      ...UNCHANGED,
      reached: async () => Promise.reject(new Error('The disk is full.')),
    },
    PROMOTE,
    fake.now,
  );
  await expect(fake.finish(done)).rejects.toThrow('The disk is full.');
  expect(fake.changes).toEqual([]);
});

test('a decision is as old as the look that it rests on, from its beginning', async () => {
  const fake = blueAndGreen();
  for (const id of ['B-0', 'B-1']) fake.target('prod', id, 'healthy');
  const { traffic } = fake.ports;
  // The answer is on its way for a while, or the process is stopped before it is read.
  const read: typeof traffic.read = async (names) => {
    const seen = await traffic.read(names);
    await fake.clock.sleep(8000);
    return seen;
  };
  const ages: number[] = [];
  const run = start(fake, [DEREGISTER], fake.now, {
    ports: { ...fake.ports, traffic: { ...traffic, read } },
    decided: (lookedFrom) => void ages.push(fake.clock.monotonic() - lookedFrom),
  });
  await fake.finish(run.done);
  expect(ages).toEqual([8000]);
});
