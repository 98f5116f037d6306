import { NO_MARKER } from '../../src/production/production.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import type { RouteConfig, WeightedListenerConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/clock.ts';
import { observe } from '../../src/observe/observe.ts';
import type { ListenerWeights, Route } from '../../src/domain/traffic.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts';
import { counterOf } from '../../src/traffic/residual-traffic.ts';
import type { TrafficPort } from '../../src/traffic/traffic.ts';
import { createWeightedListener } from '../../src/traffic/weighted-listener.ts';
import { openSession } from '../support/aws.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { callElbv2, quickSandbox } from '../support/quick-sandbox.ts';
import { repeated } from '../support/repeat.ts';
import { NOTHING_OUTSIDE } from '../support/worlds.ts';

/** What a way of moving traffic by weights must do: see `RoutingPort`. */

const open: Sandbox[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(async (sandbox) => sandbox.close()));
});

async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await quickSandbox({
    production: [{ name: 'shop-blue', port: 8080 }],
    test: [{ name: 'shop-green', port: 8080 }],
    weighted: { production: [{ port: 0 }, { port: 0, priority: 10 }], test: [{ port: 0 }] },
    ...options,
  });
  open.push(sandbox);
  return sandbox;
}

function routesOf(sandbox: Sandbox): readonly RouteConfig[] {
  const ports = sandbox.elbv2.urls().map(({ url }) => Number(new URL(url).port));
  return ports.map((port, index) => ({ loadBalancer: 'shop', port, ...(index === 1 ? { priority: 10 } : {}) }));
}

function portOf(sandbox: Sandbox, config: Partial<WeightedListenerConfig> = {}): TrafficPort {
  const [first, second, third] = routesOf(sandbox) as [RouteConfig, RouteConfig, RouteConfig];
  const session = openSession(sandbox.url);
  const all: WeightedListenerConfig = {
    kind: 'weighted-listener',
    groups: [{ targetGroup: 'shop-blue' }, { targetGroup: 'shop-green' }],
    production: [first, second],
    test: [third],
    stickiness: 'keep',
    retentionMs: 60_000,
    residualTraffic: { requests: 10, withinMs: 60_000 },
    steps: [100],
    everyMs: 1_000,
    ...config,
  };
  return createWeightedListener(new Elbv2(session), all, counterOf(session));
}

async function routing(port: TrafficPort): Promise<ListenerWeights> {
  const traffic = await port.readTraffic();
  if (traffic.kind !== 'listener-weights') throw new Error('It has no rules.');
  return traffic;
}

const weightsOf = ({ routes }: ListenerWeights): readonly Route['weights'][] => routes.map(({ weights }) => weights);

/** The ARN of a listener, of its rule with that priority when given. */
async function ruleArn(sandbox: Sandbox, index: number): Promise<string> {
  const ListenerArn = sandbox.elbv2.urls()[index]?.listenerArn;
  const { Rules } = await callElbv2(sandbox, 'DescribeRules', { ListenerArn });
  return Rules[0].RuleArn as string;
}

async function actionsOf(sandbox: Sandbox, RuleArn: string): Promise<object> {
  const { Rules } = await callElbv2(sandbox, 'DescribeRules', { RuleArns: [RuleArn] });
  return Rules[0] as object;
}

const ALL_BLUE = { 'shop-blue': 100, 'shop-green': 0 };
const ALL_GREEN = { 'shop-blue': 0, 'shop-green': 100 };

