/** Answers of the name server: weights, health, aliases, wildcards, delegation, and the propagation of changes. */
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { describe, expect, test } from 'vitest';
import { possibleAnswers, RCODE, answerQuestion, type DnsReply } from '../../src/sandbox/dns/answer.ts';
import { answerSource } from '../../src/sandbox/dns/source.ts';
import { alias, create, NamesRig, plain, upsert, weighted } from '../support/names.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const WWW = 'www.shop.test';

class Answers extends NamesRig {
  readonly clock: VirtualClock;

  constructor(clock = new VirtualClock()) {
    super(clock);
    this.clock = clock;
  }

  reply(name: string, type = 'A', random = Math.random): DnsReply {
    return answerQuestion(answerSource(this.route53.state, random), { name, type });
  }

  /** Data of the answers, such as `127.0.0.2`. */
  data(name: string, type = 'A', random = Math.random): unknown[] {
    return this.reply(name, type, random).answers.map((answer) => ('data' in answer ? answer.data : undefined));
  }

  /** Number of answers with each address, for 1000 evenly spaced random numbers. */
  shares(name = WWW): Record<string, number> {
    const given = Array.from({ length: 1000 }, (_, index) => String(this.data(name, 'A', () => index / 1000)[0]));
    return Object.fromEntries(
      [...Map.groupBy(given, (address) => address)].map(([address, all]) => [address, all.length]),
    );
  }

  possible(name = WWW): readonly string[] {
    return possibleAnswers(
      answerSource(this.route53.state, () => 1),
      { name, type: 'A' },
    );
  }
}

async function shop(...sets: ResourceRecordSet[]): Promise<{ rig: Answers; zone: string }> {
  const rig = new Answers();
  rig.balancers.set('blue.elb.test', { address: '127.0.0.2', healthy: true });
  rig.balancers.set('green.elb.test', { address: '127.0.0.3', healthy: true });
  const zone = await rig.zone();
  if (sets.length > 0) await rig.change(zone, ...sets.map(create));
  return { rig, zone };
}

describe('weights', () => {
  test.each<[string, readonly [number, number], Record<string, number>]>([
    ['share as they say', [90, 10], { '127.0.0.2': 900, '127.0.0.3': 100 }],
    ['0 is never answered', [255, 0], { '127.0.0.2': 1000 }],
    ['1 of 256', [255, 1], { '127.0.0.2': 997, '127.0.0.3': 3 }],
    ['all 0 are all as likely', [0, 0], { '127.0.0.2': 500, '127.0.0.3': 500 }],
  ])('%s', async (_, [blue, green], shares) => {
    const { rig } = await shop(weighted('blue', blue, '127.0.0.2'), weighted('green', green, '127.0.0.3'));
    expect(rig.shares()).toEqual(shares);
    expect(rig.possible().toSorted()).toEqual(Object.keys(shares));
  });
});

