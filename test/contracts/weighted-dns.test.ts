import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CloudWatch } from '../../src/aws/cloudwatch.ts';
import { systemClock } from '../../src/clock.ts';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import { Route53 } from '../../src/aws/route53.ts';
import type { WeightedDnsConfig, WeightedListenerConfig } from '../../src/config/config.ts';
import type { DnsWeights, ListenerWeights, Traffic } from '../../src/domain/traffic.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { openTraffic } from '../../src/traffic/index.ts';
import { createWeightedDns } from '../../src/traffic/weighted-dns/index.ts';
import type { SandboxGroup } from '../../src/sandbox/seed.ts';
import type { TrafficPort } from '../../src/traffic/traffic.ts';
import { openSession } from '../support/aws.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { poll } from '../support/poll.ts';
import { DECORATORS } from './traffic-decorators.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';
import { repeated } from '../support/repeat.ts';
import { OWNER } from '../support/worlds.ts';

/** What a way of moving traffic by names must do: see `TrafficPort`. */

const SIDES = [
  { id: 'one', loadBalancer: 'shop-blue', weight: 200 },
  { id: 'two', loadBalancer: 'shop-green', weight: 0 },
];
const NAMES = [
  { name: 'www.shop.test', sides: SIDES },
  { name: 'api.shop.test', record: 'A' as const, ttl: 300_000, sides: SIDES },
  { name: 'www.other.test', record: 'CNAME' as const, sides: SIDES },
];

/** Changed by the tests of decorators. */
let decorate: (typeof DECORATORS)[string] = (port) => port;

async function start(): Promise<Sandbox> {
  const sandbox = await quickSandbox({
    production: [
      { name: 'shop-blue', port: 8080, loadBalancer: 'shop-blue' },
      { name: 'shop-green', port: 8080, loadBalancer: 'shop-green', serves: false },
    ],
    test: [],
    dns: { processing: 0, propagation: 100, insync: 300, names: NAMES },
  });
  onTestFinished(async () => sandbox.close());
  return sandbox;
}

function portOf(sandbox: Sandbox, config: Partial<WeightedDnsConfig> = {}): TrafficPort {
  const session = openSession(sandbox.url);
  const counter = { cloudwatch: async () => new CloudWatch(session), now: () => systemClock.now() };
  const elbv2 = new Elbv2(session);
  const port = createWeightedDns(
    { elbv2, route53: new Route53(session), counter },
    {
      kind: 'weighted-dns',
      groups: [{ targetGroup: 'shop-blue' }, { targetGroup: 'shop-green' }],
      production: NAMES.map(({ name, record }) => ({
        name,
        zone: name.replace(/^\w+\./, ''),
        type: record === 'CNAME' ? ('CNAME' as const) : ('A' as const),
        blue: 'one',
        green: 'two',
      })),
      nameServers: [sandbox.dns.server],
      retentionMs: 60_000,
      residualTraffic: { requests: 10, withinMs: 60_000 },
      steps: [100],
      everyMs: 1000,
      ...config,
    },
  );
  return decorate(port, elbv2);
}

function dns(traffic: Traffic): DnsWeights {
  if (traffic.kind !== 'dns-weights') throw new Error('It has no names.');
  return traffic;
}

async function read(port: TrafficPort): Promise<DnsWeights> {
  return dns(await port.readTraffic());
}

const ALL_GREEN = { 'shop-blue': 0, 'shop-green': 100 };
const CHANGES = new Map(NAMES.map(({ name }) => [name, ALL_GREEN]));

function changesOf(sandbox: Sandbox): number {
  return sandbox.requests.all.filter(({ operation }) => operation === 'ChangeResourceRecordSets').length;
}

describe('reading', () => {
  test('shows each name with its weights, the longest TTL, and what is worth knowing', async () => {
    const port = portOf(await start());
    const { routes, ttls, pending, problems, notes } = await read(port);
    expect(routes.map(({ name, weights, othersWeight }) => [name, weights, othersWeight])).toEqual(
      NAMES.map(({ name }) => [name, { 'shop-blue': 200, 'shop-green': 0 }, 0]),
    );
    expect(ttls['api.shop.test']).toEqual({ own: [300, 300], fixedS: 0 });
    expect(pending).toBe(false);
    expect(port.settings).toMatchObject({ retentionS: 60, residual: { most: 10, withinS: 60 }, lowerTtl: {} });
    expect(problems).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('api.shop.test for 5 min')]);
  });

  test('says which zone or which record there is not', async () => {
    const sandbox = await start();
    const lost = { name: 'www.shop.test', zone: 'nowhere.test', type: 'A', blue: 'one', green: 'two' } as const;
    const error = await errorOf(read(portOf(sandbox, { production: [lost] })));
    expectAdvice(error);
    expect(error).toMatchObject({ code: 'zone-not-found', message: expect.stringContaining('nowhere.test') });
    const wrong = { ...lost, zone: 'shop.test', green: 'three' };
    expect((await read(portOf(sandbox, { production: [wrong] }))).problems).toEqual([
      'www.shop.test has no record with the set identifier three.',
    ]);
  });
});

