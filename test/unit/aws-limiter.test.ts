import { expect, test } from 'vitest';
import { Limiter } from '../../src/aws/limiter.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** Asks `count` times at once, and notes at which millisecond each may go. */
function askAll(limiter: Limiter, clock: VirtualClock, count: number): number[] {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) void limiter.take().then(() => times.push(clock.monotonic()));
  return times;
}

test('a burst goes at once, the rest evenly and in order', async () => {
  const clock = new VirtualClock();
  const times = askAll(new Limiter(clock, 10, 3), clock, 6);
  await clock.advance(1_000);
  expect(times).toEqual([0, 0, 0, 100, 200, 300]);
});

test('an idle time fills the burst again, and no more than that', async () => {
  const clock = new VirtualClock();
  const limiter = new Limiter(clock, 10, 3);
  askAll(limiter, clock, 3);
  await clock.advance(60_000);
  const times = askAll(limiter, clock, 5);
  await clock.advance(1_000);
  expect(times).toEqual([60_000, 60_000, 60_000, 60_100, 60_200]);
});

test('a wall clock that is set back does not matter', async () => {
  const clock = new VirtualClock();
  const limiter = new Limiter(clock, 10, 1);
  askAll(limiter, clock, 1);
  clock.setBy(-3_600_000);
  const times = askAll(limiter, clock, 2);
  await clock.advance(1_000);
  expect(times).toEqual([100, 200]);
});