describe('health', () => {
  test.each<[string, readonly [number, number], readonly [boolean, boolean], Record<string, number>]>([
    ['an unhealthy side gets nothing', [128, 128], [false, true], { '127.0.0.3': 1000 }],
    ['weight 0 is answered when all others are unhealthy', [255, 0], [false, true], { '127.0.0.3': 1000 }],
    ['when none is healthy, all are', [255, 0], [false, false], { '127.0.0.2': 1000 }],
    ['an unhealthy side of weight 0 changes nothing', [255, 0], [true, false], { '127.0.0.2': 1000 }],
    ['all 0 and one unhealthy', [0, 0], [false, true], { '127.0.0.3': 1000 }],
  ])('of load balancers: %s', async (_, [blue, green], [blueHealthy, greenHealthy], shares) => {
    const { rig } = await shop(alias('blue', blue, 'blue.elb.test'), alias('green', green, 'green.elb.test'));
    rig.balancers.get('blue.elb.test')!.healthy = blueHealthy;
    rig.balancers.get('green.elb.test')!.healthy = greenHealthy;
    expect(rig.shares()).toEqual(shares);
    expect(rig.possible()).toEqual(Object.keys(shares));
  });

  test('of load balancers is ignored without EvaluateTargetHealth', async () => {
    const { rig } = await shop(alias('blue', 255, 'blue.elb.test', false), alias('green', 0, 'green.elb.test'));
    rig.balancers.get('blue.elb.test')!.healthy = false;
    expect(rig.shares()).toEqual({ '127.0.0.2': 1000 });
  });

  test('of health checks, until the fault ends or the check is deleted', async () => {
    const { rig, zone } = await shop();
    const HealthCheckConfig = { Type: 'HTTP', IPAddress: '127.0.0.2', Port: 80 };
    const { HealthCheck } = await rig.call('CreateHealthCheck', { CallerReference: 'b', HealthCheckConfig });
    const { Id: HealthCheckId } = HealthCheck;
    const sides = [weighted('blue', 255, '127.0.0.2', { HealthCheckId }), weighted('green', 0, '127.0.0.3')];
    await rig.change(zone, ...sides.map(create));
    expect(rig.possible()).toEqual(['127.0.0.2']);
    const end = rig.route53.faults!['health-check']!({ kind: 'health-check', id: HealthCheckId });
    expect(rig.possible()).toEqual(['127.0.0.3']);
    const status = await rig.call('GetHealthCheckStatus', { HealthCheckId });
    expect(status.HealthCheckObservations[0].StatusReport.Status).toMatch(/^Failure/);
    end();
    expect(rig.possible()).toEqual(['127.0.0.2']);
    await rig.call('DeleteHealthCheck', { HealthCheckId });
    expect(rig.possible()).toEqual(['127.0.0.2']);
  });
});

describe('aliases', () => {
  test('answer with the address of the load balancer and its TTL, with the name as it was queried', async () => {
    const { rig } = await shop(alias('blue', 1, 'blue.elb.test'));
    const answer = { name: 'WwW.shop.test', type: 'A', ttl: 60, class: 'IN', data: '127.0.0.2' };
    expect(rig.reply('WwW.shop.test')).toMatchObject({ rcode: RCODE.noError, authoritative: true, answers: [answer] });
  });

  test('can target records of the zone, whose weights and TTL apply', async () => {
    const AliasTarget = (HostedZoneId: string) => ({ HostedZoneId, DNSName: WWW, EvaluateTargetHealth: true });
    const { rig, zone } = await shop(weighted('blue', 3, '127.0.0.2'), weighted('green', 1, '127.0.0.3'));
    await rig.change(zone, create({ Name: 'shop.test', Type: 'A', AliasTarget: AliasTarget(zone) }));
    expect(rig.shares('shop.test')).toEqual({ '127.0.0.2': 750, '127.0.0.3': 250 });
    expect(rig.reply('shop.test').answers).toMatchObject([{ name: 'shop.test', ttl: 60 }]);
    expect(rig.possible('shop.test')).toEqual(['127.0.0.2', '127.0.0.3']);
  });

  test('a load balancer has no IPv6 address', async () => {
    const { rig, zone } = await shop(alias('blue', 1, 'blue.elb.test'));
    await rig.change(zone, create({ ...alias('blue', 1, 'dualstack.blue.elb.test'), Type: 'AAAA' }));
    expect(rig.reply(WWW, 'AAAA')).toMatchObject({ rcode: RCODE.noError, answers: [], authorities: [{ type: 'SOA' }] });
    expect(rig.data(WWW)).toEqual(['127.0.0.2']);
  });
});

