import { describe, expect, test } from 'vitest';
import { bucketOf } from '../../src/aws/buckets.ts';
import { Limiter } from '../../src/aws/limiter.ts';
import { createThrottle, THROTTLE_RULES, type Throttle } from '../../src/sandbox/api/throttle.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** Several programs in one account, whose requests take from the same buckets of AWS. */

interface Tally {
  answered: number;
  throttled: number;
}

/** A run that reads five groups' health as fast as its limiter lets it; what is throttled is sent again after a second. */
async function run(clock: VirtualClock, aws: Throttle, until: number): Promise<Tally> {
  const { burst } = bucketOf('elasticloadbalancing', 'DescribeTargetHealth');
  const limiter = new Limiter(clock, 5, burst);
  const tally = { answered: 0, throttled: 0 };
  await Promise.all(Array.from({ length: 5 }, async () => readOften(clock, aws, until, limiter, tally)));
  return tally;
}

async function readOften(
  clock: VirtualClock,
  aws: Throttle,
  until: number,
  limiter: Limiter,
  tally: Tally,
): Promise<void> {
  for (;;) {
    await limiter.take();
    if (clock.monotonic() >= until) return;
    if (aws.admit('elbv2', 'DescribeTargetHealth')) tally.answered += 1;
    else {
      tally.throttled += 1;
      limiter.throttled();
      await clock.sleep(1000);
    }
  }
}

/** Another program, without a limit of its own. */
async function neighbour(clock: VirtualClock, aws: Throttle, perSecond: number, until: number): Promise<void> {
  while (clock.monotonic() < until) {
    aws.admit('elbv2', 'DescribeTargetHealth');
    await clock.sleep(1000 / perSecond);
  }
}

async function together(clock: VirtualClock, runs: readonly Promise<Tally>[], seconds: number): Promise<Tally[]> {
  await clock.advance(seconds * 1000 + 20_000);
  return Promise.all(runs);
}

describe('in one account', () => {
  test('two runs share what AWS allows, and neither is throttled', async () => {
    const clock = new VirtualClock();
    const aws = createThrottle(clock, true);
    const tallies = await together(clock, [run(clock, aws, 60_000), run(clock, aws, 60_000)], 60);
    for (const tally of tallies) {
      expect(tally.throttled).toBe(0);
      expect(tally.answered).toBeGreaterThan(300);
    }
  });

  test('three runs are each throttled now and then, and all go on', async () => {
    const clock = new VirtualClock();
    const aws = createThrottle(clock, true);
    const tallies = await together(
      clock,
      [1, 2, 3].map(async () => run(clock, aws, 60_000)),
      60,
    );
    for (const tally of tallies) {
      expect(tally.answered).toBeGreaterThan(100);
      expect(tally.throttled).toBeLessThan(tally.answered / 10);
    }
  });

  test('beside a neighbour who eats the bucket it asks less often; once that one has gone, as often as before', async () => {
    const clock = new VirtualClock();
    const aws = createThrottle(clock, true);
    const eating = neighbour(clock, aws, 50, 60_000);
    const [beside] = await together(clock, [run(clock, aws, 60_000)], 60);
    await eating;
    expect((beside?.throttled ?? 0) + (beside?.answered ?? 0)).toBeLessThan(120);
    const from = clock.monotonic();
    const [after] = await together(clock, [run(clock, aws, from + 60_000)], 60);
    expect(after).toMatchObject({ throttled: 0, answered: expect.toSatisfy((n: number) => n > 300) });
  });
});

test('a limiter that was throttled has its whole rate again after a while', async () => {
  const clock = new VirtualClock();
  const limiter = new Limiter(clock, 10, 1);
  await limiter.take();
  limiter.throttled();
  const next = { at: 0 };
  void limiter.take().then(() => (next.at = clock.monotonic()));
  await clock.advance(1000);
  expect(next.at).toBe(200);
  await clock.advance(20_000);
  for (let n = 0; n < 2; n += 1) void limiter.take().then(() => (next.at = clock.monotonic()));
  await clock.advance(1000);
  expect(next.at).toBe(21_000 + 100);
});

test.each([
  ['elasticloadbalancing', 'elbv2', 'DescribeTargetHealth'],
  ['elasticloadbalancing', 'elbv2', 'RegisterTargets'],
  ['elasticloadbalancing', 'elbv2', 'ModifyRule'],
  ['ec2', 'ec2', 'RunInstances'],
  ['ec2', 'ec2', 'DescribeInstances'],
  ['ec2', 'ec2', 'CreateTags'],
  ['opsworks', 'opsworks', 'DescribeLayers'],
])(
  'of %s, as %s in the sandbox, a burst of %s is at most half of what AWS allows at once',
  (service, inSandbox, name) => {
    const rule = THROTTLE_RULES.find((one) => one.service === inSandbox && one.operations.test(name));
    expect(bucketOf(service, name).burst).toBeLessThanOrEqual((rule?.burst ?? 0) / 2);
  },
);

test('Route 53 counts reads and changes together', () => {
  expect(bucketOf('route53', 'ListHostedZones')).toBe(bucketOf('route53', 'ChangeResourceRecordSets'));
});
