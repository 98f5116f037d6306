import { describe, expect, test } from 'vitest';
import type { Pool, Snapshot } from '../../src/domain/snapshot.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planFor } from '../laws/check.ts';
import { Rig } from '../support/fake-run-task.ts';
import { attachedWorld } from '../support/attached-worlds.ts';
import { LIMITS } from '../support/fake-run.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { ALONE, HOME, PROMOTED, world, type FleetSpec } from '../support/worlds.ts';

/** What the settings of target groups show before anything changes. */

const BLUE: FleetSpec = { id: 'A', marks: HOME, members: [{ prod: 'healthy' }, { prod: 'healthy' }] };
const GREEN: FleetSpec = { id: 'B', marks: {}, members: [{ test: 'healthy' }, { test: 'healthy' }] };
const ALB = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188';
const NLB = ALB.replace('/app/', '/net/');

const ALONE_A = world([BLUE]);
const BOTH = world([BLUE, GREEN]);

function withPool(snapshot: Snapshot, name: string, facts: Partial<Pool>): Snapshot {
  return { ...snapshot, pools: snapshot.pools.map((pool) => (pool.name === name ? { ...pool, ...facts } : pool)) };
}

/** The world as it was before the fleet came up. */
function without({ fleets, pools }: Snapshot, id: string): Pick<Snapshot, 'fleets' | 'pools'> {
  const stay = pools.map((pool) => ({ ...pool, targets: pool.targets.filter((one) => !one.id.startsWith(`${id}-`)) }));
  return { fleets: fleets.filter((fleet) => fleet.id !== id), pools: stay };
}

const up = async (snapshot: Snapshot) => planFor(snapshot, 'up', { release: 'R' });
const promote = async (snapshot: Snapshot) => planFor(snapshot, 'promote', {});

describe('a group that nothing forwards to', () => {
  test('is refused before anything boots, with the listener that it lacks', async () => {
    const used = withPool(ALONE_A, 'prod', { loadBalancers: [ALB], protocol: 'HTTP' });
    const unused = await up(withPool(used, 'test', { loadBalancers: [], protocol: 'HTTP' }));
    expect(unused).toMatchObject({
      refused: 'unused-target-group',
      message:
        'No listener and no rule forwards to test: no test traffic would reach it, and ELB checks no health there.',
    });
    expect(unused).toHaveProperty(
      'next.0',
      expect.stringContaining(
        `\`aws elbv2 create-listener --load-balancer-arn ${ALB} --protocol HTTP --port 8081 --default-actions Type=forward,TargetGroupArn=arn:test\``,
      ),
    );
    const tcp = withPool(ALONE_A, 'prod', { loadBalancers: [NLB], protocol: 'TCP' });
    expect(await up(withPool(tcp, 'test', { loadBalancers: [], protocol: 'TCP' }))).toHaveProperty(
      'next.0',
      expect.stringContaining(`${NLB} --protocol TCP --port 8080 `),
    );
  });

  test('keeps production from moving', async () => {
    for (const name of ['prod', 'test'])
      expect(await promote(withPool(BOTH, name, { loadBalancers: [] }))).toMatchObject({
        refused: 'unused-target-group',
      });
    expect(await promote(withPool(BOTH, 'test', { loadBalancers: [ALB] }))).toHaveProperty('plan.steps');
  });

  test('for test traffic keeps no switch from being finished, and no rollback', async () => {
    const half = world([BLUE, { ...GREEN, marks: PROMOTED, members: [{ prod: 'healthy', test: 'healthy' }] }]);
    expect(await promote(withPool(half, 'test', { loadBalancers: [] }))).not.toMatchObject({
      refused: 'unused-target-group',
    });
    for (const name of ['prod', 'test'])
      expect(await planFor(withPool(half, name, { loadBalancers: [] }), 'rollback', {})).toHaveProperty('plan.steps');
  });

  test('gets a rule for test traffic where weights move traffic', async () => {
    const members = [{ one: 'healthy' }] as const;
    const listener = weightedWorld({ fleets: [{ ...BLUE, members }], production: [0], test: 100 });
    expect(await up(withPool(listener, 'two', { loadBalancers: [] }))).toHaveProperty('plan.steps');
    const names = weightedWorld({ fleets: [{ ...BLUE, members }], production: [0], test: 100, byName: true });
    expect(await up(withPool(names, 'two', { loadBalancers: [] }))).toMatchObject({ refused: 'unused-target-group' });
  });
});

