/** DNS names of load balancers: clients that resolve them follow the weights. */
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { queryServer } from '../../src/sandbox/dns/client.ts';
import type { CachingResolver } from '../../src/sandbox/dns/resolver.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { poll } from '../support/poll.ts';
import { callElbv2, quickSandbox } from '../support/quick-sandbox.ts';

const WWW = 'www.shop.test';
const [BLUE, GREEN] = ['shop-blue', 'shop-green'];
const sides = (blue: number, green: number) => [
  { id: 'blue', loadBalancer: BLUE, weight: blue },
  { id: 'green', loadBalancer: GREEN, weight: green },
];

const startShop = () =>
  quickSandbox({
    instances: 2,
    release: '41',
    production: [
      { name: BLUE, port: 8080, loadBalancer: BLUE },
      { name: GREEN, port: 8080, loadBalancer: GREEN, serves: false },
    ],
    dns: {
      propagation: 0,
      insync: 0,
      ttl: 1_000,
      names: [
        { name: WWW, sides: sides(255, 0) },
        { name: 'a.shop.test', record: 'A', ttl: 7_000, sides: sides(255, 0) },
        { name: 'cname.shop.test', record: 'CNAME', sides: sides(255, 0) },
        { name: 'health.other.test', evaluateTargetHealth: true, sides: sides(128, 128) },
      ],
    },
  });

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startShop();
});
afterEach(() => sandbox.close());

const address = (index: number) => new URL(sandbox.production[index]!.url).hostname;

// oxlint-disable-next-line typescript/no-explicit-any -- outputs differ by operation; a wrong one fails the test
async function callRoute53(operation: string, input: object): Promise<any> {
  return await sandbox.route53.operations[operation]!(input);
}

/** Sets the weights of a name in one batch. */
async function weigh(name: string, weights: Readonly<Record<string, number>>): Promise<void> {
  const { zoneId: HostedZoneId } = sandbox.names.find((known) => known.name === name)!;
  const { ResourceRecordSets } = await callRoute53('ListResourceRecordSets', { HostedZoneId });
  const own = ResourceRecordSets.filter((set: { Name: string }) => set.Name === `${name}.`);
  const Changes = own.map((set: { SetIdentifier: string }) => ({
    Action: 'UPSERT',
    ResourceRecordSet: { ...set, Weight: weights[set.SetIdentifier] },
  }));
  await callRoute53('ChangeResourceRecordSets', { HostedZoneId, ChangeBatch: { Changes } });
}

