import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CloudWatch } from '../../src/aws/cloudwatch.ts';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import { Route53, type ResourceRecordSet } from '../../src/aws/route53.ts';
import { systemClock } from '../../src/clock.ts';
import type { WeightedDnsConfig } from '../../src/config/config.ts';
import type { DnsWeights, Traffic } from '../../src/domain/traffic.ts';
import type { Unreadable } from '../../src/domain/unreadable.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { createWeightedDns } from '../../src/traffic/weighted-dns/index.ts';
import { openSession } from '../support/aws.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { poll } from '../support/poll.ts';
import { callElbv2, quickSandbox } from '../support/quick-sandbox.ts';

/** What of zones, records and name servers is found before a name is switched. */

async function start(evaluateTargetHealth = false): Promise<Sandbox> {
  const sides = ['blue', 'green'].map((id, n) => {
    return { id, loadBalancer: `shop-${id}`, weight: n === 0 ? 100 : 0 };
  });
  const sandbox = await quickSandbox({
    production: [
      { name: 'shop-blue', port: 8080, loadBalancer: 'shop-blue' },
      { name: 'shop-green', port: 8080, loadBalancer: 'shop-green', serves: false },
    ],
    test: [],
    dns: { processing: 0, propagation: 0, insync: 0, names: [{ name: 'www.shop.test', sides, evaluateTargetHealth }] },
  });
  onTestFinished(async () => sandbox.close());
  return sandbox;
}

function portOf(
  sandbox: Sandbox,
  zones: readonly string[],
  { nameServers = [sandbox.dns.server], ids: [blue, green] = ['blue', 'green'] } = {},
) {
  const session = openSession(sandbox.url);
  const counter = { cloudwatch: async () => new CloudWatch(session), now: () => systemClock.now() };
  const name = { name: 'www.shop.test', type: 'A', blue, green } as const;
  const config: WeightedDnsConfig = {
    kind: 'weighted-dns',
    groups: [{ targetGroup: 'shop-blue' }, { targetGroup: 'shop-green' }],
    production: zones.map((zone) => ({ ...name, zone })),
    nameServers,
    retentionMs: 60_000,
    residualTraffic: { requests: 10, withinMs: 60_000 },
    steps: [100],
    everyMs: 1000,
  };
  return createWeightedDns({ elbv2: new Elbv2(session), route53: new Route53(session), counter }, config);
}

function dns(traffic: Traffic): DnsWeights {
  if (traffic.kind !== 'dns-weights') throw new Error('It has no names.');
  return traffic;
}

type Side = 'blue' | 'green';

const ALL_GREEN = { 'shop-blue': 0, 'shop-green': 100 };

test('several zones of one name are told apart by their ids, and each can be switched', async () => {
  const sandbox = await start();
  const route53 = new Route53(openSession(sandbox.url));
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  const client = new Route53Client({ endpoint: sandbox.url, region: 'eu-west-1', credentials });
  const [first] = await route53.zonesNamed('shop.test');
  const VPC = { VPCRegion: 'eu-west-1' as const, VPCId: sandbox.ec2.network.vpc };
  await client.send(new CreateHostedZoneCommand({ Name: 'shop.test', CallerReference: 'private', VPC }));
  const second = (await route53.zonesNamed('shop.test')).find(({ isPrivate }) => isPrivate);
  const ids = [first!.id, second!.id];
  const [{ code, why, next }] = dns(await portOf(sandbox, ['shop.test']).readTraffic()).unreadable as [Unreadable];
  expect(code).toBe('several-zones');
  expect(ids.some((id) => next.join(' ').includes(`\`zone: ${id}\``))).toBe(true);
  for (const shown of [`${ids[0]} (public)`, `${ids[1]} (private)`]) expect(why).toContain(shown);
  await route53.replace(ids[1]!, await route53.records(ids[0]!, 'www.shop.test', 'A'), 'test');
  const port = portOf(sandbox, ids);
  expect(dns(await port.readTraffic()).problems).toEqual([]);
  await port.setWeights(new Map([['www.shop.test', ALL_GREEN]]));
  for (const id of ids) {
    const sets = await route53.records(id, 'www.shop.test', 'A');
    expect(sets.map(({ SetIdentifier, Weight }) => `${SetIdentifier} ${Weight}`)).toEqual(['blue 0', 'green 100']);
  }
  expect((await route53.zone(ids[1]!)).nameServers).toEqual([]);
});

