import { expect, onTestFinished, test } from 'vitest';
import { AwsClock } from '../../src/aws/clock.ts';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import { openSession } from '../support/aws.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const MINUTE = 60_000;

/** An answer that takes that long, and is dated by a server whose clock is that far ahead of the machine's. */
async function answered(aws: AwsClock, machine: VirtualClock, aheadMs: number, tookMs: number): Promise<void> {
  const send = async () => {
    const date = new Date(machine.now() + aheadMs).toUTCString();
    await machine.advance(tookMs);
    return date;
  };
  await aws.timed(send, (date) => date);
}

test.each([
  ['slow', 10 * MINUTE],
  ['fast', -10 * MINUTE],
])('a machine whose clock is 10 minutes %s has the time of the answers', async (_, aheadMs) => {
  const machine = new VirtualClock();
  const aws = new AwsClock(machine);
  expect(aws.now()).toBe(machine.now());
  await answered(aws, machine, aheadMs, 100);
  expect(Math.abs(aws.now() - machine.now() - aheadMs)).toBeLessThanOrEqual(600);
  const before = aws.now();
  await answered(aws, machine, aheadMs, 20_000);
  expect(aws.now() - before, 'an answer that takes long').toBe(20_000);
});

test('a clock that is right is left alone, and so is one that is set right', async () => {
  const machine = new VirtualClock();
  const aws = new AwsClock(machine);
  await answered(aws, machine, -1500, 10);
  await answered(aws, machine, 1500, 10);
  expect(aws.now()).toBe(machine.now());
  await answered(aws, machine, 10 * MINUTE, 10);
  await answered(aws, machine, 0, 10);
  expect(Math.abs(aws.now() - machine.now())).toBeLessThanOrEqual(3000);
});

test('an answer without a date says nothing', async () => {
  const machine = new VirtualClock();
  const aws = new AwsClock(machine);
  for (const date of [undefined, '', 'soon'])
    await aws.timed(
      async () => 1,
      () => date,
    );
  expect(aws.now()).toBe(machine.now());
});

test('a session takes it from the answers', async () => {
  const sandbox = await quickSandbox();
  onTestFinished(async () => sandbox.close());
  const real = Date.now;
  const clock = {
    now: () => real() - 10 * MINUTE,
    monotonic: () => performance.now(),
    sleep: async () => undefined,
  };
  const session = openSession(sandbox.url, { clock });
  await new Elbv2(session).allTargetGroups();
  expect(Math.abs(session.clock.now() - real())).toBeLessThanOrEqual(3500);
});
