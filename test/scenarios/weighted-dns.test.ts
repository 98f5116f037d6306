import { get } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { describe, expect } from 'vitest';
import { Route53 } from '../../src/aws/route53.ts';
import { systemClock } from '../../src/clock.ts';
import { openSession } from '../support/aws.ts';
import { poll } from '../support/poll.ts';
import { scenario, type Rig, type RigOptions } from '../support/rig.ts';

const SIDES = [
  { id: 'blue', loadBalancer: 'shop-blue', weight: 100 },
  { id: 'green', loadBalancer: 'shop-green', weight: 0 },
];
const NAMES = [
  { name: 'www.shop.test', sides: SIDES },
  { name: 'api.shop.test', record: 'CNAME' as const, ttl: 1000, sides: SIDES },
  { name: 'www.shop.example', sides: SIDES },
];

/** Two load balancers with a target group each, and three names in two zones. */
const DNS: RigOptions = {
  production: [
    { name: 'shop-blue', port: 8080, loadBalancer: 'shop-blue' },
    { name: 'shop-green', port: 8080, loadBalancer: 'shop-green', serves: false },
  ],
  test: [],
  // Until shortly before INSYNC no name server has the change: what resolvers keep then is old for sure.
  dns: { propagation: 700, insync: 800, ttl: 1000, names: NAMES },
  config: {
    aws: '{ requestsPerSecond: 100, maxAttempts: 8, consistencyDelay: 300ms }',
    timeouts: '{ boot: 20s, healthy: 20s, drained: 20s }',
  },
  traffic: 'retention: 1s, every: 1s, ttl: 1s, residualTraffic: { requests: 2, within: 1s }',
};