/** The same record, of an address that none of our load balancers has. */
function elsewhere({ Name, Type, SetIdentifier, Weight }: ResourceRecordSet): ResourceRecordSet {
  return { Name, Type, SetIdentifier, Weight, TTL: 60, ResourceRecords: [{ Value: '192.0.2.1' }] };
}

describe('of several zones, the way back moves a name', () => {
  const withAnother = async (change: (set: ResourceRecordSet) => ResourceRecordSet) => {
    const sandbox = await start();
    const route53 = new Route53(openSession(sandbox.url));
    const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
    const client = new Route53Client({ endpoint: sandbox.url, region: 'eu-west-1', credentials });
    const [first] = await route53.zonesNamed('shop.test');
    const VPC = { VPCRegion: 'eu-west-1' as const, VPCId: sandbox.ec2.network.vpc };
    await client.send(new CreateHostedZoneCommand({ Name: 'shop.test', CallerReference: 'private', VPC }));
    const second = (await route53.zonesNamed('shop.test')).find(({ isPrivate }) => isPrivate);
    const sets = await route53.records(first!.id, 'www.shop.test', 'A');
    await route53.replace(second!.id, sets.map(change), 'test');
    const weights = async (zone: string): Promise<readonly string[]> =>
      (await route53.records(zone, 'www.shop.test', 'A')).map((set) => `${set.SetIdentifier} ${set.Weight}`);
    return { sandbox, route53, ids: [first!.id, second!.id] as const, weights };
  };

  test('in each in which both records lead to the load balancers of the groups, and what is written differs not', async () => {
    const { sandbox, ids, weights } = await withAnother(({ AliasTarget, ...set }) => {
      return { ...set, AliasTarget: { ...AliasTarget!, DNSName: `dualstack.${AliasTarget!.DNSName}` } };
    });
    const port = portOf(sandbox, ['shop.test']);
    const { routes, unreadable } = dns(await port.readTraffic());
    expect(routes.map(({ name }) => name)).toEqual(['www.shop.test', 'www.shop.test']);
    expect(unreadable).toHaveLength(1);
    await port.setWeights(new Map([['www.shop.test', ALL_GREEN]]));
    for (const id of ids) expect(await weights(id)).toEqual(['blue 0', 'green 100']);
  });

  test('in no other', async () => {
    const { sandbox, ids, weights } = await withAnother(elsewhere);
    const port = portOf(sandbox, ['shop.test']);
    expect(dns(await port.readTraffic()).routes).toHaveLength(1);
    await port.setWeights(new Map([['www.shop.test', ALL_GREEN]]));
    expect(await weights(ids[0])).toEqual(['blue 0', 'green 100']);
    expect(await weights(ids[1])).toEqual(['blue 100', 'green 0']);
  });

  test('and where none leads there, none is guessed', async () => {
    const { sandbox, route53, ids } = await withAnother((set) => ({
      ...set,
      SetIdentifier: `other-${set.SetIdentifier}`,
    }));
    const sets = await route53.records(ids[0], 'www.shop.test', 'A');
    await route53.replace(ids[0], sets.map(elsewhere), 'test');
    const error = await errorOf(portOf(sandbox, ['shop.test']).readTraffic());
    expectAdvice(error);
    expect(error).toMatchObject({ code: 'several-zones' });
  });
});

