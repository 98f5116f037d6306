import { describe, expect, onTestFinished, test } from 'vitest';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import type { TargetGroupsConfig } from '../../src/config/config.ts';
import { OperatorError } from '../../src/errors.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { SandboxGroup } from '../../src/sandbox/seed.ts';
import { createTargetGroups } from '../../src/traffic/target-groups.ts';
import { openSession } from '../support/aws.ts';
import { callElbv2 } from '../support/quick-sandbox.ts';
import { DECORATORS } from './traffic-decorators.ts';
import { trafficContract } from './traffic.contract.ts';
import { openWorld } from './traffic-sandbox.ts';
import { INTERNAL, PRODUCTION, TEST } from './traffic-world.ts';

const setup = async (decorate: (typeof DECORATORS)[string] = (port) => port) =>
  openWorld(({ elbv2, groups: [production, internal, trial] }) =>
    decorate(
      createTargetGroups(elbv2, { kind: 'target-groups', production: [production, internal], test: [trial] }),
      elbv2,
    ),
  );

for (const [decorated, decorate] of Object.entries(DECORATORS)) {
  const batches = decorated === '' ? { 10: 1, 900: 9 } : { 10: 1 };
  const world = async () => setup(decorate);
  trafficContract({ kind: 'target-groups', traffic: 'membership', decorated, setup: world, batches });
}

