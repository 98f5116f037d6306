import { describe, expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Route } from '../../src/domain/traffic.ts';
import { statusData } from '../../src/views/status-json.ts';
import { statusText } from '../../src/views/status-text.ts';
import { planFor } from '../laws/check.ts';
import { autoScaling, withOwner, withRule, withShared } from '../support/hands.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PROMOTED, type FleetSpec } from '../support/worlds.ts';
import { report } from './views.samples.ts';

/** What `status` shows of what the config does not name, and of production as others have made it. */

const ONE_FLEET = {
  fleets: [{ id: 'A', marks: HOME, members: [{ one: 'healthy' }] }],
  production: [0],
  test: 0,
} as const;

function shown(snapshot: Snapshot) {
  const all = { ...report(), snapshot };
  return { text: statusText(all, 300), data: statusData(all) };
}

function withRoute(snapshot: Snapshot, change: Partial<Route>): Snapshot {
  const { traffic } = snapshot;
  if (traffic.kind === 'membership') return snapshot;
  const routes = traffic.routes.map((route) => (route.role === 'production' ? { ...route, ...change } : route));
  const pools = snapshot.pools.map((pool) => ({ ...pool, role: 'test' as const }));
  return { ...snapshot, pools, traffic: { ...traffic, routes } };
}

describe('status names', () => {
  test('rules and listeners of others that lead to our groups and servers', () => {
    const world = withShared(withRule(weightedWorld(ONE_FLEET), { one: 1 }), 'admin', ['A-0']);
    const { text, data } = shown(world);
    expect(text).toContain('Others: lb:443 priority 7 leads to one too, and the config does not name that.');
    expect(text).toContain('Others: lb:admin leads to admin too');
    expect(data.outside.routes.map(({ name, weights }) => [name, weights])).toEqual([
      ['lb:443 priority 7', { one: 1 }],
      ['lb:admin', { admin: 1 }],
    ]);
  });

  test('what the servers belong to', () => {
    const { text, data } = shown(withOwner(weightedWorld(ONE_FLEET), autoScaling('web'), ['A-0']));
    expect(text).toContain('Others: A-0 belongs to the Auto Scaling group web');
    expect(data.outside.owned).toEqual([{ id: 'A-0', kind: 'Auto Scaling group', name: 'web' }]);
  });

  test('that it could not be read', () => {
    const { text, data } = shown({
      ...weightedWorld(ONE_FLEET),
      outside: { state: 'unreadable', why: 'Not allowed.', next: ['Allow it.'] },
    });
    expect(text).toContain('Others: It could not be read which other target groups');
    expect(data.outside).toMatchObject({ state: 'unreadable', routes: [], owned: [] });
  });
});

describe('a production rule is shown as it is', () => {
  test("with others' part of it, by the name of their group", () => {
    const world = weightedWorld({ ...ONE_FLEET, production: [10], othersWeight: 25 });
    const { outside } = world;
    if (outside.state !== 'seen') throw new Error('It is seen.');
    const route = {
      name: 'shop:0',
      by: 'listener',
      url: '',
      weights: { one: 90, two: 10, canary: 25 },
      stickyS: 0,
    } as const;
    const text = '72 % A in one ·   8 % two, which is empty ·  20 %';
    expect(shown(world).text).toContain(`${text} other target groups, not in the config`);
    expect(shown({ ...world, outside: { ...outside, routes: [route] } }).text).toContain(
      `${text} canary, not in the config`,
    );
  });

  test('where its servers are none of ours, not as empty', () => {
    const { fleets, ...rest } = weightedWorld(ONE_FLEET);
    const unmanaged = { ...rest, fleets: [], unmanaged: fleets.flatMap(({ instances }) => instances) };
    expect(shown(unmanaged).text).toContain('100 % one, whose 1 server no fleet of this environment has');
  });

  test('where no weight is above 0; rollback leads out of that', async () => {
    const world = withRoute(weightedWorld(ONE_FLEET), { weights: { one: 0, two: 0 } });
    expect(shown(world).text).toContain('no target group has a weight');
    const back = await planFor(world, 'rollback', {});
    if (isRefusal(back)) throw new Error(back.message);
    expect(back.plan.steps[0]).toMatchObject({ do: 'shift-weights', pool: 'one', percent: 100 });
  });

  test('and so is a test rule, without which nobody would try green; production can go back', async () => {
    const answering = (two?: FleetSpec): Snapshot => {
      const fleets = [...ONE_FLEET.fleets, ...(two ? [two] : [])];
      const { traffic, ...rest } = weightedWorld({
        ...ONE_FLEET,
        fleets,
        production: two?.marks.promoted ? [100] : [0],
      });
      if (traffic.kind === 'membership') throw new Error('It has rules.');
      const routes = traffic.routes.map((route) =>
        route.role === 'test' ? ({ ...route, weights: {}, answers: 'a redirect' } as const) : route,
      );
      return { ...rest, traffic: { ...traffic, routes } };
    };
    const no = {
      refused: 'not-forwarding',
      message: 'shop:test gives the clients of test traffic a redirect, and forwards them to no target group.',
    };
    expect(await planFor(answering(), 'up', { release: 'C' })).toMatchObject(no);
    expect(
      await planFor(answering({ id: 'B', marks: {}, members: [{ two: 'healthy' }] }), 'promote', {}),
    ).toMatchObject(no);
    const back = await planFor(answering({ id: 'B', marks: PROMOTED, members: [{ two: 'healthy' }] }), 'rollback', {});
    if (isRefusal(back)) throw new Error(back.message);
    expect(back.plan.steps.filter((step) => step.do === 'shift-weights')).toMatchObject([
      { role: 'production', pool: 'one' },
    ]);
  });

  test.each(['a redirect', 'a fixed response'] as const)(
    'where it gives %s, and no verb tries to weigh that',
    async (answers) => {
      const fleets = [...ONE_FLEET.fleets, { id: 'B', marks: PROMOTED, members: [{ two: 'healthy' as const }] }];
      const world = withRoute(weightedWorld({ ...ONE_FLEET, fleets }), { weights: {}, answers });
      expect(shown(world).text).toContain(answers);
      expect(shown(world).data.routes[0]).toMatchObject({ answers });
      for (const verb of ['up', 'promote', 'rollback', 'cleanup'] as const)
        expect(await planFor(world, verb, { release: 'C' }), verb).toMatchObject({
          refused: 'not-forwarding',
          message: `shop:0 gives production's clients ${answers}, and forwards them to no target group.`,
        });
    },
  );
});