describe('set identifiers that lead to the other group', () => {
  const leads = (id: Side, to: Side, not: Side): string =>
    `The record ${id} of www.shop.test leads to the load balancer of shop-${to}, and the config names it for shop-${not}.`;

  test('are named, and what is behind each group is shown and changed all the same', async () => {
    const sandbox = await start();
    const port = portOf(sandbox, ['shop.test'], { ids: ['green', 'blue'] });
    const { problems, notes, routes } = dns(await port.readTraffic());
    expect(problems).toEqual([leads('green', 'green', 'blue'), leads('blue', 'blue', 'green')]);
    // The way back is not refused for a problem.
    expect(notes).toEqual(expect.arrayContaining([...problems]));
    expect(routes[0]?.weights).toEqual({ 'shop-blue': 100, 'shop-green': 0 });
    await port.setWeights(new Map([['www.shop.test', ALL_GREEN]]));
    const right = dns(await portOf(sandbox, ['shop.test']).readTraffic());
    expect(right).toMatchObject({ problems: [], routes: [{ weights: ALL_GREEN }] });
  });

  test('where both lead to one, as the console writes it, that is said of the other', async () => {
    const sandbox = await start();
    const route53 = new Route53(openSession(sandbox.url));
    const [zone] = await route53.zonesNamed('shop.test');
    const [blue, green] = await route53.records(zone!.id, 'www.shop.test', 'A');
    const AliasTarget = { ...blue!.AliasTarget!, DNSName: `dualstack.${blue!.AliasTarget!.DNSName}` };
    await route53.replace(zone!.id, [{ ...green!, AliasTarget }], 'test');
    const { problems } = dns(await portOf(sandbox, ['shop.test']).readTraffic());
    expect(problems).toEqual([leads('green', 'blue', 'green')]);
  });
});

test('other names in the zones that lead to the load balancers are told, page by page', async () => {
  const sandbox = await start();
  const route53 = new Route53(openSession(sandbox.url));
  const [zone] = await route53.zonesNamed('shop.test');
  const [blue, green] = await route53.records(zone!.id, 'www.shop.test', 'A');
  const alias = (Name: string, { AliasTarget }: ResourceRecordSet, Type: 'A' | 'AAAA' = 'A') => ({
    Name,
    Type,
    AliasTarget,
  });
  const text = { Type: 'TXT' as const, TTL: 60, ResourceRecords: [{ Value: '"x"' }] };
  const many = Array.from({ length: 300 }, (_, n) => ({ ...text, Name: `t${n}.shop.test` }));
  const others: readonly ResourceRecordSet[] = [
    alias('old.shop.test', blue!),
    alias('www.shop.test', green!, 'AAAA'),
    { Name: 'z.shop.test', Type: 'CNAME', TTL: 60, ResourceRecords: [{ Value: blue!.AliasTarget!.DNSName! }] },
    { Name: 'y.shop.test', Type: 'CNAME', TTL: 60, ResourceRecords: [{ Value: 'elsewhere.test' }] },
  ];
  await route53.replace(zone!.id, [...others, ...many], 'test');
  const port = portOf(sandbox, ['shop.test']);
  await port.readTraffic();
  const before = sandbox.requests.all.length;
  expect((await port.names()).toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: 'old.shop.test (A)', pool: 'shop-blue' },
    { name: 'www.shop.test (AAAA)', pool: 'shop-green' },
    { name: 'z.shop.test (CNAME)', pool: 'shop-blue' },
  ]);
  const asked = sandbox.requests.all.slice(before).map(({ operation }) => operation);
  expect(asked.toSorted()).toEqual(['ListResourceRecordSets', 'ListResourceRecordSets']);
});

test('weights that are all 0 give each record the same share', async () => {
  const port = portOf(await start(), ['shop.test']);
  await port.readTraffic();
  await port.setWeights(new Map([['www.shop.test', { 'shop-blue': 0, 'shop-green': 0 }]]));
  const { routes, problems, notes } = dns(await port.readTraffic());
  expect(routes).toMatchObject([{ weights: { 'shop-blue': 1, 'shop-green': 1 } }]);
  expect(problems).toEqual([]);
  expect(notes.join()).toContain('equally often');
});