describe("what is ELB's own", () => {
  const start = async () => {
    const world = await setup();
    onTestFinished(async () => world.close());
    return world;
  };
  const open = ({ sandbox }: { readonly sandbox: Sandbox }, production: readonly string[], tests: readonly string[]) =>
    createTargetGroups(new Elbv2(openSession(sandbox.url)), {
      kind: 'target-groups',
      production: production.map((targetGroup) => ({ targetGroup })),
      test: tests.map((targetGroup) => ({ targetGroup })),
    });

  test('names and ARNs may be mixed, and all that are missing are named', async () => {
    const world = await start();
    const [{ arn }] = world.sandbox.production as [SandboxGroup, SandboxGroup];
    expect((await open(world, [arn], [TEST]).read()).pools.map(({ name }) => name)).toEqual([PRODUCTION, TEST]);
    const wrong = arn.replace(PRODUCTION, 'shop-prod');
    await expect(open(world, [arn, wrong], ['shop-tset', TEST]).read()).rejects.toMatchObject({
      code: 'target-group-not-found',
      message: `AWS has no target groups ${wrong} and shop-tset.`,
    });
  });

  test('a test group that does not exist is reported as unreadable; production is read', async () => {
    const world = await start();
    const { pools, unreadable } = await open(world, [PRODUCTION], ['shop-tset']).read();
    expect(pools.map(({ name }) => name)).toEqual([PRODUCTION]);
    expect(unreadable).toMatchObject([
      { name: 'shop-tset', code: 'target-group-not-found', why: 'AWS has no target group shop-tset.' },
    ]);
  });

  test('the health that a group wants, and its slow start, are read; what is off is absent', async () => {
    const world = await start();
    const [{ arn }] = world.sandbox.production as [SandboxGroup];
    const port = () => open(world, [PRODUCTION], [TEST]);
    const [usual] = (await port().read()).pools;
    const facts = [
      'slowStartS',
      'routesToAllBelow',
      'routesToAllBelowPercent',
      'leavesDnsBelow',
      'leavesDnsBelowPercent',
    ];
    for (const fact of facts) expect(usual).not.toHaveProperty(fact);
    const health = 'target_group_health';
    const values = {
      'slow_start.duration_seconds': '30',
      [`${health}.unhealthy_state_routing.minimum_healthy_targets.count`]: '2',
      [`${health}.unhealthy_state_routing.minimum_healthy_targets.percentage`]: '50',
      [`${health}.dns_failover.minimum_healthy_targets.count`]: '3',
      [`${health}.dns_failover.minimum_healthy_targets.percentage`]: '60',
    };
    const Attributes = Object.entries(values).map(([Key, Value]) => ({ Key, Value }));
    await callElbv2(world.sandbox, 'ModifyTargetGroupAttributes', { TargetGroupArn: arn, Attributes });
    expect((await port().read()).pools[0]).toMatchObject({
      slowStartS: 30,
      routesToAllBelow: 2,
      routesToAllBelowPercent: 50,
      leavesDnsBelow: 3,
      leavesDnsBelowPercent: 60,
    });
  });

  test('clients cross zones as the group says; else as its Network Load Balancer does, which may be unreadable', async () => {
    const world = await start();
    const elbv2 = new Elbv2(openSession(world.sandbox.url));
    const [group] = await elbv2.targetGroups({ names: [PRODUCTION], arns: [] });
    const asked: string[] = [];
    const crosses = async (Protocol: string, own: string | undefined, balancer: string | OperatorError = 'unasked') => {
      Object.assign(elbv2, {
        targetGroups: async () => [{ ...group, Protocol, LoadBalancerArns: ['arn:net'] }],
        attributes: async () => new Map(own === undefined ? [] : [['load_balancing.cross_zone.enabled', own]]),
        loadBalancerAttributes: async (arn: string) => {
          asked.push(arn);
          if (balancer instanceof OperatorError) throw balancer;
          return new Map([['load_balancing.cross_zone.enabled', balancer]]);
        },
      });
      const groups = { production: [{ targetGroup: PRODUCTION }], test: [] };
      const { pools } = await createTargetGroups(elbv2, { kind: 'target-groups', ...groups }).read();
      return pools[0]?.crossZone !== false;
    };
    expect(await crosses('HTTP', undefined)).toBe(true);
    expect(await crosses('HTTPS', 'use_load_balancer_configuration')).toBe(true);
    expect(await crosses('HTTP', 'false')).toBe(false);
    expect(await crosses('TCP', 'true')).toBe(true);
    expect(await crosses('TCP', 'false')).toBe(false);
    expect(asked).toEqual([]);
    expect(await crosses('TCP', 'use_load_balancer_configuration', 'true')).toBe(true);
    expect(await crosses('TLS', undefined, 'false')).toBe(false);
    expect(await crosses('TCP', undefined, new OperatorError('not-allowed', 'No.'))).toBe(false);
    expect(asked).toEqual(['arn:net', 'arn:net', 'arn:net']);
  });

  test('quotas are asked for near them: of a Network Load Balancer those of zones', async () => {
    const world = await start();
    const elbv2 = new Elbv2(openSession(world.sandbox.url));
    const net = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/shop/50dc6c495c0c9188';
    const health = Array.from({ length: 100 }, (_, n) => ({ Target: { Id: `i-${n}`, Port: 80 } }));
    const read = async (balancers: readonly string[], across: string) => {
      const [group] = await elbv2.targetGroups({ names: [PRODUCTION], arns: [] });
      Object.assign(elbv2, {
        targetGroups: async () => [{ ...group, Protocol: 'TCP', LoadBalancerArns: balancers }],
        targetHealth: async () => health,
        attributes: async () => new Map([['load_balancing.cross_zone.enabled', across]]),
        limits: async () =>
          new Map([
            ['targets-per-application-load-balancer', 1000],
            ['targets-per-network-load-balancer', 3000],
            ['targets-per-availability-zone-per-network-load-balancer', 500],
          ]),
      });
      const groups = { production: [{ targetGroup: PRODUCTION }], test: [] };
      const { pools } = await createTargetGroups(elbv2, { kind: 'target-groups', ...groups }).read();
      return pools.map(({ targetsMax, targetsPerZoneMax }) => [targetsMax, targetsPerZoneMax]);
    };
    expect(await read([net], 'false')).toEqual([[3000, 500]]);
    expect(await read([net], 'true')).toEqual([[500, undefined]]);
    expect(await read([net.replace('/net/', '/app/')], 'true')).toEqual([[1000, undefined]]);
  });

  test.each(['targetGroups', 'attributes', 'targetHealth'] as const)(
    'a test group of which `%s` are denied is unreadable until they are not; production is not dispensable',
    async (request) => {
      const world = await start();
      const elbv2 = new Elbv2(openSession(world.sandbox.url));
      const config = {
        kind: 'target-groups',
        production: [{ targetGroup: PRODUCTION }],
        test: [{ targetGroup: TEST }],
      };
      const denied = new Set([TEST]);
      const allowed = elbv2[request].bind(elbv2) as (asked: unknown) => Promise<never>;
      Object.assign(elbv2, {
        [request]: async (asked: unknown) => {
          if ([...denied].some((name) => JSON.stringify(asked).includes(name)))
            throw new OperatorError('not-allowed', 'No.');
          return allowed(asked);
        },
      });
      const port = createTargetGroups(elbv2, config as TargetGroupsConfig);
      const without = await port.read();
      expect(without.pools.map(({ name }) => name)).toEqual([PRODUCTION]);
      expect(without.unreadable).toMatchObject([{ name: TEST, code: 'not-allowed', why: 'No.' }]);
      denied.clear();
      expect((await port.read()).pools.map(({ name }) => name)).toEqual([PRODUCTION, TEST]);
      denied.add(PRODUCTION);
      const other = createTargetGroups(elbv2, config as TargetGroupsConfig);
      await expect(other.read()).rejects.toMatchObject({ code: 'not-allowed' });
    },
  );

  test('a group that rules forward to has the URL of their listener, once, and none of it at weight 0', async () => {
    const world = await start();
    const { sandbox } = world;
    const [production, internal] = sandbox.production as [SandboxGroup, SandboxGroup];
    const { TargetGroups } = await callElbv2(sandbox, 'DescribeTargetGroups', { Names: [PRODUCTION] });
    const { Listeners } = await callElbv2(sandbox, 'DescribeListeners', {
      LoadBalancerArn: TargetGroups[0].LoadBalancerArns[0],
    });
    const listener = Listeners.find(
      (one: { DefaultActions: { TargetGroupArn: string }[] }) =>
        one.DefaultActions[0]?.TargetGroupArn === production.arn,
    );
    for (const Priority of [1, 2]) {
      await callElbv2(sandbox, 'CreateRule', {
        ListenerArn: listener.ListenerArn,
        Priority,
        Conditions: [{ Field: 'path-pattern', Values: [`/internal-${Priority}/*`] }],
        Actions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: production.arn, Weight: 1 },
                { TargetGroupArn: internal.arn, Weight: 0 },
              ],
            },
          },
        ],
      });
    }
    const urls = await open(world, [PRODUCTION, INTERNAL], []).urls();
    expect(urls[PRODUCTION]).toHaveLength(1);
    expect(urls[INTERNAL]).toHaveLength(1);
    expect(urls[INTERNAL]).not.toContain(urls[PRODUCTION]?.[0]);
    expect(new URL(urls[PRODUCTION]?.[0] ?? '').port).toBe(new URL(production.url).port);
  });
});