/** The release that responds to a new connection to a name. */
async function releaseAt(name: string, resolver: CachingResolver): Promise<string> {
  const { port } = new URL(sandbox.production[0]!.url);
  const request = get({ host: name, port, lookup: resolver.lookup, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const body = await text(response);
  return response.statusCode === 200 ? (JSON.parse(body) as { release: string }).release : String(response.statusCode);
}

describe('load balancers with names', () => {
  test('have separate addresses, the same port, and DNS names in AWS`s format', async () => {
    const [blue, green] = sandbox.production.map(({ url }) => new URL(url));
    expect(blue!.port).toBe(green!.port);
    expect(new Set([blue!.hostname, green!.hostname, '127.0.0.1']).size).toBe(3);
    const { LoadBalancers } = await callElbv2(sandbox, 'DescribeLoadBalancers', { Names: [BLUE] });
    const [{ DNSName, CanonicalHostedZoneId }] = LoadBalancers;
    expect(DNSName).toMatch(/^internal-shop-blue-\d{9}\.eu-west-1\.elb\.amazonaws\.com$/);
    expect(CanonicalHostedZoneId).toBe('Z32O12XQLNTSW2');
    expect(await sandbox.dns.resolver().resolve(DNSName)).toEqual([address(0)]);
    await expect(sandbox.dns.resolver().resolve('gone-1.eu-west-1.elb.amazonaws.com')).rejects.toMatchObject({
      code: 'ENOTFOUND',
    });
  });

  test('a DNS name is deleted with its load balancer', async () => {
    const Subnets = sandbox.ec2.network.subnets.map(({ id }) => id);
    const { LoadBalancers } = await callElbv2(sandbox, 'CreateLoadBalancer', { Name: 'third', Subnets });
    const [{ LoadBalancerArn, DNSName }] = LoadBalancers;
    const own = sandbox.elbv2.endpoint(DNSName)?.address;
    expect(own).toMatch(/^127\.\d+\.240\.\d+$/);
    expect([address(0), address(1)]).not.toContain(own);
    await callElbv2(sandbox, 'DeleteLoadBalancer', { LoadBalancerArn });
    await expect(sandbox.dns.resolver().resolve(DNSName)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});

describe('weighted records', () => {
  test.each([
    [WWW, 1],
    ['a.shop.test', 7],
    ['cname.shop.test', 1],
  ])('%s leads to blue for %i s', async (name, ttl) => {
    const resolver = sandbox.dns.resolver();
    expect(await resolver.resolve(name)).toEqual([address(0)]);
    expect(await releaseAt(name, resolver)).toBe('41');
    expect((await queryServer(sandbox.dns, { name, type: 'A' })).answers).toMatchObject([{ ttl }]);
  });

  test('clients follow the weights after the TTL, later if they ignore it', async () => {
    const [{ arn }] = [sandbox.production[1]!];
    const { Instances } = (await sandbox.ec2.operations.RunInstances!({
      LaunchTemplate: { LaunchTemplateName: 'shop-web' },
      ImageId: sandbox.addRelease('42'),
      MinCount: 1,
      MaxCount: 1,
    })) as { Instances: { InstanceId: string }[] };
    const Targets = Instances.map(({ InstanceId: Id }) => ({ Id, Port: 8080 }));
    await poll(() => sandbox.instances.find(Targets[0]!.Id)?.state === 'running', 'green running');
    await callElbv2(sandbox, 'RegisterTargets', { TargetGroupArn: arn, Targets });
    const green = async () =>
      (await callElbv2(sandbox, 'DescribeTargetHealth', { TargetGroupArn: arn })).TargetHealthDescriptions;
    await poll(async () => (await green())[0]?.TargetHealth.State === 'healthy', 'green healthy');

    const honest = sandbox.dns.resolver();
    const stubborn = sandbox.dns.resolver({ overrunMs: Infinity });
    expect(await releaseAt(WWW, honest)).toBe('41');
    expect(await releaseAt(WWW, stubborn)).toBe('41');
    await weigh(WWW, { blue: 0, green: 255 });
    expect(sandbox.dns.possible(WWW)).toEqual([address(1)]);
    await poll(async () => (await releaseAt(WWW, honest)) === '42', 'the TTL to end');
    expect(await releaseAt(WWW, stubborn)).toBe('41');
    expect(stubborn.report()).toMatchObject({ hits: 1, old: 1 });
    expect(sandbox.dns.report().answers[`${WWW} A`]).toMatchObject({ [address(1)]: 1 });
  });
});

describe('EvaluateTargetHealth', () => {
  const NAME = 'health.other.test';
  const possible = () => sandbox.dns.possible(NAME).toSorted();
  const both = () => [address(0), address(1)].toSorted();

  test('a load balancer is healthy if each of its groups has a healthy target: an empty one with weight 0 makes it unhealthy', async () => {
    const green = sandbox.production[1]!.arn;
    const group = { Name: 'empty', Protocol: 'HTTP', Port: 8080, VpcId: sandbox.ec2.network.vpc };
    const [{ TargetGroupArn: empty }] = (await callElbv2(sandbox, 'CreateTargetGroup', group)).TargetGroups;
    expect(possible()).toEqual([address(0)]);
    const Targets = sandbox.blue.slice(0, 1).map((Id) => ({ Id, Port: 8080 }));
    await callElbv2(sandbox, 'RegisterTargets', { TargetGroupArn: green, Targets });
    await poll(() => possible().join() === both().join(), 'green healthy');
    const { LoadBalancers } = await callElbv2(sandbox, 'DescribeLoadBalancers', { Names: [GREEN] });
    const { Listeners } = await callElbv2(sandbox, 'DescribeListeners', {
      LoadBalancerArn: LoadBalancers[0].LoadBalancerArn,
    });
    const TargetGroups = [
      { TargetGroupArn: green, Weight: 1 },
      { TargetGroupArn: empty, Weight: 0 },
    ];
    const DefaultActions = [{ Type: 'forward', ForwardConfig: { TargetGroups } }];
    await callElbv2(sandbox, 'ModifyListener', { ListenerArn: Listeners[0].ListenerArn, DefaultActions });
    expect(possible()).toEqual([address(0)]);
    await callElbv2(sandbox, 'DeregisterTargets', {
      TargetGroupArn: sandbox.production[0]!.arn,
      Targets: sandbox.blue.map((Id) => ({ Id, Port: 8080 })),
    });
    // If none is healthy, all count as healthy.
    expect(possible()).toEqual(both());
  });
});