describe('reading', () => {
  test('tells each rule with its weights, and who is in production by them', async () => {
    const sandbox = await start();
    const port = portOf(sandbox);
    const { routes } = await routing(port);
    const [a, b, c] = routesOf(sandbox) as [RouteConfig, RouteConfig, RouteConfig];
    expect(routes.map(({ name, role, weights }) => [name, role, weights])).toEqual([
      [`shop:${a.port}`, 'production', ALL_BLUE],
      [`shop:${b.port} priority 10`, 'production', ALL_BLUE],
      [`shop:${c.port}`, 'test', ALL_GREEN],
    ]);
    expect(port.settings).toMatchObject({ retentionS: 60 });
    const nobody = {
      read: async () => ({ fleets: [], unmanaged: [] }),
      readFleets: async () => [],
      carries: async () => false,
    };
    const { pools } = await observe({
      traffic: port,
      fleet: nobody,
      outside: NOTHING_OUTSIDE,
      production: NO_MARKER,
      clock: systemClock,
    });
    expect(pools.map(({ name, role }) => `${name} ${role}`)).toEqual(['shop-blue production', 'shop-green test']);
  });

  test('takes one request for rules and one for default actions, however many', async () => {
    const sandbox = await start();
    const port = portOf(sandbox);
    await routing(port);
    sandbox.requests.reset();
    await routing(port);
    expect(sandbox.requests.all.map(({ operation }) => operation).toSorted()).toEqual([
      'DescribeListeners',
      'DescribeRules',
    ]);
  });

  test('knows listeners and rules by ARN as well, and calls them the same', async () => {
    const sandbox = await start();
    const byName = await routing(portOf(sandbox));
    const [listener, , test_] = sandbox.elbv2.urls().map(({ listenerArn }) => ({ arn: listenerArn }));
    const rule = { arn: await ruleArn(sandbox, 1) };
    expect(await routing(portOf(sandbox, { production: [listener!, rule], test: [test_!] }))).toEqual(byName);
  });

  test('says what it does not know', async () => {
    const sandbox = await start();
    const [first] = routesOf(sandbox) as [RouteConfig];
    const { listenerArn } = sandbox.elbv2.urls()[0]!;
    const unknown: readonly (readonly [RouteConfig, string])[] = [
      [{ loadBalancer: 'shup', port: 80 }, 'shup'],
      [{ loadBalancer: 'shop', port: 1 }, 'shop:1'],
      [{ ...first, priority: 7 }, 'priority 7'],
      [{ arn: `${listenerArn.slice(0, -2)}00` }, 'listener/'],
    ];
    for (const [route, told] of unknown) {
      const error = await errorOf(portOf(sandbox, { production: [route] }).readTraffic());
      expect(error.code).toBe('route-not-found');
      expect(error.message).toContain(told);
      expectAdvice(error);
    }
  });

  test('URLs lead to the pool that gets what comes there', async () => {
    const sandbox = await start();
    const urls = await portOf(sandbox).urls();
    const ports = routesOf(sandbox).map(({ port }) => `:${port}/`);
    const ends = (list: readonly string[] = []): readonly string[] => list.map((url) => /:\d+\/$/.exec(url)?.[0] ?? '');
    expect(ends(urls['shop-blue'])).toEqual(ports.slice(0, 2));
    expect(ends(urls['shop-green'])).toEqual(ports.slice(2));
  });
});

describe('shifting', () => {
  test('is one request a route, and can be asked for twice', async () => {
    const sandbox = await start();
    const port = portOf(sandbox);
    const { routes } = await routing(port);
    sandbox.requests.reset();
    for (const { name } of routes) await port.setWeights(new Map([[name, ALL_GREEN]]));
    expect(sandbox.requests.all.map(({ operation }) => operation)).toEqual([
      'ModifyListener',
      'ModifyRule',
      'ModifyListener',
    ]);
    expect(weightsOf(await routing(port))).toEqual([ALL_GREEN, ALL_GREEN, ALL_GREEN]);
    await port.setWeights(new Map([[routes[0]!.name, ALL_GREEN]]));
    expect(weightsOf(await routing(port))[0]).toEqual(ALL_GREEN);
  });

  test('leaves all else in the rule as it was', async () => {
    const sandbox = await start();
    const { TargetGroups } = await callElbv2(sandbox, 'CreateTargetGroup', {
      Name: 'shop-other',
      Protocol: 'HTTP',
      Port: 80,
      VpcId: sandbox.ec2.network.vpc,
    });
    const rule = await ruleArn(sandbox, 1);
    const [blue, green] = [...sandbox.production, ...sandbox.test].map(({ arn }) => arn);
    const forward = (weights: readonly number[]): object => ({
      TargetGroups: [TargetGroups[0].TargetGroupArn, blue, green].map((TargetGroupArn, n) => ({
        TargetGroupArn,
        Weight: weights[n],
      })),
      TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 3_600 },
    });
    await callElbv2(sandbox, 'ModifyRule', {
      RuleArn: rule,
      Actions: [{ Type: 'forward', ForwardConfig: forward([7, 100, 0]) }],
    });
    const before = await actionsOf(sandbox, rule);
    const port = portOf(sandbox);
    const { routes, notes } = await routing(port);
    expect(routes[1]).toMatchObject({ othersWeight: 7, stickyS: 3_600, weights: ALL_BLUE });
    expect(notes.join()).toContain("a client's cookie beats the weights for 1 h");
    await port.setWeights(new Map([[routes[1]!.name, { 'shop-blue': 90, 'shop-green': 10 }]]));
    expect(await actionsOf(sandbox, rule)).toEqual({
      ...before,
      Actions: [{ Type: 'forward', Order: 1, ForwardConfig: forward([7, 90, 10]) }],
    });
    const dropping = portOf(sandbox, { stickiness: 'drop' });
    await routing(dropping);
    await dropping.setWeights(new Map([[routes[1]!.name, ALL_GREEN]]));
    expect((await routing(port)).routes[1]).toMatchObject({ stickyS: 0, othersWeight: 7, weights: ALL_GREEN });
  });

  test('pins clients, whose requests are counted where they are led to', async () => {
    const sandbox = await start();
    const port = portOf(sandbox);
    const both = ['shop-blue', 'shop-green'];
    for (let n = 0; n < 3; n += 1) await fetch(sandbox.elbv2.urls()[0]!.url);
    expect(await port.residual(both)).toMatchObject({ residual: { state: 'not-asked' } });
    const groups = [{ TargetGroupArn: sandbox.production[0]?.arn }];
    const ForwardConfig = { TargetGroups: groups, TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 30 } };
    const { listenerArn } = sandbox.elbv2.urls()[0]!;
    await callElbv2(sandbox, 'ModifyListener', {
      ListenerArn: listenerArn,
      DefaultActions: [{ Type: 'forward', ForwardConfig }],
    });
    await port.readTraffic();
    expect(await port.residual(both)).toMatchObject({
      residual: { state: 'counted', requests: { 'shop-blue': 3, 'shop-green': 0 }, withinS: 60 },
    });
  });

  test('whose answer is lost can be repeated', async () => {
    const sandbox = await start();
    const port = portOf(sandbox);
    const { routes } = await routing(port);
    for (const kind of ['throttle', 'error', 'error-after'] as const) {
      sandbox.faults.add({ kind, operation: 'ModifyRule', count: 1 });
      const weights = new Map([[routes[1]!.name, kind === 'error' ? ALL_BLUE : ALL_GREEN]]);
      await repeated(async () => port.setWeights(weights));
      expect(weightsOf(await routing(port))[1]).toEqual(kind === 'error' ? ALL_BLUE : ALL_GREEN);
    }
  });
});