describe('another group without a healthy target, at the load balancer of', () => {
  /** The aliases of these sides evaluate health. */
  const withReports = async (
    side: Side,
    evaluating: readonly Side[],
    targets: (sandbox: Sandbox) => readonly object[],
  ) => {
    const sandbox = await start(evaluating.length > 0);
    const route53 = new Route53(openSession(sandbox.url));
    const [zone] = await route53.zonesNamed('shop.test');
    const sets = await route53.records(zone!.id, 'www.shop.test', 'A');
    const plain = sets.filter(({ SetIdentifier }) => !evaluating.includes(SetIdentifier as Side));
    const ignoring = plain.map((set) => ({
      ...set,
      AliasTarget: { ...set.AliasTarget!, EvaluateTargetHealth: false },
    }));
    if (plain.length > 0) await route53.replace(zone!.id, ignoring, 'test');
    const port = portOf(sandbox, ['shop.test']);
    // What is idle is the group that green comes into.
    expect(dns(await port.readTraffic()).passedOver).toEqual({});
    const VpcId = sandbox.ec2.network.vpc;
    const input = { Name: 'shop-reports', Protocol: 'HTTP', Port: 8080, VpcId };
    const [{ TargetGroupArn }] = (await callElbv2(sandbox, 'CreateTargetGroup', input)).TargetGroups;
    await callElbv2(sandbox, 'CreateRule', {
      ListenerArn: sandbox.elbv2.urls().at(side === 'blue' ? 0 : -1)!.listenerArn,
      Priority: 7,
      Conditions: [{ Field: 'path-pattern', Values: ['/reports/*'] }],
      Actions: [{ Type: 'forward', TargetGroupArn }],
    });
    const Targets = targets(sandbox);
    if (Targets.length > 0) await callElbv2(sandbox, 'RegisterTargets', { TargetGroupArn, Targets });
    return { sandbox, port, traffic: dns(await port.readTraffic()) };
  };
  const EMPTY = () => [];
  const SICK = ({ blue: [Id] }: Sandbox) => [{ Id, Port: 9 }];

  test('what serves: a group without a share is answered with as soon as it is healthy', async () => {
    const { sandbox, port, traffic } = await withReports('blue', ['blue', 'green'], EMPTY);
    const { TargetGroups } = await callElbv2(sandbox, 'DescribeTargetGroups', { Names: ['shop-green'] });
    const [{ TargetGroupArn }] = TargetGroups;
    await callElbv2(sandbox, 'RegisterTargets', { TargetGroupArn, Targets: [{ Id: sandbox.blue[0] }] });
    expect(traffic.routes).toMatchObject([{ weights: { 'shop-blue': 100, 'shop-green': 0 } }]);
    await poll(async () => {
      const { answers } = dns(await port.follow());
      return answers.state === 'one-pool' && answers.pool === 'shop-green';
    }, 'answers that lead to green');
  });

  describe.each(['blue', 'green'] as const)('%s', (side) => {
    const other = side === 'blue' ? 'green' : 'blue';
    const group = `shop-${side}`;

    test.each([
      ['empty', 'both evaluate', [side, other], EMPTY],
      ['empty', 'it alone evaluates', [side], EMPTY],
      ['unhealthy', 'both evaluate', [side, other], SICK],
    ] as const)('%s, where %s: Route 53 passes it over', async (_what, _which, evaluating, targets) => {
      expect((await withReports(side, evaluating, targets)).traffic.passedOver).toEqual({
        [group]: expect.stringMatching(
          new RegExp(
            `load balancer ${group}, .*target group shop-reports has no healthy target: Route 53 answers with the other side`,
          ),
        ),
      });
    });

    test.each([
      ['only the other one evaluates', [other]],
      ['neither does', []],
    ] as const)('is no matter where %s', async (_which, evaluating) => {
      expect((await withReports(side, evaluating, EMPTY)).traffic.passedOver).toEqual({});
    });
  });
});

test('name servers that cannot be asked are named, with their port', async () => {
  const port = portOf(await start(), ['shop.test'], { nameServers: ['127.0.0.1:1'] });
  await port.readTraffic();
  expect(dns(await port.follow()).answers).toMatchObject({
    state: 'unreachable',
    why: expect.stringContaining('127.0.0.1 port 1 gives no answer'),
  });
});