describe.each(Object.entries(DECORATORS))('weighted-dns%s', (_name, wrap) => {
  beforeAll(() => {
    decorate = wrap;
  });
  afterAll(() => {
    decorate = (port) => port;
  });

  describe('shifting', () => {
    test('changes all names of a zone in one batch, and is followed until the name servers have it', async () => {
      const sandbox = await start();
      const port = portOf(sandbox);
      await read(port);
      sandbox.requests.reset();
      await port.setWeights(CHANGES);
      expect(changesOf(sandbox)).toBe(2);
      const { routes, pending, answers } = await read(port);
      expect(new Set(routes.map(({ weights }) => JSON.stringify(weights)))).toEqual(
        new Set([JSON.stringify(ALL_GREEN)]),
      );
      expect({ pending, answers }).toEqual({ pending: true, answers: { state: 'not-asked' } });
      await poll(async () => {
        const now = dns(await port.follow());
        const { answers: last } = now;
        return !now.pending && last.state === 'one-pool' && last.pool === 'shop-green' && last.streak >= 10;
      }, 'the change at the name servers');
    });

    test('leaves other records of the name, and all else in ours, as they were', async () => {
      const sandbox = await start();
      const { zoneId: HostedZoneId } = sandbox.names[0]!;
      const { ChangeResourceRecordSets: change, ListResourceRecordSets: list } = sandbox.route53.operations;
      const other = {
        Name: 'www.shop.test',
        Type: 'A',
        SetIdentifier: 'other',
        Weight: 50,
        TTL: 60,
        ResourceRecords: [{ Value: '192.0.2.9' }],
      };
      await change!({ HostedZoneId, ChangeBatch: { Changes: [{ Action: 'CREATE', ResourceRecordSet: other }] } });
      const records = async () =>
        ((await list!({ HostedZoneId })) as { ResourceRecordSets: { SetIdentifier?: string; Weight?: number }[] })
          .ResourceRecordSets;
      const before = await records();
      const port = portOf(sandbox);
      expect((await read(port)).routes[0]).toMatchObject({ othersWeight: 50 });
      await port.setWeights(CHANGES);
      expect(await records()).toEqual(
        before.map((set) =>
          set.SetIdentifier === undefined || set.SetIdentifier === 'other'
            ? set
            : { ...set, Weight: set.SetIdentifier === 'two' ? 100 : 0 },
        ),
      );
    });

    test('whose answer is lost, or that is throttled, can be repeated', async () => {
      const sandbox = await start();
      const port = portOf(sandbox);
      await read(port);
      for (const kind of ['throttle', 'error-after'] as const) {
        sandbox.faults.add({ kind, operation: 'ChangeResourceRecordSets', count: 1 });
        await repeated(async () => port.setWeights(CHANGES));
        expect((await read(port)).routes[0]?.weights).toEqual(ALL_GREEN);
      }
    });
  });

  describe('TTLs', () => {
    const LOWERED = NAMES.map(({ name, record }) => ({
      name,
      zone: name.replace(/^\w+\./, ''),
      type: record === 'CNAME' ? ('CNAME' as const) : ('A' as const),
      blue: 'one',
      green: 'two',
      lowerTtl: { fromS: 300, toS: 5 },
    }));
    const LAST = NAMES.length - 1;

    test('of their own are lowered and set back, in one batch a zone, with all else as it was', async () => {
      const sandbox = await start();
      const plain = portOf(sandbox);
      const before = await read(plain);
      const port = portOf(sandbox, { production: LOWERED.slice(0, LAST) });
      const { ttls, notes, problems } = await read(port);
      expect(ttls).toEqual({
        'www.shop.test': { own: [], fixedS: 60 },
        'api.shop.test': { own: [300, 300], fixedS: 0 },
      });
      expect(port.settings).toMatchObject({ lowerTtl: { 'api.shop.test': { fromS: 300, toS: 5 } } });
      expect(notes).toEqual([expect.stringMatching(/^www\.shop\.test is an alias, .* changes nothing there\.$/)]);
      expect(problems).toEqual([]);
      sandbox.requests.reset();
      await port.setTtls(new Map([['api.shop.test', 5]]));
      expect(changesOf(sandbox)).toBe(1);
      const low = await read(port);
      expect(low).toMatchObject({ pending: true, ttls: { ...ttls, 'api.shop.test': { own: [5, 5], fixedS: 0 } } });
      expect(low.routes.map(({ weights }) => weights)).toEqual(
        before.routes.slice(0, LAST).map(({ weights }) => weights),
      );
      await port.setWeights(CHANGES);
      expect((await read(port)).ttls).toEqual(low.ttls);
      await port.setTtls(new Map([['api.shop.test', 300]]));
      await read(port);
      await port.setWeights(new Map(NAMES.map(({ name }) => [name, { 'shop-blue': 200, 'shop-green': 0 }])));
      const { notes: _, ...after } = await read(plain);
      expect({ ...after, pending: false, answers: before.answers }).toEqual({ ...before, notes: undefined });
    });

    test('that are not what the config says are named', async () => {
      const wrong = { ...LOWERED[1]!, lowerTtl: { fromS: 60, toS: 5 } };
      expect((await read(portOf(await start(), { production: [wrong] }))).problems).toEqual([
        'The TTL of api.shop.test is 5 min, and `lowerTtl.from` says 1 min.',
      ]);
    });
  });

  describe('residual traffic', () => {
    test('counts what still reaches a group through its load balancer', async () => {
      const sandbox = await start();
      const [{ url }] = sandbox.production as [SandboxGroup];
      const port = portOf(sandbox);
      const both = ['shop-blue', 'shop-green'];
      expect(dns(await port.residual(both)).residual).toEqual({
        state: 'counted',
        requests: { 'shop-blue': 0, 'shop-green': 0 },
        withinS: 60,
      });
      for (let n = 0; n < 3; n += 1) await (await fetch(url)).text();
      sandbox.requests.reset();
      expect(dns(await port.residual(both.slice(0, 1))).residual).toMatchObject({ requests: { 'shop-blue': 3 } });
      expect(sandbox.requests.all.map(({ operation }) => operation)).toEqual(['GetMetricStatistics']);
      await port.residual([]);
      expect(sandbox.requests.all).toHaveLength(1);
    });

    test('is unreadable where it may not be asked for', async () => {
      const sandbox = await start();
      sandbox.faults.add({ kind: 'error', operation: 'GetMetricStatistics', code: 'AccessDenied', status: 403 });
      expect(dns(await portOf(sandbox).residual(['shop-blue'])).residual).toEqual({
        state: 'unreadable',
        why: expect.stringContaining('cloudwatch:GetMetricStatistics'),
        next: [expect.stringContaining('Allow `cloudwatch:GetMetricStatistics`')],
      });
    });
  });
});