test('a production group to which every rule gives the weight 0 has no traffic to move', async () => {
  const route = (prod: number) => {
    return { name: 'shop:80', by: 'listener', url: 'http://shop/', weights: { prod, other: 1 }, stickyS: 0 } as const;
  };
  const none: Snapshot = { ...BOTH, outside: { ...ALONE, routes: [route(0)] } };
  expect(await promote(none)).toMatchObject({
    refused: 'no-production-traffic',
    message: 'prod gets no requests: shop:80 gives it the weight 0.',
  });
  expect(await promote({ ...none, outside: { ...ALONE, routes: [route(0), route(5)] } })).toHaveProperty('plan.steps');
});

test('a port that no target of production is registered at', async () => {
  for (const plan of [
    await up(withPool(ALONE_A, 'prod', { port: 80 })),
    await promote(withPool(BOTH, 'prod', { port: 80 })),
  ])
    expect(plan).toMatchObject({
      refused: 'other-port',
      message: 'prod has 2 targets at port 8080, and new ones would be registered at port 80.',
      next: [expect.stringContaining('`port: 8080`')],
    });
});

describe('a deregistration delay', () => {
  test('below half a minute is a note wherever servers leave production', async () => {
    const short = withPool(BOTH, 'prod', { deregistrationDelayS: 0 });
    const note =
      'prod has a deregistration delay of 0 s: requests that take longer are cut off when their server leaves.';
    expect(await promote(short)).toHaveProperty('plan.notes', [note]);
    expect(await planFor(short, 'drain', { instances: ['A-0'] })).toHaveProperty(
      'plan.notes',
      expect.arrayContaining([note]),
    );
    expect(await up(withPool(ALONE_A, 'prod', { deregistrationDelayS: 0 }))).not.toHaveProperty(
      'plan.notes',
      expect.arrayContaining([note]),
    );
    expect(await promote(BOTH)).toHaveProperty('plan.notes', []);
  });

  test('that a step may not wait for is refused before anything leaves', async () => {
    const rig = new Rig();
    rig.fake.set((snapshot) => withPool(snapshot, 'prod', { deregistrationDelayS: LIMITS.releasedMs / 1000 }));
    for (const plan of [true, false])
      expect(await rig.run('drain', { instances: ['A-0'] }, { plan, yes: true })).toMatchObject({
        code: 'drains-too-long',
        message: expect.stringContaining('`timeouts.drained`'),
      });
    expect(rig.fake.changes).toEqual([]);
    rig.fake.set((snapshot) => withPool(snapshot, 'prod', { deregistrationDelayS: 1 }));
    expect(await rig.run('drain', { instances: ['A-0'] })).toMatchObject({ result: 'done' });
  });
});

describe('tags', () => {
  const tagged = (count: number, snapshot = BOTH): Snapshot => {
    const fleets = snapshot.fleets.map((fleet) => ({
      ...fleet,
      instances: fleet.instances.map((one) => ({ ...one, tags: { count, own: ['environment', 'fleet', 'release'] } })),
    }));
    return { ...snapshot, fleets };
  };

  test('that AWS would refuse to write are counted before anything is changed', async () => {
    expect(await planFor(tagged(49), 'drain', { instances: ['A-0'] })).toMatchObject({
      refused: 'too-many-tags',
      message: 'A-0 has 49 tags of the 50 that AWS allows, and this needs 2 more (left and store).',
      next: [expect.stringContaining('Remove 1 tag from A-0')],
    });
    expect(await promote(tagged(49))).toMatchObject({
      refused: 'too-many-tags',
      message: expect.stringContaining('3 other instances have too many as well'),
    });
    expect(await planFor(tagged(48), 'drain', { instances: ['A-0'] })).toHaveProperty('plan.steps');
    expect(await promote(tagged(46))).toHaveProperty('plan.steps');
  });

  test('of a switch for which TTLs are lowered are one more', async () => {
    const byNames = weightedWorld({
      fleets: [
        { id: 'A', marks: HOME, members: [{ one: 'healthy' }] },
        { id: 'B', marks: {}, members: [{ two: 'healthy' }] },
      ],
      production: [0],
      test: 100,
      byName: true,
    });
    expect(await promote(tagged(46, byNames))).toMatchObject({
      refused: 'too-many-tags',
      message: expect.stringContaining(
        'this needs 5 more (promoted, current, share, store and lowered), and 1 other instance has too many',
      ),
    });
    expect(await promote(tagged(45, byNames))).toHaveProperty('plan.steps');
  });
});

