import { expect } from 'vitest';
import { Client } from 'undici';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts';
import { targetsIn } from './health-watch.ts';
import type { Ended } from './program.ts';
import { poll } from './poll.ts';
import { callElbv2 } from './quick-sandbox.ts';
import { productionUrls } from './rig-config.ts';

/** Is production what the last sentence of a run says? Asked of ELB inside the sandbox, past its API, and of production itself. */

/** A sandbox, as its clients see it. */
export interface Site extends Pick<SandboxOptions, 'weighted'> {
  readonly sandbox: Sandbox;
  /** Requests that were sent to production in order to ask it. */
  asked: number;
  /** Why requests of clients may fail though a run ends well: that is what the scenario is about. */
  mayFail?: string;
}

/** One way by which clients come to production: a URL, and the target groups that it leads to now, in percent. */
interface Way {
  readonly url: string;
  readonly shares: Readonly<Record<string, number>>;
}

/** Requests in a row to each URL. */
const ASKED = 3;

/** Each kind of sentence, with what must be so; the groups of its expression are handed to that. */
const CLAIMS: readonly (readonly [RegExp, (site: Site, ...words: string[]) => Promise<void>])[] = [
  [/^(?!.*The fleet is mixed)(?:.*[.!] )?(?!What )(\S+) serves production(?=[ .;])/, serves],
  [/(\S+) has (\d+) % of production, (\S+) the rest\./, divided],
  [/^Every instance that was there carries (\S+)\.(?! i-)/, carried],
  [/(\S+) is healthy in the test target groups/, healthyInTest],
  [/^((?:i-\w+(?:, | and )?)+) (?:is|are) out of every target group\./, outOfAll],
  [/^((?:i-\w+(?:, | and )?)+) (?:is|are) healthy in every target group\./, healthyInAll],
];

/**
 * What must be so when a run ends: what it says; and where it says that all is well, no request of any client has failed meanwhile,
 * through any listener, ours or others'. Returns what looks at that.
 */
export function watchEnd(site: Site): (ended: Ended) => Promise<void> {
  const { failed: before } = site.sandbox.elbv2.traffic();
  return async (ended) => {
    const sentence = lastSentence(ended);
    if (sentence === undefined) return;
    const { failed, rows } = site.sandbox.elbv2.traffic();
    const why = rows.filter(({ status, error }) => error !== '' || status >= 500);
    if (ended.exitCode === 0 && site.mayFail === undefined)
      expect(failed - before, `requests that failed in '${ended.command}': ${JSON.stringify(why)}`).toBe(0);
    await expectTrue(site, sentence);
  };
}

/** The last sentence of a run; undefined where there was none. */
function lastSentence({ lines, stdout }: Pick<Ended, 'lines' | 'stdout'>): string | undefined {
  const last = lines.at(-1);
  if (last?.type === 'finished') return last['result'] === 'refused' ? undefined : String(last['message']);
  const [, text] = /^(?:Done|Undone|Failed)\. ([^]*)/m.exec(stdout) ?? [];
  return text?.replaceAll(/\s+/g, ' ');
}

/** Fails where the sentence says what is not so. @returns how many claims were found in it */
export async function expectTrue(site: Site, sentence: string): Promise<number> {
  const found = CLAIMS.flatMap(([pattern, check]) => {
    const [, ...words] = pattern.exec(sentence) ?? [];
    return words.length === 0 ? [] : [async () => check(site, ...words)];
  });
  for (const check of found) await check();
  return found.length;
}

/** The release alone: in each target group with a share, and in each answer. */
async function serves(site: Site, release = ''): Promise<void> {
  for (const { url, shares } of await waysOf(site)) {
    const arns = Object.keys(shares).filter((arn) => shares[arn]! > 0);
    expect(arns, `target groups with a share at ${url}`).not.toEqual([]);
    for (const arn of arns) {
      const { releases, healthy } = standing(site.sandbox, arn);
      expect(releases, `${arn}, of which it was said that ${release} serves alone`).toEqual([release]);
      expect(healthy, `healthy targets of ${arn}`).toBeGreaterThan(0);
    }
    // Load balancers go on sending to what was deregistered for as long as the sandbox's `propagation`.
    await poll(
      async () => (await severalAnswers(site, url)).every((answer) => answer === release),
      `only ${release} to answer at ${url}, as was said`,
      5000,
    );
  }
}

async function divided(site: Site, release = '', percent = '', rest = ''): Promise<void> {
  for (const { url, shares } of await waysOf(site)) {
    const byRelease: Record<string, number> = {};
    for (const [arn, share] of Object.entries(shares).filter(([, each]) => each > 0))
      byRelease[standing(site.sandbox, arn).releases.join()] = share;
    const said = { [release]: Number(percent), [rest]: 100 - Number(percent) };
    expect(byRelease, `shares at ${url}`).toEqual(
      Object.fromEntries(Object.entries(said).filter(([, each]) => each > 0)),
    );
  }
}

/** By all that production has; some may be out of traffic. */
async function carried(site: Site, release = ''): Promise<void> {
  const arns = (await waysOf(site)).flatMap(({ shares }) => Object.keys(shares).filter((arn) => shares[arn]! > 0));
  const carry = arns.flatMap((arn) => standing(site.sandbox, arn).releases);
  expect([...new Set(carry)], `releases in production, of which all was said to carry ${release}`).toEqual([release]);
}

async function healthyInTest({ sandbox }: Site, release = ''): Promise<void> {
  const states = sandbox.test.flatMap(({ arn }) =>
    targetsIn(sandbox, arn).flatMap(({ id, state }) => (releaseOf(sandbox, id) === release ? [state] : [])),
  );
  const other = states.filter((state) => state !== 'healthy');
  expect(other, `states of ${release} in the test target groups`).toEqual([]);
}

