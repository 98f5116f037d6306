import { describe, expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import { NO_MINIMUM } from '../../src/domain/minimum-healthy.ts';
import { fleetById, poolByName, registeredIn } from '../../src/domain/queries.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { statusData } from '../../src/views/status-json.ts';
import { statusText } from '../../src/views/status-text.ts';
import type { tasks, AnyOptions } from '../../tasks/index.ts';
import { planFor } from '../laws/check.ts';
import { EVERY_KIND, worldOf } from '../support/every-kind.ts';
import { autoScaling, withOwner, withRule, withShared } from '../support/hands.ts';
import { report } from './views.samples.ts';

/** What the config does not name is seen, and spared, in every kind of fleet and of traffic. */

const DELIVERY = { words: 'a program', check: false, migrate: 'no' } as const;
const WELL = ['healthy', 'healthy'] as const;
const OTHER = { nature: 'environment', kind: 'environment', name: 'staging' } as const;

async function answer(snapshot: Snapshot, verb: keyof typeof tasks, wish: AnyOptions = {}) {
  return planFor(snapshot, verb, wish, DELIVERY);
}

function shown(snapshot: Snapshot) {
  const all = { ...report(), snapshot };
  return { text: statusText(all, 300), data: statusData(all) };
}

test('a group that has nothing for a moment where a rule of others leads is not ended, unless that is allowed', async () => {
  const kind = { fleet: 'auto-scaling', traffic: 'listener-weights' } as const;
  const led = withRule(worldOf(kind, { blue: WELL, green: WELL, serves: 'B' }), { one: 1 });
  const pools = led.pools.map((pool) => (pool.name === 'one' ? { ...pool, targets: [] } : pool));
  expect(await answer({ ...led, pools }, 'cleanup')).toMatchObject({
    refused: 'shared-target-group',
    message: 'group-A registers what it launches with one, to which lb:443 priority 7 leads.',
  });
  expect(await answer({ ...led, pools }, 'cleanup', { allowSharedTargetGroup: ['one'] })).toHaveProperty('plan.steps');
  // Where the rule was added after the plan.
  const keeps = { fleet: 'B', groups: [{ pools: ['two'], minimum: NO_MINIMUM }] };
  const end = { do: 'terminate', fleet: 'A', retentionS: 0, keeps } as const;
  expect(behaviourOf(end).guard({ ...led, pools })).toContain('group-A registers what it launches with one');
  expect(behaviourOf({ ...end, sharedGroups: ['one'] }).guard({ ...led, pools })).toBeUndefined();
});

describe.each(EVERY_KIND)('$fleet, $traffic', (kind) => {
  const alone = worldOf(kind, { blue: WELL });
  const tried = worldOf(kind, { blue: WELL, green: WELL });
  const switched = worldOf(kind, { blue: WELL, green: WELL, serves: 'B' });
  const all: readonly (readonly [keyof typeof tasks, AnyOptions, Snapshot])[] = [
    ['up', { release: 'C' }, alone],
    ['promote', {}, tried],
    ['cleanup', {}, switched],
    ['rolling', { release: 'C' }, alone],
    ['drain', { instances: ['A-0'] }, alone],
  ];

  test.each(all)('with nothing of others, %s is done', async (verb, wish, snapshot) => {
    expect(await answer(snapshot, verb, wish)).toHaveProperty('plan.steps');
  });

  describe('a target group of others that holds its servers', () => {
    test('keeps the fleet from being ended, unless that is allowed by its name', async () => {
      const shared = withShared(switched, 'admin', ['A-0', 'A-1']);
      expect(await answer(shared, 'cleanup')).toMatchObject({
        refused: 'shared-target-group',
        message: expect.stringContaining('lb:admin leads to admin, which would have nothing healthy left.'),
      });
      const wish = { allowSharedTargetGroup: ['admin'] };
      const planned = await answer(shared, 'cleanup', wish);
      if (isRefusal(planned)) throw new Error(planned.message);
      const kinds = planned.plan.steps.map((step) => ('pool' in step ? `${step.do} ${step.pool}` : step.do));
      expect(kinds.indexOf('deregister admin')).toBeGreaterThan(-1);
      expect(kinds.indexOf('terminate')).toBeGreaterThan(kinds.indexOf('await-drained admin'));
    });

    test('also one that the config names, to which a rule of others leads', async () => {
      const own = kind.traffic === 'membership' ? 'test' : 'one';
      const led = withRule(switched, kind.traffic === 'membership' ? { prod: 9, test: 1 } : { one: 1 });
      const refused = await answer(led, 'cleanup');
      // By names, all that leads to a group by its load balancer is the name's own.
      expect(isRefusal(refused) ? `${refused.refused}: ${refused.next.join(' ')}` : 'shared-target-group').toMatch(
        kind.traffic === 'dns-weights'
          ? /^shared-target-group$/
          : new RegExp(`^shared-target-group: .*--allow-shared-target-group ${own}`),
      );
      const planned = await answer(led, 'cleanup', { allowSharedTargetGroup: [own] });
      if (isRefusal(planned)) throw new Error(planned.message);
      // Nothing is waited for that leaves only when it ends.
      let world = led;
      const waitedFor = planned.plan.steps.flatMap((step) => {
        const before = world;
        world = behaviourOf(step).simulate(world);
        return step.do === 'await-drained' ? registeredIn(poolByName(before, step.pool), fleetById(before, 'A')!) : [];
      });
      expect(waitedFor).toEqual([]);
      expect(planned.plan.steps.map((step) => step.do)).toContain('terminate');
    });

    test.each(['rolling', 'drain'] as const)('keeps its last server from a %s', async (verb) => {
      const wish = verb === 'drain' ? { instances: ['A-0'] } : { release: 'C' };
      const refused = await answer(withShared(alone, 'admin', ['A-0']), verb, wish);
      expect(refused).toHaveProperty('refused');
      expect(JSON.stringify(refused)).toContain('admin');
    });

    test('keeps a server that it knows by another address from being taken out and put back', async () => {
      const shared = withShared(alone, 'admin', ['A-0', 'A-1']);
      const pools = shared.pools.map((pool) => ({
        ...pool,
        targets: pool.targets.map((one) => (pool.name === 'admin' ? { ...one, byAddress: '10.0.0.9' } : one)),
      }));
      for (const [verb, wish] of [
        ['drain', { instances: ['A-0'] }],
        ['rolling', { release: 'C' }],
      ] as const)
        expect(await answer({ ...shared, pools }, verb, wish)).toMatchObject({
          refused: 'other-address',
          message: expect.stringContaining('A-0 is registered with admin at 10.0.0.9') as string,
        });
    });

    test('is a note of a promote, and shown by status', async () => {
      const planned = await answer(withShared(tried, 'admin', ['A-0']), 'promote');
      expect(planned).toHaveProperty('plan.notes', expect.arrayContaining([expect.stringContaining('lb:admin leads')]));
      expect(shown(withShared(tried, 'admin', ['A-0'])).text).toContain('lb:admin leads to admin too');
    });
  });

  test('a rule of others that leads to a group of the config is shown by status', () => {
    const weights = { membership: { prod: 9, test: 1 }, 'listener-weights': { one: 1 }, 'dns-weights': { one: 1 } };
    const { routes } = shown(withRule(alone, weights[kind.traffic])).data.outside;
    // By names, all that leads to a group by its load balancer is the name's own.
    expect(routes).toHaveLength(kind.traffic === 'dns-weights' ? 0 : 1);
  });

  test('an Elastic IP address of a server is told, and that nothing answers there once it has ended', async () => {
    const elastic = (seen: Snapshot): Snapshot => ({
      ...seen,
      fleets: seen.fleets.map((fleet) => ({
        ...fleet,
        instances: fleet.instances.map((one) => (one.id === 'A-0' ? { ...one, elasticIps: ['203.0.113.7'] } : one)),
      })),
    });
    const has = 'A-0 of A has the Elastic IP address 203.0.113.7: ';
    for (const [verb, wish, snapshot, then] of [
      ['promote', {}, tried, 'its clients stay there in a switch.'],
      ['cleanup', { wait: true }, switched, 'nothing will answer there.'],
    ] as const)
      expect(await answer(elastic(snapshot), verb, wish)).toHaveProperty(
        'plan.notes',
        expect.arrayContaining([`${has}${then}`]),
      );
    expect(shown(elastic(alone)).text).toContain(has);
  });

  test('a rule of others that leads to where a new fleet is tried is a note of up, with who gets it untried', async () => {
    const weights = { membership: { prod: 9, test: 1 }, 'listener-weights': { two: 1 }, 'dns-weights': { two: 1 } };
    const planned = await answer(withRule(alone, weights[kind.traffic]), 'up', { release: 'C' });
    if (isRefusal(planned)) throw new Error(planned.message);
    // By names, all that leads to a group by its load balancer is the name's own.
    expect(
      planned.plan.notes.some((one) => /leads to (?:test|two): clients get C there as soon as it is healthy/.test(one)),
    ).toBe(kind.traffic !== 'dns-weights');
  });

  test.each(all)(
    'servers that an Auto Scaling group of others replaces: %s is refused',
    async (verb, wish, snapshot) => {
      const owned = withOwner(snapshot, autoScaling('web'), ['A-0', 'A-1', 'B-0', 'B-1']);
      expect(await answer(owned, verb, wish)).toMatchObject({
        refused: 'owned-by-others',
        message: expect.stringContaining('the Auto Scaling group web'),
      });
      expect(isRefusal(await answer(owned, verb, { ...wish, allowOwner: ['web'] }))).toBe(false);
    },
  );

  describe('before adoption', () => {
    const fresh: Snapshot = { ...alone, fleets: [], unmanaged: alone.fleets.flatMap(({ instances }) => instances) };

    test('what serves is not called empty, but not ours', () => {
      const { text } = shown(fresh);
      expect(text).not.toMatch(/(prod|one), which is empty/);
      expect(text).toContain(
        kind.traffic === 'membership'
          ? 'A-0 and A-1 are in a target group without'
          : '100 % one, whose 2 servers no fleet of this environment has',
      );
    });

    test.each([
      ['adopt', { release: '41' }],
      ['up', { release: 'C' }],
      ['promote', {}],
      ['cleanup', {}],
      ['rolling', { release: 'C' }],
    ] as const)('servers of another environment: %s is refused with its name', async (verb, wish) => {
      expect(await answer(withOwner(fresh, OTHER, ['A-0', 'A-1']), verb, wish)).toMatchObject({
        refused: 'other-environment',
        message: expect.stringContaining('A-0 and A-1 belong to the environment staging'),
      });
    });

    test('they are taken over on purpose', async () => {
      const taken = await answer(withOwner(fresh, OTHER, ['A-0', 'A-1']), 'adopt', { release: '41', takeOver: true });
      expect(taken).toMatchObject({ plan: { steps: [{ do: 'claim', takesOver: true }] } });
    });
  });

  test('a server of the fleet that is in no target group is named by status', () => {
    const pools = alone.pools.map((pool) => ({ ...pool, targets: pool.targets.filter(({ id }) => id !== 'A-1') }));
    expect(shown({ ...alone, pools }).text).toContain('A-1 of A is in no target group');
  });

  describe("the load balancer's quota", () => {
    const limited = (snapshot: Snapshot, targetsMax: number): Snapshot => ({
      ...snapshot,
      pools: snapshot.pools.map((pool) => ({ ...pool, loadBalancers: ['lb'], targetsMax })),
    });
    // Each server counts in each group that it is in or drains from; where weights move, nothing is registered anew.
    const needs = kind.traffic === 'membership' ? 8 : 4;

    test('is counted before production moves', async () => {
      expect(await answer(limited(tried, needs), 'promote')).toHaveProperty('plan.steps');
      const over = await answer(limited(tried, needs - 1), 'promote');
      expect(over).toMatchObject({
        refused: 'too-many-targets',
        message: expect.stringContaining(`up to ${needs} targets`),
      });
    });

    test('does not stop the way back', async () => {
      expect(await answer(limited(switched, 1), 'rollback')).toHaveProperty('plan.steps');
    });
  });
});
