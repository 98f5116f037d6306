import { describe, expect, test } from 'vitest';
import { checkOnce, type HealthProbe } from '../../src/sandbox/balancer/probe.ts';
import { createScheduler } from '../../src/sandbox/scheduler.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

describe('a scheduler', () => {
  test('runs tasks when they are due, in order, and those with the same due time in the order of addition', async () => {
    const clock = new VirtualClock();
    const scheduler = createScheduler(clock);
    const done: string[] = [];
    const start = clock.monotonic();
    for (const [name, ms] of Object.entries({ c: 30, a: 10, d: 30, b: 20, now: 0, past: -5 })) {
      scheduler.after(ms, () => void done.push(`${name} ${clock.monotonic() - start}`));
    }
    expect(done).toEqual(['now 0', 'past 0']);
    await clock.advance(100);
    expect(done.slice(2)).toEqual(['a 10', 'b 20', 'c 30', 'd 30']);
  });

  test('uses one timer for all tasks', async () => {
    const clock = new VirtualClock();
    const scheduler = createScheduler(clock);
    let done = 0;
    for (let ms = 1; ms <= 100; ms += 1) scheduler.after(ms, () => void (done += 1));
    expect(clock.sleeping).toBe(1);
    await clock.advance(50);
    expect(done).toBe(50);
    expect(clock.sleeping).toBe(1);
  });

  test('does not run cancelled tasks, also if one due at the same time cancels them', async () => {
    const clock = new VirtualClock();
    const scheduler = createScheduler(clock);
    const done: string[] = [];
    const callOff = { b: () => {} };
    scheduler.after(10, () => {
      done.push('a');
      callOff.b();
    });
    callOff.b = scheduler.after(10, () => void done.push('b'));
    scheduler.after(5, () => void done.push('c'))();
    await clock.advance(100);
    expect(done).toEqual(['a']);
    expect(clock.sleeping).toBe(0);
  });

  test('runs no tasks once it is closed', async () => {
    const clock = new VirtualClock();
    const scheduler = createScheduler(clock);
    const done: string[] = [];
    scheduler.after(10, () => void done.push('before'));
    scheduler.close();
    scheduler.after(0, () => void done.push('after'));
    expect(clock.sleeping).toBe(0);
    await clock.advance(100);
    expect(done).toEqual([]);
  });
});

describe('the timeout of a health check', () => {
  const check = { host: '127.0.0.1', port: 80, path: '/' };
  const terms = { timeoutMs: 500, accepts: (code: number) => code === 200 };

  /** Responds when `respond` is called. */
  function askedProbe() {
    const asked = Promise.withResolvers<number>();
    const probe: HealthProbe = async (_check, signal) => {
      signal.addEventListener('abort', () => asked.reject(new Error('aborted')));
      return await asked.promise;
    };
    return { probe, answer: asked.resolve };
  }

  test('starts with the check', async () => {
    const clock = new VirtualClock();
    const scheduler = createScheduler(clock);
    const { probe } = askedProbe();
    const result = checkOnce(probe, check, terms, { clock, scheduler, signal: new AbortController().signal });
    await clock.advance(500);
    expect(await result).toEqual({ ok: false, cause: 'timeout' });
  });

  test('does not include time in which this process did not run', async () => {
    const clock = new VirtualClock();
    const scheduler = createScheduler(clock);
    const { probe, answer } = askedProbe();
    const result = checkOnce(probe, check, terms, { clock, scheduler, signal: new AbortController().signal });
    clock.jump(2_000);
    await clock.advance(0);
    answer(200);
    expect(await result).toEqual({ ok: true });
    scheduler.close();
  });
});
