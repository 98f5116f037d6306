import { describe, expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import type { Pool, Snapshot } from '../../src/domain/snapshot.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { OptionsOf } from '../../tasks/options.ts';
import { rolling } from '../../tasks/rolling.ts';
import { planFor } from '../laws/check.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PLAIN, PROMOTED, world, type FleetSpec } from '../support/worlds.ts';

/** What a target group wants of its targets while they come and go: health in percent, slow start, zones of a quota. */

const IN = { prod: 'healthy' } as const;
const TRIED = { test: 'healthy' } as const;
const BLUE: FleetSpec = { id: 'A', marks: HOME, members: [IN, IN] };
const GREEN: FleetSpec = { id: 'B', marks: {}, members: [TRIED, TRIED] };
const BOTH = world([BLUE, GREEN]);
const BACK = world([
  { ...BLUE, members: [TRIED, TRIED] },
  { ...GREEN, marks: PROMOTED, members: [IN, IN] },
]);

function withPool(snapshot: Snapshot, name: string, facts: Partial<Pool>): Snapshot {
  return { ...snapshot, pools: snapshot.pools.map((pool) => (pool.name === name ? { ...pool, ...facts } : pool)) };
}

async function planned(snapshot: Snapshot, verb: 'promote' | 'rollback', wish: object = {}): Promise<Plan> {
  const answer = await planFor(snapshot, verb, wish);
  if (isRefusal(answer)) throw new Error(`${answer.refused}: ${answer.message}`);
  return answer.plan;
}

async function rolled(snapshot: Snapshot, options: Partial<OptionsOf<typeof rolling.options>> = {}): Promise<Plan> {
  const requestedBy = { run: 'r1', who: 'ann', since: '2026-01-01T00:00:00.000Z' };
  const delivery = { words: './deploy.sh', check: false, migrate: 'no' } as const;
  const resolve = async () => ({ kind: '', summary: [], batches: [], request: {} });
  const asked = { release: 'C', ...options };
  const goal = await rolling.pinGoal({ snapshot, options: asked, requestedBy, settings: PLAIN, resolve, delivery });
  const plan = isRefusal(goal) ? goal : rolling.plan(snapshot, goal);
  if (isRefusal(plan)) throw new Error(`${plan.refused}: ${plan.message}`);
  return plan;
}

const kinds = ({ steps }: Plan): readonly string[] => steps.map((step) => step.do);

describe('health in percent of what is registered', () => {
  const wants = (percent: number, snapshot = BOTH) => withPool(snapshot, 'prod', { routesToAllBelowPercent: percent });

  test('must not be lost by what comes in, whose health is not known yet; batches that keep it are accepted', async () => {
    const no = await planFor(wants(60), 'promote', {});
    expect(no).toMatchObject({
      refused: 'too-few-targets',
      message:
        '2 of 4 targets while B comes in would be healthy in prod, and below 60 % ELB sends requests to all of them, also to those that are not healthy.',
      next: [
        expect.stringContaining('`turnout promote --batch 1`'),
        expect.stringContaining('minimum_healthy_targets.percentage,Value=50`'),
      ],
    });
    expect(await planned(wants(60), 'promote', { batch: { count: 1 } })).toBeDefined();
    expect(await planned(wants(50), 'promote')).toBeDefined();
    // No batch is small enough.
    expect(await planFor(wants(70), 'promote', { batch: { count: 1 } })).toMatchObject({
      refused: 'too-few-targets',
      next: [expect.stringContaining('Value=66`')],
    });
  });

  test('is no reason where production has not got it either', async () => {
    const sick = world([{ ...BLUE, members: [IN, { prod: 'unhealthy' }] }, GREEN]);
    expect(await planned(wants(60, sick), 'promote')).toBeDefined();
  });

  test('is told on the way back, which is not refused for it', async () => {
    expect((await planned(wants(60, BACK), 'rollback')).notes).toEqual([
      '2 of 4 targets while A comes in would be healthy in prod, and below 60 % ELB sends requests to all of them, also to those that are not healthy.',
    ]);
    expect((await planned(wants(50, BACK), 'rollback')).notes).toEqual([]);
  });

  test('must be reached by the new fleet alone, where some of it need not be healthy', async () => {
    const members = [TRIED, TRIED, { test: 'unhealthy' }] as const;
    const some = world([
      { ...BLUE, members: [IN, IN, IN, IN, IN, IN] },
      { ...GREEN, members },
    ]);
    const wish = { minHealthy: { count: 2 } };
    expect(await planFor(wants(67, some), 'promote', { ...wish, batch: { count: 1 } })).toMatchObject({
      refused: 'too-few-targets',
      message: expect.stringContaining('2 of 3 targets of B would be healthy in prod'),
    });
    expect(await planned(wants(66, some), 'promote', wish)).toBeDefined();
    const divided = weightedWorld({
      fleets: [
        { id: 'A', marks: HOME, members: [{ one: 'healthy' }, { one: 'healthy' }] },
        { id: 'B', marks: {}, members: [{ two: 'healthy' }, { two: 'unhealthy' }] },
      ],
      production: [0],
      test: 100,
    });
    const least = { minHealthy: { count: 1 } };
    expect(await planFor(withPool(divided, 'two', { routesToAllBelowPercent: 60 }), 'promote', least)).toMatchObject({
      refused: 'too-few-targets',
      message: expect.stringContaining('1 of 2 targets of B would be healthy in two'),
    });
    expect(await planned(withPool(divided, 'one', { routesToAllBelowPercent: 60 }), 'promote', least)).toBeDefined();
  });

  test('is told of a batch in place, and of DNS', async () => {
    expect((await rolled(wants(60, world([BLUE])))).notes).toContainEqual(
      expect.stringMatching(/^1 of 2 targets while a batch comes back would be healthy in prod, /),
    );
    expect((await rolled(wants(50, world([BLUE])))).notes.join(' ')).not.toContain('comes back');
    const dns = (percent: number) => withPool(BOTH, 'prod', { leavesDnsBelowPercent: percent });
    expect((await planned(dns(60), 'promote')).notes).toEqual([
      'ELB takes all zones out of DNS while fewer than 60 % of the targets in prod are healthy, as they may be while B comes in.',
    ]);
    expect((await planned(dns(50), 'promote')).notes).toEqual([]);
  });
});

describe('slow start', () => {
  const slow = { slowStartS: 40 };

  test('is waited for in place before the next batch leaves, and not after the last', async () => {
    const snapshot = withPool(world([{ ...BLUE, members: [IN, IN, IN] }]), 'prod', slow);
    const all = await rolled(snapshot);
    const each = ['deregister-everywhere', 'deploy', 'register-back', 'tag-release'];
    expect(kinds(all)).toEqual([...each, 'await-slow-start', ...each, 'await-slow-start', ...each]);
    expect(all.steps[4]).toMatchObject({ pool: 'prod', instances: ['A-0'], seconds: 40 });
    expect(kinds(await rolled(snapshot, { allowSlowStart: true }))).not.toContain('await-slow-start');
  });

  test('is told on the way back, which does not wait for it', async () => {
    const back = await planned(withPool(BACK, 'prod', slow), 'rollback');
    expect(kinds(back)).not.toContain('await-slow-start');
    expect(back.notes).toEqual([
      'prod has a slow start of 40 s, which ends when the others leave: servers that come in get their whole share of requests at once.',
    ]);
    const half = world([BLUE, { ...GREEN, marks: PROMOTED, members: [IN, IN] }]);
    expect((await planned(withPool(half, 'prod', slow), 'rollback')).notes).toEqual([]);
  });
});

test("a Network Load Balancer's quota is that of each zone, and counted there", async () => {
  const NLB = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/shop/50dc6c495c0c9188';
  const near = (targetsPerZoneMax: number, zones: readonly string[]): Snapshot => {
    const both = world([BLUE, GREEN], { groups: ['prod'], zones });
    const limits = { loadBalancers: [NLB], targetsMax: 3000, targetsPerZoneMax };
    return withPool(withPool(both, 'prod', limits), 'test', limits);
  };
  expect(await planFor(near(3, ['a', 'b']), 'promote', {})).toMatchObject({
    refused: 'too-many-targets',
    message:
      'This needs up to 4 targets in a at the load balancer of prod, and its quota is 3: each server counts in every group, also while it drains.',
    next: [expect.stringContaining('a quota of 4 targets per Availability Zone and load balancer')],
  });
  expect(await planned(near(4, ['a', 'b']), 'promote')).toBeDefined();
  expect(await planFor(near(4, ['a']), 'promote', {})).toMatchObject({ refused: 'too-many-targets' });
  const alone = (max: number): Snapshot => {
    const pools = near(max, ['a', 'b']).pools.map((pool) => {
      return { ...pool, targets: pool.targets.filter(({ id }) => id.startsWith('A')) };
    });
    return { ...near(max, ['a', 'b']), fleets: [near(max, ['a', 'b']).fleets[0]!], pools };
  };
  expect(await planFor(alone(3), 'up', { release: 'C' })).toMatchObject({
    refused: 'too-many-targets',
    message: expect.stringMatching(/^A promote of them would need up to 4 targets in a /),
  });
  expect(await planFor(alone(4), 'up', { release: 'C' })).toHaveProperty('plan.steps');
});