describe('what is wrong with how it is set up', () => {
  async function change(sandbox: Sandbox, settings: object): Promise<void> {
    await callElbv2(sandbox, 'ModifyTargetGroup', { TargetGroupArn: sandbox.test[0]?.arn, ...settings });
  }

  test('nothing, at first', async () => {
    expect((await routing(portOf(await start()))).problems).toEqual([]);
  });

  test('health checks and ports that differ', async () => {
    const sandbox = await start();
    await change(sandbox, { HealthCheckPath: '/ping' });
    const groups = [{ targetGroup: 'shop-blue' }, { targetGroup: 'shop-green', port: 9090 }];
    expect((await routing(portOf(sandbox, { groups }))).problems).toEqual([
      'The port differs: 8080 in shop-blue, 9090 in shop-green.',
      'The health check path differs: /health in shop-blue, /ping in shop-green.',
    ]);
  });

  test('a sticky group and a rule that is not, whose change ELB would refuse after the others were changed', async () => {
    const sandbox = await start();
    const blue = sandbox.production[0]!.arn;
    const actions = [{ Type: 'forward', TargetGroupArn: blue }];
    await callElbv2(sandbox, 'ModifyRule', { RuleArn: await ruleArn(sandbox, 1), Actions: actions });
    const sticky = { Enabled: true, DurationSeconds: 60 };
    for (const { listenerArn } of sandbox.elbv2.urls().filter((_, n) => n !== 1))
      await callElbv2(sandbox, 'ModifyListener', {
        ListenerArn: listenerArn,
        DefaultActions: [
          {
            Type: 'forward',
            ForwardConfig: { TargetGroups: [{ TargetGroupArn: blue }], TargetGroupStickinessConfig: sticky },
          },
        ],
      });
    const Attributes = [{ Key: 'stickiness.enabled', Value: 'true' }];
    await callElbv2(sandbox, 'ModifyTargetGroupAttributes', { TargetGroupArn: blue, Attributes });
    const port = portOf(sandbox);
    const { problems, routes } = await routing(port);
    const rule = routes[1]!.name;
    expect(problems).toEqual([expect.stringContaining(`${rule} is not sticky, and shop-blue is`)]);
    const refused = await errorOf(port.setWeights(new Map([[rule, ALL_GREEN]])));
    expect(refused.message).toContain('You must enable group stickiness');
  });

  test('a rule that leads to neither group', async () => {
    const sandbox = await start();
    const fixed = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } };
    await callElbv2(sandbox, 'ModifyRule', { RuleArn: await ruleArn(sandbox, 1), Actions: [fixed] });
    const { problems, routes } = await routing(portOf(sandbox));
    expect(problems).toEqual([`${routes[1]?.name} forwards to neither shop-blue nor shop-green.`]);
    expect(routes.map(({ answers }) => answers).slice(0, 2)).toEqual([undefined, 'a fixed response']);
  });
});