async function outOfAll({ sandbox }: Site, ids = ''): Promise<void> {
  const left = await placesOf(sandbox, ids);
  expect(
    left.filter(({ state }) => state !== 'draining'),
    `where ${ids} is still registered`,
  ).toEqual([]);
}

async function healthyInAll({ sandbox }: Site, ids = ''): Promise<void> {
  const places = await placesOf(sandbox, ids);
  expect(new Set(places.map(({ state }) => state)), `states of ${ids}`).toEqual(new Set(['healthy']));
}

async function placesOf(sandbox: Sandbox, ids: string) {
  const named = ids.split(/, | and /);
  const { TargetGroups } = await callElbv2(sandbox, 'DescribeTargetGroups', { PageSize: 400 });
  return (TargetGroups as { TargetGroupArn: string }[]).flatMap(({ TargetGroupArn }) =>
    targetsIn(sandbox, TargetGroupArn).filter(({ id }) => named.includes(id)),
  );
}

/** Releases that are registered there, and how many targets are healthy. */
function standing(sandbox: Sandbox, arn: string): { readonly releases: readonly string[]; readonly healthy: number } {
  const here = targetsIn(sandbox, arn).filter(({ state }) => state !== 'draining');
  const releases = [...new Set(here.map(({ id }) => releaseOf(sandbox, id)))].toSorted();
  return { releases, healthy: here.filter(({ state }) => state === 'healthy').length };
}

function releaseOf(sandbox: Sandbox, id: string): string {
  return sandbox.instances.find(id)?.release ?? '?';
}

async function waysOf(site: Site): Promise<readonly Way[]> {
  const { sandbox, weighted } = site;
  if (sandbox.names.length > 0) return await byNames(sandbox);
  if (weighted === undefined) return sandbox.production.map(({ arn, url }) => ({ url, shares: { [arn]: 100 } }));
  const urls = productionUrls(sandbox, weighted);
  return await Promise.all(
    weighted.production.map(async ({ priority }, n) => {
      const { listenerArn: ListenerArn } = sandbox.elbv2.urls()[n]!;
      const { Rules } = await callElbv2(sandbox, 'DescribeRules', { ListenerArn, PageSize: 400 });
      const wanted = priority === undefined ? 'default' : String(priority);
      const rule = Rules.find((one: { Priority: string }) => one.Priority === wanted);
      const groups: readonly { TargetGroupArn: string; Weight: number }[] =
        rule.Actions.at(-1).ForwardConfig.TargetGroups;
      return { url: urls[n]!, shares: inPercent(groups.map(({ TargetGroupArn, Weight }) => [TargetGroupArn, Weight])) };
    }),
  );
}

/** Each name leads to a load balancer, which has one target group. */
async function byNames(sandbox: Sandbox): Promise<readonly Way[]> {
  const { LoadBalancers } = await callElbv2(sandbox, 'DescribeLoadBalancers', { PageSize: 400 });
  const { port } = new URL(sandbox.production[0]!.url);
  return await Promise.all(
    sandbox.names.map(async ({ name, zoneId }) => {
      const list = sandbox.route53.operations['ListResourceRecordSets']!;
      const { ResourceRecordSets } = (await list({ HostedZoneId: zoneId, MaxItems: 300 })) as {
        ResourceRecordSets: readonly Entry[];
      };
      const own = ResourceRecordSets.filter((one) => one.Name === `${name}.` && one.Weight !== undefined);
      const weights = own.flatMap((record): [string, number][] => {
        const target = (record.AliasTarget?.DNSName ?? record.ResourceRecords?.[0]?.Value ?? '').replace(/\.$/, '');
        const balancer = LoadBalancers.find(({ DNSName }: { DNSName: string }) =>
          target.toLowerCase().endsWith(DNSName.toLowerCase()),
        );
        const groups = sandbox.production.filter(({ loadBalancer }) => loadBalancer === balancer?.LoadBalancerName);
        return groups.map(({ arn }) => [arn, record.Weight ?? 0]);
      });
      return { url: `http://${name.replace(/\.$/, '')}:${port}`, shares: inPercent(weights) };
    }),
  );
}

interface Entry {
  readonly Name: string;
  readonly Weight?: number;
  readonly AliasTarget?: { readonly DNSName: string };
  readonly ResourceRecords?: readonly { readonly Value: string }[];
}

function inPercent(weights: readonly (readonly [string, number])[]): Readonly<Record<string, number>> {
  const sum = weights.reduce((all, [, weight]) => all + weight, 0);
  return Object.fromEntries(weights.map(([arn, weight]) => [arn, sum === 0 ? 0 : (weight * 100) / sum]));
}

async function severalAnswers(site: Site, url: string): Promise<readonly string[]> {
  const answers: string[] = [];
  for (let n = 0; n < ASKED; n += 1) answers.push(await answerOf(site, url));
  return answers;
}

/** The release that a new client gets, or what came in its place. */
async function answerOf(site: Site, url: string): Promise<string> {
  const { sandbox } = site;
  site.asked += 1;
  const connect = sandbox.names.length > 0 ? { connect: { lookup: sandbox.dns.resolver().lookup } } : {};
  const client = new Client(url, connect);
  try {
    const { statusCode, body } = await client.request({ method: 'GET', path: '/' });
    const text = await body.text();
    if (statusCode !== 200) return `HTTP ${statusCode}`;
    return String((JSON.parse(text) as { release?: unknown }).release);
  } finally {
    await client.destroy();
  }
}
