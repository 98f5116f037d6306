import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createPullDeployer } from '../../src/deployers/pull.ts';
import type { DeployRequest } from '../../src/deployers/deployer.ts';
import { isRefusal, type Delivery, type GoalOf } from '../../src/domain/goal.ts';
import { boundText, fatesText, inWavesOf } from '../../src/domain/waves.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { BucketOfReleases } from '../../src/releases/bucket.ts';
import type { OrderProgress } from '../../src/releases/records.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { tasks } from '../../tasks/index.ts';
import type { OptionsOf } from '../../tasks/options.ts';
import { readOptions } from '../../tasks/options.ts';
import { rolling } from '../../tasks/rolling.ts';
import { published } from '../support/follow-world.ts';
import { MemoryObjects } from '../support/memory-objects.ts';
import { HOME, PLAIN, world } from '../support/worlds.ts';

const IN = { prod: 'healthy', test: '-' } as const;
const TEN = world([{ id: 'A', marks: HOME, members: Array.from({ length: 10 }, () => IN) }], {
  groups: ['prod'],
  zones: ['a', 'b'],
});
const CONVERGES = { pollS: 10, downloadS: 60, restartS: 120 };
const PULL: Delivery = { words: 'permits', check: true, migrate: 'no', movesPointer: true, converges: CONVERGES };

async function asked(options: Partial<OptionsOf<typeof rolling.options>>, delivery = PULL, snapshot = TEN) {
  const resolve = async () => ({ kind: '', summary: [], batches: [], request: {} });
  const requestedBy = { run: 'r1', who: 'ann', since: '2026-01-01T00:00:00.000Z' };
  return rolling.pinGoal({
    snapshot,
    options: { release: '42', ...options },
    requestedBy,
    settings: PLAIN,
    resolve,
    delivery,
  });
}

const WAVES = { wave: [10, 50, 100] } as const;

test.each([
  [10, [10, 50, 100], [1, 4, 5]],
  [3, [10, 50, 100], [1, 2]],
  [1, [10, 50, 100], [1]],
  [0, [50, 100], []],
  [7, [100], [7]],
])('of %i, %j are waves of %j', (n, shares, sizes) => {
  const all = Array.from({ length: n }, (_, i) => i);
  const waves = inWavesOf(all, shares);
  expect(waves.map(({ length }) => length)).toEqual(sizes);
  expect(waves.flat()).toEqual(all);
});

test.each(['50%', '50,10,100', '0,100', 'half,100%', '10%,101%', ''])('--wave %s is refused by name', (given) => {
  expect(() => readOptions(rolling.options, { release: '42', wave: given })).toThrow(
    /--wave takes ascending percentages that end with 100%/,
  );
});

test('a plan in waves takes nothing out, tells the bound, and counts a whole wave as gone', async () => {
  expect(readOptions(rolling.options, { release: '42', wave: '10%,50,100%' })).toMatchObject(WAVES);
  const goal = (await asked(WAVES)) as GoalOf<'rolling'>;
  expect(rolling.question(TEN, goal)).toBe('Deploy 42 to 10 instances, in 3 waves that serve meanwhile?');
  const { steps, notes } = rolling.plan(TEN, goal) as Plan;
  const kinds = ['permit-wave', 'check-instances', 'tag-release'];
  expect(steps.map((step) => step.do)).toEqual([...kinds, ...kinds, ...kinds, 'move-pointer']);
  expect(notes).toContain(
    'A wave stops when an instance has taken 3 min 10 s (10 s until it looks, 1 min to download, 2 min to restart and answer); those times are `deploy.converge`.',
  );
  expect(notes).toContain('Minimum healthy while 5 instances are out: prod 5 of 10.');
  expect(behaviourOf(steps[0]!).timeLimitMs({} as never, 'todo')).toBe(190_000);
  // Of two zones, no wave is more than its share of each.
  for (const wave of goal.batches) {
    const inA = wave.filter((id) => TEN.fleets[0]?.instances.find((one) => one.id === id)?.zone === 'a').length;
    expect(Math.abs(2 * inA - wave.length)).toBeLessThanOrEqual(1);
  }
});

test('a wave of all of them is refused, and what is advised instead is accepted', async () => {
  const goal = (await asked({ wave: [100] })) as GoalOf<'rolling'>;
  const no = rolling.plan(TEN, goal);
  expect(no).toMatchObject({
    refused: 'not-safe',
    next: expect.arrayContaining(['`--batch 4` instead of `--wave` keeps enough healthy.']),
  });
  const instead = (await asked({ batch: { count: 4 } })) as GoalOf<'rolling'>;
  expect(isRefusal(rolling.plan(TEN, instead))).toBe(false);
  const all = (await asked({ wave: [100], allowDowntime: true })) as GoalOf<'rolling'>;
  expect(isRefusal(rolling.plan(TEN, all))).toBe(false);
});