test('an alias that evaluates the health of its load balancer is named, where that has an empty group', async () => {
  const sides = [{ id: 'one', loadBalancer: 'shop', weight: 1 }];
  const sandbox = await quickSandbox({
    production: [{ name: 'shop-blue', port: 8080 }],
    test: [{ name: 'shop-green', port: 8080 }],
    weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
    dns: {
      names: [
        { name: 'www.shop.test', evaluateTargetHealth: true, sides },
        { name: 'api.shop.test', sides },
      ],
    },
  });
  onTestFinished(async () => sandbox.close());
  const [production, trial] = sandbox.elbv2
    .urls()
    .map(({ url }) => ({ loadBalancer: 'shop', port: +new URL(url).port }));
  const traffic: WeightedListenerConfig = {
    kind: 'weighted-listener',
    groups: [{ targetGroup: 'shop-blue' }, { targetGroup: 'shop-green' }],
    production: [production!],
    test: [trial!],
    names: ['www.shop.test', 'api.shop.test'].map((name) => ({ name, zone: 'shop.test' })),
    stickiness: 'keep',
    retentionMs: 60_000,
    residualTraffic: { requests: 10, withinMs: 60_000 },
    steps: [100],
    everyMs: 1000,
  };
  const port = await openTraffic({ traffic, file: 'shop.yml' }, openSession(sandbox.url), OWNER);
  const { notes } = (await port.readTraffic()) as ListenerWeights;
  expect(notes).toEqual([expect.stringMatching(/^www\.shop\.test evaluates .* Set EvaluateTargetHealth to false\.$/)]);
});
