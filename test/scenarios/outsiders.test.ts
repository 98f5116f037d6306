import { describe, expect } from 'vitest';
import { startLoad } from '../support/load.ts';
import { poll } from '../support/poll.ts';
import { callElbv2 } from '../support/quick-sandbox.ts';
import { scenario, type Rig, type RigOptions } from '../support/rig.ts';

/** Other target groups hold the servers, and clients come to them all the time, by ways that the config does not name. */

interface Other {
  /** Of the group. */
  readonly name: string;
  readonly url: string;
}

const CHECK = {
  HealthCheckProtocol: 'HTTP',
  HealthCheckPath: '/health',
  HealthCheckIntervalSeconds: 2,
  HealthCheckTimeoutSeconds: 1,
};

/** Target groups of others with these servers. */
class Others {
  readonly #shop: Rig;
  readonly #ids: readonly string[];

  constructor(shop: Rig, release: string) {
    this.#shop = shop;
    this.#ids = shop.instancesOf(release);
  }

  async #call(operation: string, input: object) {
    return callElbv2(this.#shop.sandbox, operation, input);
  }

  async balancer(Name: string, Type: 'application' | 'network'): Promise<string> {
    const Subnets = this.#shop.sandbox.ec2.network.subnets.map(({ id }) => id);
    const { LoadBalancers } = await this.#call('CreateLoadBalancer', { Name, Type, Subnets });
    return LoadBalancers[0].LoadBalancerArn;
  }

  /** The load balancer of production. */
  async own(): Promise<string> {
    const { TargetGroups } = await this.#call('DescribeTargetGroups', {});
    return TargetGroups[0].LoadBalancerArns[0];
  }

  /** @returns its ARN */
  async group(
    Name: string,
    more: { readonly TargetType?: string; readonly Protocol?: string; readonly Port?: number } = {},
  ) {
    const VpcId = this.#shop.sandbox.ec2.network.vpc;
    const input = { Name, Protocol: 'HTTP', Port: 8080, VpcId, ...CHECK, ...more };
    const [{ TargetGroupArn }] = (await this.#call('CreateTargetGroup', input)).TargetGroups;
    const Attributes = [{ Key: 'deregistration_delay.timeout_seconds', Value: '1' }];
    await this.#call('ModifyTargetGroupAttributes', { TargetGroupArn, Attributes });
    const Id = (id: string): string =>
      more.TargetType === 'ip' ? (this.#shop.sandbox.instances.find(id)?.address ?? '') : id;
    const Targets = this.#ids.map((id) => ({ Id: Id(id), Port: 8080 }));
    await this.#call('RegisterTargets', { TargetGroupArn, Targets });
    return TargetGroupArn as string;
  }

  async listener(LoadBalancerArn: string, forward: object, Protocol = 'HTTP'): Promise<string> {
    const DefaultActions = [{ Type: 'forward', ...forward }];
    const { Listeners } = await this.#call('CreateListener', { LoadBalancerArn, Protocol, Port: 0, DefaultActions });
    const [{ ListenerArn }] = Listeners;
    return this.#shop.sandbox.elbv2.urls().find(({ listenerArn }) => listenerArn === ListenerArn)!.url;
  }

  /** A rule of production's listener, for another host name. */
  async rule(LoadBalancerArn: string, TargetGroupArn: string): Promise<string> {
    const [production] = this.#shop.sandbox.production;
    const { Listeners } = await this.#call('DescribeListeners', { LoadBalancerArn });
    const own = (one: { DefaultActions: { TargetGroupArn: string }[] }): boolean =>
      one.DefaultActions[0]?.TargetGroupArn === production!.arn;
    await this.#call('CreateRule', {
      ListenerArn: Listeners.find(own).ListenerArn,
      Priority: 9,
      Conditions: [{ Field: 'host-header', Values: ['localhost'] }],
      Actions: [{ Type: 'forward', TargetGroupArn }],
    });
    return `http://localhost:${new URL(production!.url).port}`;
  }

  async healthy(TargetGroupArn: string): Promise<void> {
    const states = async (): Promise<readonly string[]> => {
      const { TargetHealthDescriptions } = await this.#call('DescribeTargetHealth', { TargetGroupArn });
      return TargetHealthDescriptions.map((one: { TargetHealth: { State: string } }) => one.TargetHealth.State);
    };
    await poll(async () => (await states()).every((state) => state === 'healthy'), 'healthy targets', 20_000);
  }
}