describe('names', () => {
  test('CNAME records are followed within the zone only', async () => {
    const { rig } = await shop(
      plain('a.shop.test', 'b.shop.test', { Type: 'CNAME' }),
      plain('b.shop.test', '127.0.0.2'),
      plain('c.shop.test', 'blue.elb.test', { Type: 'CNAME' }),
      plain('d.shop.test', 'none.shop.test', { Type: 'CNAME' }),
    );
    expect(rig.data('a.shop.test')).toEqual(['b.shop.test', '127.0.0.2']);
    expect(rig.data('a.shop.test', 'CNAME')).toEqual(['b.shop.test']);
    expect(rig.data('c.shop.test')).toEqual(['blue.elb.test']);
    expect(rig.reply('blue.elb.test').answers).toMatchObject([{ type: 'A', data: '127.0.0.2', ttl: 60 }]);
    expect(rig.reply('d.shop.test')).toMatchObject({ rcode: RCODE.noName, answers: [{ data: 'none.shop.test' }] });
  });

  test('loops of CNAME records are ended', async () => {
    const { rig } = await shop(
      plain('a.shop.test', 'b.shop.test', { Type: 'CNAME' }),
      plain('b.shop.test', 'a.shop.test', { Type: 'CNAME' }),
    );
    expect(rig.data('a.shop.test').length).toBeLessThan(20);
  });

  test('wildcards match names that do not exist', async () => {
    const { rig } = await shop(
      plain('*.shop.test', '127.0.0.9'),
      plain('x.y.shop.test', '127.0.0.2'),
      plain('*.y.shop.test', '127.0.0.8'),
    );
    expect(rig.data('any.shop.test')).toEqual(['127.0.0.9']);
    expect(rig.data('deep.er.shop.test')).toEqual(['127.0.0.9']);
    expect(rig.data('other.y.shop.test')).toEqual(['127.0.0.8']);
    expect(rig.reply('y.shop.test')).toMatchObject({ rcode: RCODE.noError, answers: [] });
    expect(rig.reply('any.shop.test').answers).toMatchObject([{ name: 'any.shop.test' }]);
  });

  test('a name that does not exist: NXDOMAIN with the SOA record; another type: no data; another zone: REFUSED', async () => {
    const { rig } = await shop(plain(WWW, '127.0.0.2'));
    const soa = { type: 'SOA', name: 'shop.test', ttl: 900, data: { minimum: 86_400 } };
    expect(rig.reply('none.shop.test')).toMatchObject({ rcode: RCODE.noName, authoritative: true, authorities: [soa] });
    expect(rig.reply(WWW, 'MX')).toMatchObject({ rcode: RCODE.noError, answers: [], authorities: [soa] });
    expect(rig.reply('shop.example')).toMatchObject({ rcode: RCODE.refused, authoritative: false, authorities: [] });
    expect(rig.reply('myshop.test')).toMatchObject({ rcode: RCODE.refused });
  });

  test('delegated subdomains get a referral', async () => {
    const { rig } = await shop(plain('sub.shop.test', 'ns.example.com', { Type: 'NS' }));
    const referral = {
      rcode: RCODE.noError,
      authoritative: false,
      answers: [],
      authorities: [{ type: 'NS', name: 'sub.shop.test' }],
    };
    expect(rig.reply('www.sub.shop.test')).toMatchObject(referral);
    const inner = await rig.zone('sub.shop.test');
    await rig.change(inner, create(plain('www.sub.shop.test', '127.0.0.7')));
    expect(rig.data('www.sub.shop.test')).toEqual(['127.0.0.7']);
  });

  test('values of other types', async () => {
    const { rig } = await shop(
      plain('shop.test', '10 mail.shop.test', { Type: 'MX' }),
      plain('t.shop.test', '"v=1 \\"x\\"" "more"', { Type: 'TXT' }),
      plain('_s._tcp.shop.test', '1 2 8080 www.shop.test', { Type: 'SRV' }),
      plain('v6.shop.test', '::1', { Type: 'AAAA' }),
      plain('c.shop.test', '0 issue "ca.example.com"', { Type: 'CAA' }),
    );
    expect(rig.data('shop.test', 'MX')).toEqual([{ preference: 10, exchange: 'mail.shop.test' }]);
    expect(rig.data('t.shop.test', 'TXT')).toEqual([['v=1 "x"', 'more']]);
    const srv = { priority: 1, weight: 2, port: 8080, target: 'www.shop.test' };
    expect(rig.data('_s._tcp.shop.test', 'SRV')).toEqual([srv]);
    expect(rig.data('v6.shop.test', 'AAAA')).toEqual(['::1']);
    expect(rig.data('c.shop.test', 'CAA')).toEqual([{ flags: 0, tag: 'issue', value: 'ca.example.com' }]);
  });
});