describe('slow start', () => {
  const slow = withPool(BOTH, 'prod', { slowStartS: 40 });
  const kinds = (planned: object): readonly string[] =>
    'plan' in planned ? (planned.plan as Plan).steps.map((step) => step.do) : [];

  test('is waited for before blue leaves, which would end it, and not on the way back', async () => {
    const all = kinds(await promote(slow));
    expect(all.indexOf('await-slow-start')).toBe(all.indexOf('await-healthy') + 1);
    expect(all.indexOf('deregister')).toBeGreaterThan(all.indexOf('await-slow-start'));
    expect(kinds(await planFor(slow, 'promote', { allowSlowStart: true }))).not.toContain('await-slow-start');
    expect(kinds(await promote(BOTH))).not.toContain('await-slow-start');
    const back = world([
      { ...BLUE, members: [{ test: 'healthy' }] },
      { ...GREEN, marks: PROMOTED, members: [{ prod: 'healthy' }] },
    ]);
    expect(kinds(await planFor(withPool(back, 'prod', { slowStartS: 40 }), 'rollback', {}))).not.toContain(
      'await-slow-start',
    );
  });

  test('is waited for by what an attached group grows to in production, too', async () => {
    const all = kinds(await promote(attachedWorld(slow)));
    const [grown, waited, grownMeanwhile, left] = [
      all.indexOf('match-size'),
      all.indexOf('await-slow-start'),
      all.lastIndexOf('match-size'),
      all.indexOf('detach'),
    ];
    expect([-1, grown, waited, grownMeanwhile, left]).toEqual(
      [-1, grown, waited, grownMeanwhile, left].toSorted((a, b) => a - b),
    );
    expect(
      kinds(await planFor(attachedWorld(slow), 'promote', { allowSlowStart: true })).filter(
        (one) => one === 'match-size',
      ),
    ).toHaveLength(1);
  });

  test('takes its time from when the new targets were seen healthy, and is over in a run', async () => {
    const rig = new Rig();
    rig.fake.set((snapshot) => withPool(snapshot, 'prod', { slowStartS: 40 }));
    const slowly = await rig.run('promote');
    expect(slowly.result).toBe('done');
    expect(slowly.seconds).toBeGreaterThanOrEqual(40);
    const quick = new Rig();
    quick.fake.set((snapshot) => withPool(snapshot, 'prod', { slowStartS: 40 }));
    expect((await quick.run('promote', { allowSlowStart: true })).seconds).toBeLessThan(40);
  });
});

describe('the health that a group wants', () => {
  test('must be reached by the new fleet alone', async () => {
    const three: FleetSpec = { ...BLUE, members: [...BLUE.members, { prod: 'healthy' }] };
    const wants = withPool(world([three, GREEN]), 'prod', { routesToAllBelow: 3 });
    expect(await planFor(wants, 'promote', { minHealthy: { count: 2 } })).toMatchObject({
      refused: 'too-few-targets',
      message:
        'B has 2 instances, and with fewer than 3 healthy targets in prod ELB sends requests to all of them, also to unhealthy ones.',
    });
    // Production does not reach it either.
    expect(await promote(withPool(BOTH, 'prod', { routesToAllBelow: 3 }))).toHaveProperty('plan.steps');
    expect(await promote(withPool(BOTH, 'prod', { leavesDnsBelow: 3 }))).toHaveProperty('plan.notes', [
      'With fewer than 3 healthy targets in prod ELB takes all zones out of DNS; B has 2.',
    ]);
  });
});

test('more targets at a load balancer than its quota allows are counted before production moves', async () => {
  const near = (targetsMax: number, trial = ALB): Snapshot =>
    withPool(withPool(BOTH, 'prod', { loadBalancers: [ALB], targetsMax }), 'test', {
      loadBalancers: [trial],
      targetsMax,
    });
  // Two of blue and two of green, in both groups.
  expect(await promote(near(7))).toMatchObject({
    refused: 'too-many-targets',
    message:
      'This needs up to 8 targets at the load balancer of prod, and its quota is 7: each server counts in every group, also while it drains.',
  });
  expect(await promote(near(8))).toHaveProperty('plan.steps');
  const alone = (targetsMax: number): Snapshot => ({ ...near(targetsMax), ...without(near(targetsMax), 'B') });
  expect(await up(alone(7))).toMatchObject({
    refused: 'too-many-targets',
    message: expect.stringMatching(/^A promote of them would need up to 8 targets /),
  });
  expect(await up(alone(8))).toHaveProperty('plan.steps');
  expect(await promote(near(4, NLB))).toHaveProperty('plan.steps');
  const back = world([
    { ...BLUE, members: [{ test: 'healthy' }, { test: 'healthy' }] },
    { ...GREEN, marks: PROMOTED, members: [{ prod: 'healthy' }, { prod: 'healthy' }] },
  ]);
  const full = withPool(withPool(back, 'prod', { loadBalancers: [ALB], targetsMax: 1 }), 'test', {
    loadBalancers: [ALB],
  });
  expect(await planFor(full, 'rollback', {})).toHaveProperty('plan.steps');
});