/** One of each way to have the servers: what leads to it, and clients that use it. */
async function everyWay(shop: Rig): Promise<readonly Other[]> {
  const others = new Others(shop, '41');
  const [own, application, network] = [
    await others.own(),
    await others.balancer('admin', 'application'),
    await others.balancer('net', 'network'),
  ];
  const arns = {
    listener: await others.group('by-listener'),
    address: await others.group('by-address', { TargetType: 'ip' }),
    balancer: await others.group('by-balancer'),
    network: await others.group('by-network', { Protocol: 'TCP' }),
    host: await others.group('by-host'),
    port: await others.group('by-port', { Port: 80 }),
    some: await others.group('by-weight'),
    none: await others.group('without-weight'),
  };
  const weighted = [
    { TargetGroupArn: arns.some, Weight: 5 },
    { TargetGroupArn: arns.none, Weight: 0 },
  ];
  const urls = {
    'by-listener': await others.listener(own, { TargetGroupArn: arns.listener }),
    'by-address': await others.listener(own, { TargetGroupArn: arns.address }),
    'by-balancer': await others.listener(application, { TargetGroupArn: arns.balancer }),
    'by-network': await others.listener(network, { TargetGroupArn: arns.network }, 'TCP'),
    'by-host': await others.rule(own, arns.host),
    'by-port': await others.listener(own, { TargetGroupArn: arns.port }),
    'by-weight': await others.listener(own, { ForwardConfig: { TargetGroups: weighted } }),
  };
  await Promise.all(Object.values(arns).map(async (arn) => others.healthy(arn)));
  return Object.entries(urls).map(([name, url]) => ({ name, url }));
}

/** A few requests a second through each of them, until it is told that none has failed. */
function use(ways: readonly Other[]) {
  const loads = ways.map(({ name, url }) => ({ name, load: startLoad(url, 4) }));
  return {
    async noneFailed(): Promise<void> {
      for (const { name, load } of loads) {
        const { sent, ok, failures } = await load.end();
        expect(failures, name).toEqual([]);
        expect([ok, sent > 5], name).toEqual([sent, true]);
      }
    },
  };
}

describe('servers that other target groups hold as well', () => {
  scenario('are moved, and not ended, whatever way clients of others come', async ({ rig }) => {
    const shop = await rig({ rate: 5 });
    const ways = await everyWay(shop);
    const clients = use(ways);
    const status = await shop.run('status');
    for (const { name } of ways) expect(status.stdout).toMatch(new RegExp(`leads to ${name} too`));
    await shop.task('up --release 42');
    await shop.task('promote');
    // What still drains is refused before anything else is looked at.
    await poll(() => shop.statesIn('shop-production', '41').length === 0, '41 out of production');
    const no = await shop.task('cleanup', 'refused');
    expect(no.code).toBe('shared-target-group');
    for (const { name } of ways)
      expect(no.message).toMatch(new RegExp(`${name}, which would have nothing healthy left`));
    expect(no.message).not.toContain('without-weight');
    const but = ways.slice(1).map(({ name }) => `--allow-shared-target-group ${name}`);
    expect(await shop.task(`cleanup ${but.join(' ')}`, 'refused')).toMatchObject({
      code: 'shared-target-group',
      message: expect.not.stringContaining('by-address'),
    });
    expect(shop.instancesOf('41')).toHaveLength(3);
    await shop.task('rollback');
    await clients.noneFailed();
  });

  scenario('are taken out of all of them, and put back', async ({ rig }) => {
    const shop = await rig({ rate: 5 });
    const clients = use(await everyWay(shop));
    const [first = ''] = shop.instancesOf('41');
    const { message } = await shop.task(`drain ${first}`);
    expect(message).toContain('is out of every target group');
    await shop.task(`join ${first}`);
    await clients.noneFailed();
  });

  const divided: Readonly<Record<string, RigOptions>> = {
    'by the rules of a listener': { weighted: { production: [{ port: 0 }], test: [{ port: 0 }] } },
    'by names': {
      production: [
        { name: 'shop-production', port: 8080, loadBalancer: 'shop-blue' },
        { name: 'shop-test', port: 8080, loadBalancer: 'shop-green', serves: false },
      ],
      test: [],
      dns: {
        propagation: 0,
        insync: 0,
        ttl: 1000,
        names: [
          {
            name: 'www.shop.test',
            sides: [
              { id: 'blue', loadBalancer: 'shop-blue', weight: 100 },
              { id: 'green', loadBalancer: 'shop-green', weight: 0 },
            ],
          },
        ],
      },
      traffic: 'retention: 1s, every: 1s, ttl: 1s, residualTraffic: { requests: 2, within: 1s }',
    },
  };
  for (const [name, options] of Object.entries(divided))
    scenario(`also where production is divided ${name}`, async ({ rig }) => {
      const shop = await rig({ ...options, rate: 5 });
      const others = new Others(shop, '41');
      const arn = await others.group('internal');
      const url = await others.listener(await others.balancer('admin', 'application'), { TargetGroupArn: arn });
      await others.healthy(arn);
      const clients = use([{ name: 'internal', url }]);
      await shop.task('up --release 42');
      await shop.task('promote');
      expect(await shop.task('cleanup --wait', 'refused')).toMatchObject({
        code: 'shared-target-group',
        message: expect.stringContaining('internal, which would have nothing healthy left.'),
      });
      await shop.task('rollback');
      await clients.noneFailed();
    });
});