test('other deployers refuse --wave by name', async () => {
  const { converges: _, movesPointer: __, ...pushed } = PULL;
  expect(await asked(WAVES, { ...pushed, words: './deploy.sh' })).toMatchObject({
    refused: 'waves-not-pulled',
    message: expect.stringContaining('deploys with ./deploy.sh'),
  });
});

test('an Auto Scaling group is refused by name: it may replace what restarts', async () => {
  const grouped = { ...TEN, fleets: TEN.fleets.map((fleet) => ({ ...fleet, group: { name: 'shop-a' } as never })) };
  expect(await asked(WAVES, PULL, grouped)).toMatchObject({
    refused: 'waves-in-group',
    message: expect.stringContaining('shop-a is an Auto Scaling group'),
  });
});

describe('when the bound of a wave has passed', () => {
  const all = ['i-1', 'i-2', 'i-3', 'i-4', 'i-5'].map((id) => ({ id }) as DeployRequest['instances'][number]);
  const request: DeployRequest = {
    token: 'r1/1',
    since: '',
    environment: 'shop',
    release: '42',
    instances: all,
    migrate: false,
  };

  test('done, failed, late and lost are told apart, by what S3 says of the times of permit and report', async () => {
    const objects = new MemoryObjects();
    const bucket = new BucketOfReleases(objects, 'shop');
    const runs = await published(bucket, '42');
    const report = async (instance: string, progress?: OrderProgress, problem?: string) =>
      bucket.writeReport({
        instance,
        everyMs: 60_000,
        runs,
        ...(progress && { progress }),
        ...(problem && { problem }),
      });
    objects.now = 1000;
    for (const { id } of all) if (id !== 'i-5') await report(id);
    objects.now = 50_000;
    const at = { now: 60_000 };
    const deployer = createPullDeployer(bucket, { clock: { ...systemClock, now: () => at.now }, by: 'ann' });
    await deployer.start(request);
    objects.now = 55_000;
    await report('i-1', { kind: 'permit', number: 1, state: 'done' });
    await report('i-2', { kind: 'permit', number: 1, state: 'working' });
    await report('i-3', undefined, 'the disk is full');
    // What the one of before was told is no answer to this permit.
    await report('i-4', { kind: 'permit', number: 0, state: 'done' });
    const told = async () => fatesText((await deployer.status(request))?.instances ?? []);
    expect(await told()).toBe(
      '1 done; 3 late: i-2, i-3 (the disk is full) and i-4; 1 lost: i-5 (it has not reported since its permit)',
    );
    at.now = 300_000;
    expect(await told()).toContain('i-2 (it has begun, and has not reported lately)');
    // What is lost does not change when it comes back: its permit is withdrawn.
    expect(await deployer.stop(request)).toBe(false);
    const states = await Promise.all(all.map(async ({ id }) => bucket.permit(id)));
    expect(states.map((one) => (one === 'same' ? one : one?.value.state))).toEqual([
      'given',
      'given',
      'withdrawn',
      'withdrawn',
      'withdrawn',
    ]);
  });

  test('what was begun stays in traffic, and the last sentence says so', () => {
    const fleet = TEN.fleets[0]!;
    const deploy = { release: '42', run: 'r1', state: 'started' } as const;
    const snapshot = {
      ...TEN,
      fleets: [{ ...fleet, instances: fleet.instances.map((one) => (one.id === 'A-0' ? { ...one, deploy } : one)) }],
    };
    const goal = {
      verb: 'rolling',
      run: 'r1',
      batches: [['A-0'], ['A-1']],
      release: '42',
      waves: [50, 100],
      fleet: 'A',
    };
    const after = tasks.rolling.afterFailure(snapshot, goal as never, {} as never);
    expect(after).toMatchObject({
      leave: 'safe',
      message: expect.stringMatching(
        /^A-0 is in traffic, and 42 was not proven on all of this wave\..*no further wave has begun\./s,
      ),
    });
  });
});

test('the bound is the sum of its parts, and tells them', () => {
  expect(boundText({ pollS: 5, downloadS: 30, restartS: 25 })).toMatch(
    /^1 min( 0 s)? \(5 s until it looks, 30 s to download/,
  );
});