describe('a change', () => {
  test('reaches more and more name servers between propagation and INSYNC', async () => {
    const { rig, zone } = await shop(weighted('blue', 255, '127.0.0.2'), weighted('green', 0, '127.0.0.3'));
    Object.assign(rig.times, { propagationMs: 1_000, insyncMs: 3_000 });
    const id = await rig.change(
      zone,
      upsert(weighted('blue', 0, '127.0.0.2')),
      upsert(weighted('green', 255, '127.0.0.3')),
    );
    const status = async () => (await rig.call('GetChange', { Id: id })).ChangeInfo.Status;
    const blue = { '127.0.0.2': 1000 };
    expect([rig.shares(), await status()]).toEqual([blue, 'PENDING']);
    await rig.clock.advance(1_000);
    expect([rig.shares(), await status()]).toEqual([blue, 'PENDING']);
    await rig.clock.advance(500);
    expect([rig.shares(), await status()]).toEqual([{ '127.0.0.2': 750, '127.0.0.3': 250 }, 'PENDING']);
    expect(rig.possible()).toEqual(['127.0.0.2']);
    await rig.clock.advance(1_499);
    expect(await status()).toBe('PENDING');
    await rig.clock.advance(1);
    expect([rig.shares(), await status()]).toEqual([{ '127.0.0.3': 1000 }, 'INSYNC']);
    expect(rig.possible()).toEqual(['127.0.0.3']);
  });

  test('rejects another change of the zone while it is processed, but not one of another zone', async () => {
    const { rig, zone } = await shop();
    const other = await rig.zone('other.test');
    rig.times.processingMs = 100;
    const first = rig.change(zone, create(plain(WWW, '127.0.0.2')));
    const refused = { code: 'PriorRequestNotComplete', status: 400 };
    await expect(rig.change(zone, upsert(plain(WWW, '127.0.0.3')))).rejects.toMatchObject(refused);
    await expect(rig.call('DeleteHostedZone', { Id: zone })).rejects.toMatchObject(refused);
    const elsewhere = rig.change(other, create(plain('www.other.test', '127.0.0.4')));
    await rig.clock.advance(99);
    expect(await rig.records(zone)).toEqual([]);
    await rig.clock.advance(1);
    await Promise.all([first, elsewhere]);
    expect([...(await rig.records(zone)), ...(await rig.records(other))]).toHaveLength(2);
    rig.times.processingMs = 0;
    await rig.change(zone, upsert(plain(WWW, '127.0.0.3')));
  });

  test('is in the API immediately, and superseded by a later one', async () => {
    const { rig, zone } = await shop(plain(WWW, '127.0.0.2'));
    rig.times.insyncMs = 1_000;
    rig.times.propagationMs = 1_000;
    await rig.change(zone, upsert(plain(WWW, '127.0.0.3')));
    expect(await rig.records(zone)).toEqual([`${WWW}. A 127.0.0.3`]);
    await rig.clock.advance(500);
    await rig.change(zone, upsert(plain(WWW, '127.0.0.4')));
    expect(rig.data(WWW)).toEqual(['127.0.0.2']);
    await rig.clock.advance(500);
    expect(rig.data(WWW)).toEqual(['127.0.0.3']);
    await rig.clock.advance(500);
    expect(rig.data(WWW)).toEqual(['127.0.0.4']);
  });

  test('a new zone is REFUSED until the first name servers have it', async () => {
    const rig = new Answers();
    rig.times.insyncMs = 1_000;
    rig.times.propagationMs = 1_000;
    await rig.zone();
    expect(rig.reply('shop.test', 'SOA').rcode).toBe(RCODE.refused);
    await rig.clock.advance(1_000);
    expect(rig.reply('shop.test', 'SOA').rcode).toBe(RCODE.noError);
  });
});