/** What a new connection gets; the name is looked up as that client does it. */
async function releaseAt(shop: Rig, name: string, resolver = shop.sandbox.dns.resolver()): Promise<string> {
  const { port } = new URL(shop.sandbox.production[0]!.url);
  const request = get({ host: name, port, lookup: resolver.lookup, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return (JSON.parse(await text(response)) as { release: string }).release;
}

const EVERY_MS = 50;

/** A client that keeps answers of name servers as long as it may, until it is ended; what it met. */
function browse(shop: Rig) {
  const resolver = shop.sandbox.dns.resolver();
  const met = { ok: 0, failures: [] as unknown[], resolver };
  const ended = new AbortController();
  const going = (async () => {
    while (!ended.signal.aborted) {
      await releaseAt(shop, 'www.shop.test', resolver).then(
        () => (met.ok += 1),
        (error: unknown) => met.failures.push(error),
      );
      await systemClock.sleep(EVERY_MS);
    }
  })();
  const end = async (): Promise<typeof met> => {
    ended.abort();
    await going;
    return met;
  };
  return { met, end };
}

/** The releases that twenty new clients of each name get. */
async function releases(shop: Rig): Promise<readonly string[]> {
  const asked = NAMES.flatMap(({ name }) => Array.from({ length: 20 }, () => name));
  return [...new Set(await Promise.all(asked.map(async (name) => releaseAt(shop, name))))].toSorted();
}

function batches(shop: Rig): number {
  return shop.changes.filter((name) => name === 'ChangeResourceRecordSets').length;
}

describe.concurrent('weighted names', () => {
  scenario('each zone is changed once, and a task is done when nobody may have the old answer', async ({ rig }) => {
    const shop = await rig(DNS);
    const client = browse(shop);
    await shop.task('up --release 42');
    expect(await releases(shop)).toEqual(['41']);
    for (const [task, release] of [
      ['promote', '42'],
      ['rollback', '41'],
      ['promote', '42'],
    ] as const) {
      shop.forgetRequests();
      await shop.task(task);
      const { old } = client.met.resolver.report();
      expect(batches(shop), task).toBe(2);
      expect(await releases(shop), task).toEqual([release]);
      expect(client.met.resolver.report().old, 'and none is once the task is done').toBe(old);
    }
    expect(await shop.roles()).toEqual({ '41': 'parked', '42': 'blue' });
    await shop.task('cleanup --wait');
    expect(shop.instancesOf('41')).toEqual([]);
    expect(await releases(shop)).toEqual(['42']);
    const { ok, failures, resolver } = await client.end();
    expect(resolver.report().old, 'some answers were old for a while').toBeGreaterThan(0);
    expect(failures).toEqual([]);
    expect(ok).toBeGreaterThan(20);
  });

  scenario('with a second zone of the same name, all is refused but the way back', async ({ rig }) => {
    const shop = await rig({ ...DNS, dns: { ...DNS.dns, names: NAMES.slice(0, 1) } });
    await shop.task('up --release 42');
    await shop.task('promote');
    const { url, ec2 } = shop.sandbox;
    const route53 = new Route53(openSession(url));
    const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
    const client = new Route53Client({ endpoint: url, region: 'eu-west-1', credentials });
    const VPC = { VPCRegion: 'eu-west-1' as const, VPCId: ec2.network.vpc };
    await client.send(new CreateHostedZoneCommand({ Name: 'shop.test', CallerReference: 'second', VPC }));
    const zones = await route53.zonesNamed('shop.test');
    const [own, other] = zones.toSorted((a, b) => Number(a.isPrivate) - Number(b.isPrivate));
    await route53.replace(other!.id, await route53.records(own!.id, 'www.shop.test', 'A'), 'test');
    for (const command of ['up --release 43', 'promote', 'cleanup'])
      expect((await shop.task(command, 'refused')).message, command).toContain(`${own!.id} (public)`);
    expect((await shop.run('status')).stdout).toContain('Route 53 has 2 hosted zones shop.test');
    const printed = await shop.run('rollback --print');
    expect(printed.exitCode, printed.stderr).toBe(0);
    for (const { id } of zones) expect(printed.stdout).toContain(id);
    await shop.task('rollback');
    for (const { id } of zones) {
      const sets = await route53.records(id, 'www.shop.test', 'A');
      expect(sets.map(({ SetIdentifier, Weight }) => `${SetIdentifier} ${Weight}`)).toEqual(['blue 100', 'green 0']);
    }
  });

  scenario('in steps, and back from any of them', async ({ rig }) => {
    const shop = await rig(DNS);
    await shop.task('up --release 42');
    expect((await shop.task('promote --to 50')).message).toContain('42 has 50 % of production');
    expect(await releases(shop)).toEqual(['41', '42']);
    shop.forgetRequests();
    await shop.task('rollback');
    expect(batches(shop)).toBe(2);
    expect(await releases(shop)).toEqual(['41']);
    await shop.task('promote --steps 10,100');
    expect(await releases(shop)).toEqual(['42']);
  });

  scenario('killed between two zones it is healed by the next run', async ({ rig }) => {
    const shop = await rig(DNS);
    await shop.task('up --release 42');
    const run = shop.start('promote --yes --json');
    await poll(() => batches(shop) === 1, 'the first zone', 20_000);
    run.kill('SIGKILL');
    await run.ended;
    await shop.task('resume');
    expect(await releases(shop)).toEqual(['42']);
  });

  scenario('the old servers are kept for the tail of clients, unless told otherwise', async ({ rig }) => {
    const shop = await rig({ ...DNS, traffic: 'retention: 0s, ttl: 1s, residualTraffic: { requests: 2, within: 1h }' });
    await shop.task('up --release 42');
    await shop.task('promote');
    // Of one who keeps the address for good.
    const old = shop.sandbox.production[0]!.url;
    for (let n = 0; n < 3; n += 1) await (await fetch(old)).text();
    const { code, message, next } = await shop.task('cleanup', 'refused');
    expect(code).toBe('residual-traffic');
    expect(message).toContain('3 requests came to 41 in the last 1 h');
    expect(next.join()).toContain('--ignore-residual-traffic');
    await shop.task('cleanup --ignore-residual-traffic');
    expect(shop.instancesOf('41')).toEqual([]);
  });

  scenario(
    'a report changes nothing of it: TTLs are lowered and set back, residual traffic is counted',
    async ({ rig }) => {
      const names = NAMES.map((name) => (name.record === 'CNAME' ? { ...name, ttl: 2000 } : name));
      const shop = await rig({ ...DNS, dns: { ...DNS.dns, names } });
      const config = path.join(shop.folder, 'shop.yml');
      const written = await readFile(config, 'utf8');
      await writeFile(config, written.replace('type: CNAME,', 'type: CNAME, lowerTtl: { from: 2s, to: 1s },'));
      await shop.task('up --release 42');
      for (const [task, step] of [
        ['promote', 'lower the TTL of names'],
        ['cleanup --wait', 'set the TTL of names back'],
      ] as const) {
        const { lines, exitCode } = await shop.run(`${task} --report out.html --yes --json`);
        expect(exitCode, JSON.stringify(lines.at(-1))).toBe(0);
        expect(await readFile(path.join(shop.folder, 'out.html'), 'utf8')).toContain(step);
      }
      expect(shop.instancesOf('41')).toEqual([]);
      expect(await releases(shop)).toEqual(['42']);
    },
  );
});
