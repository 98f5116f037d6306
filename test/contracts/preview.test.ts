import { afterEach, describe, expect, test } from 'vitest';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import type { PreviewConfig, RouteConfig } from '../../src/config/config.ts';
import type { Preview } from '../../src/domain/preview.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts';
import { createDiscovery } from '../../src/traffic/discover.ts';
import { createPreviews, type PreviewPort } from '../../src/traffic/preview.ts';
import { createTargetGroups } from '../../src/traffic/target-groups.ts';
import { openSession } from '../support/aws.ts';
import { callElbv2, quickSandbox } from '../support/quick-sandbox.ts';

/** Rules of `preview`: where they stand, what they ask for, and whose they are. */

type Seen = Extract<Preview, { state: 'seen' }>;

const OWNER = { environment: 'shop', tagPrefix: 'turnout' };
const HEADER: PreviewConfig = { by: 'header', name: 'x-preview', value: '42' };
const GREEN = { fleet: '42-r1', release: '42' };

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

function portOf(
  sandbox: Sandbox,
  preview: PreviewConfig | 'none' = HEADER,
  owner = OWNER,
  green = 'shop-green',
  kind: 'weighted-listener' | 'target-groups' = 'weighted-listener',
): PreviewPort {
  const ports = sandbox.elbv2.urls().map(({ url }) => Number(new URL(url).port));
  const routes = ports.map((port, n): RouteConfig => ({
    loadBalancer: 'shop',
    port,
    ...(n === 1 && { priority: 10 }),
  }));
  const byWeights = {
    kind: 'weighted-listener',
    groups: [{ targetGroup: 'shop-blue' }, { targetGroup: green }],
    production: routes.slice(0, 2),
    test: routes.slice(2),
    stickiness: 'keep',
    retentionMs: 0,
    residualTraffic: { requests: 10, withinMs: 60_000 },
    steps: [100],
    everyMs: 1000,
  } as const;
  const groups = { production: [{ targetGroup: 'shop-blue' }], test: [{ targetGroup: green }] };
  const traffic = kind === 'target-groups' ? { kind, ...groups } : byWeights;
  return createPreviews(
    new Elbv2(openSession(sandbox.url)),
    { traffic, ...(preview !== 'none' && { preview }) },
    owner,
  );
}

async function seenBy(port: PreviewPort): Promise<Seen> {
  const seen = await port.read();
  if (seen.state !== 'seen') throw new Error(JSON.stringify(seen));
  return seen;
}

/** The listener of production that has no rule but its own default action, and the one with a rule at 10. */
function listeners(sandbox: Sandbox): readonly [string, string] {
  const [byDefault, byRule] = sandbox.elbv2.urls().map(({ listenerArn }) => listenerArn);
  return [byDefault ?? '', byRule ?? ''];
}

async function addRule(sandbox: Sandbox, ListenerArn: string, Priority: number): Promise<string> {
  const { Rules } = await callElbv2(sandbox, 'CreateRule', {
    ListenerArn,
    Priority,
    Conditions: [{ Field: 'path-pattern', Values: ['/admin/*'] }],
    Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
  });
  return Rules[0].RuleArn as string;
}

async function rulesAt(sandbox: Sandbox, ListenerArn: string) {
  const { Rules } = await callElbv2(sandbox, 'DescribeRules', { ListenerArn });
  return Rules as readonly { RuleArn: string; Priority: string; Conditions: object[]; Actions: object[] }[];
}

async function make(sandbox: Sandbox, port: PreviewPort): Promise<void> {
  const group = sandbox.test[0]!.arn;
  for (const { arn } of (await seenBy(port)).places) await port.createRule({ above: arn, group, ...GREEN });
}

describe('a rule of preview', () => {
  test('stands directly above what leads to production, with its conditions, and takes nothing from others', async () => {
    const sandbox = await start();
    const port = portOf(sandbox);
    const [byDefault, byRule] = listeners(sandbox);
    const others = [await addRule(sandbox, byDefault, 49_500), await addRule(sandbox, byRule, 8)];
    const own = (await rulesAt(sandbox, byRule)).find(({ Priority }) => Priority === '10');
    await make(sandbox, port);
    const made = [...(await rulesAt(sandbox, byDefault)), ...(await rulesAt(sandbox, byRule))];
    const { rules, by } = await seenBy(port);
    expect(by).toBe('header x-preview: 42');
    expect(rules.some(({ isOutdated }) => isOutdated)).toBe(false);
    expect(rules).toMatchObject([
      { ...GREEN, above: byDefault, group: sandbox.test[0]!.arn },
      { ...GREEN, above: own?.RuleArn, group: sandbox.test[0]!.arn },
    ]);
    const [first, second] = rules.map(({ arn }) => made.find(({ RuleArn }) => RuleArn === arn));
    expect([first?.Priority, second?.Priority]).toEqual(['49501', '9']);
    const asked = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-preview', Values: ['42'] } };
    expect(first?.Conditions).toEqual([asked]);
    expect(second?.Conditions).toEqual([...(own?.Conditions ?? []), asked]);
    await port.deleteRules(rules.map(({ arn }) => arn));
    // Twice: what is gone is gone.
    await port.deleteRules(rules.map(({ arn }) => arn));
    expect((await seenBy(port)).rules).toEqual([]);
    const left = [...(await rulesAt(sandbox, byDefault)), ...(await rulesAt(sandbox, byRule))].map(
      ({ RuleArn }) => RuleArn,
    );
    expect(left).toEqual(expect.arrayContaining([...others, own?.RuleArn]));
  });

  test('has a place only where its priority is free', async () => {
    const sandbox = await start();
    const [byDefault, byRule] = listeners(sandbox);
    await addRule(sandbox, byDefault, 50_000);
    await addRule(sandbox, byRule, 9);
    const { places } = await seenBy(portOf(sandbox));
    expect(places.map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/^No priority is free directly above shop:\d+\.$/),
      expect.stringMatching(/^No priority is free directly above shop:\d+ priority 10\.$/),
    ]);
  });

  test('gives way to those that others move: none of its own is taken for free, and one that is not reached is outdated', async () => {
    const sandbox = await start();
    const [, byRule] = listeners(sandbox);
    const port = portOf(sandbox);
    await make(sandbox, port);
    const outdated = async () => (await seenBy(port)).rules.map(({ name, isOutdated = false }) => [name, isOutdated]);
    const own = (await rulesAt(sandbox, byRule)).find(({ Priority }) => Priority === '10');
    const move = async (RuleArn: string | undefined, Priority: number) =>
      callElbv2(sandbox, 'SetRulePriorities', { RulePriorities: [{ RuleArn, Priority }] });
    const theirs = await addRule(sandbox, byRule, 20);
    await move(own?.RuleArn, 12);
    expect((await outdated())[1]).toEqual([expect.stringMatching(/ priority 9$/), false]);
    await move(own?.RuleArn, 5);
    expect((await outdated())[1]).toEqual([expect.stringMatching(/ priority 9$/), true]);
    expect((await seenBy(port)).places[1]).toMatchObject({ priority: 4 });
    // Another one leads to production now, directly below the rule of ours that is left.
    await callElbv2(sandbox, 'ModifyRule', { RuleArn: theirs, Actions: own?.Actions });
    await move(theirs, 10);
    const membership = portOf(sandbox, HEADER, OWNER, 'shop-green', 'target-groups');
    const [made, above] = (await seenBy(membership)).places.slice(1);
    expect([made?.priority, above?.priority]).toEqual([4, 8]);
    await membership.createRule({ above: above!.arn, group: sandbox.test[0]!.arn, ...GREEN });
    await callElbv2(sandbox, 'ModifyRule', {
      RuleArn: theirs,
      Conditions: [{ Field: 'path-pattern', Values: ['/shop/*'] }],
    });
    expect((await seenBy(membership)).rules.map(({ isOutdated = false }) => isOutdated)).toEqual([false, true, true]);
  });

  test('is looked for at every listener that there is now', async () => {
    const sandbox = await start();
    const port = portOf(sandbox, HEADER, OWNER, 'shop-green', 'target-groups');
    const before = (await seenBy(port)).places.length;
    const { Listeners } = await callElbv2(sandbox, 'DescribeListeners', { ListenerArns: [listeners(sandbox)[0]] });
    const { LoadBalancerArn, DefaultActions } = Listeners[0];
    const made = await callElbv2(sandbox, 'CreateListener', {
      LoadBalancerArn,
      Protocol: 'HTTP',
      Port: 8099,
      DefaultActions,
    });
    const { places } = await seenBy(port);
    expect([places.length, places.at(-1)?.name]).toEqual([before + 1, 'shop:8099']);
    await callElbv2(sandbox, 'DeleteListener', { ListenerArn: made.Listeners[0].ListenerArn });
    expect((await seenBy(port)).places.length).toBe(before);
  });

  test('that another request has made meanwhile is refused in a way that passes', async () => {
    const sandbox = await start();
    const port = portOf(sandbox);
    await seenBy(port);
    await make(sandbox, portOf(sandbox));
    const [place] = (await seenBy(portOf(sandbox))).places;
    await expect(port.createRule({ above: place!.arn, group: sandbox.test[0]!.arn, ...GREEN })).rejects.toMatchObject({
      code: 'priority-in-use',
      transient: true,
    });
  });

  test('of another environment is none of ours, nor what others lead by', async () => {
    const sandbox = await start();
    await make(sandbox, portOf(sandbox, HEADER, { ...OWNER, environment: 'blog' }));
    const { rules, places } = await seenBy(portOf(sandbox));
    expect(rules).toEqual([]);
    expect(places.map(({ priority, problem }) => priority ?? problem)).toEqual([
      49_001,
      expect.stringContaining('No priority'),
    ]);
  });

  test('is found where the config has none any more; and whoever looks for outsiders knows whose it is', async () => {
    const sandbox = await start();
    await make(sandbox, portOf(sandbox));
    const { by, rules } = await seenBy(portOf(sandbox, 'none'));
    expect([by, rules.length]).toEqual([undefined, 2]);
    const other = await seenBy(portOf(sandbox, { ...HEADER, value: '43' }));
    const outdated = (some: Seen['rules']) => some.map(({ isOutdated = false }) => isOutdated);
    expect([outdated(rules), outdated(other.rules)]).toEqual([
      [false, false],
      [true, true],
    ]);
    const elbv2 = new Elbv2(openSession(sandbox.url));
    const groups = { production: [{ targetGroup: 'shop-blue' }], test: [{ targetGroup: 'shop-green' }] };
    const lookAs = async (environment: string) => {
      const traffic = createTargetGroups(elbv2, { kind: 'target-groups', ...groups });
      const seen = await createDiscovery(traffic, elbv2, { ...OWNER, environment }).look({
        instances: [],
        among: 'all',
      });
      return seen.state === 'seen' ? seen.routes.filter(({ isPreview }) => isPreview).map(({ name }) => name) : [];
    };
    expect((await lookAs('shop')).length).toBe(2);
    expect(await lookAs('blog')).toEqual([]);
    const urls = await createTargetGroups(elbv2, { kind: 'target-groups', ...groups }).urls();
    expect(urls['shop-green'], 'nobody gets there without the header').not.toContain(sandbox.elbv2.urls()[0]!.url);
  });

  test.each([
    [
      { by: 'cookie', name: 'preview', value: 'yes' },
      ['preview=yes', 'preview=yes;*', '*; preview=yes', '*; preview=yes;*'],
    ],
    [{ by: 'source', blocks: ['203.0.113.0/24', '2001:db8::/32'] }, ['203.0.113.0/24', '2001:db8::/32']],
  ] as const)('by %o', async (preview, values) => {
    const sandbox = await start();
    const port = portOf(sandbox, preview);
    const [byDefault] = listeners(sandbox);
    await port.createRule({ above: (await seenBy(port)).places[0]!.arn, group: sandbox.test[0]!.arn, ...GREEN });
    const [rule] = await rulesAt(sandbox, byDefault);
    expect(JSON.stringify(rule?.Conditions)).toContain(JSON.stringify(values));
  });

  test('would have more values than a rule takes', async () => {
    const sandbox = await start();
    const [, byRule] = listeners(sandbox);
    const own = (await rulesAt(sandbox, byRule)).find(({ Priority }) => Priority === '10');
    const Conditions = [{ Field: 'path-pattern', Values: ['/a', '/b'] }];
    await callElbv2(sandbox, 'ModifyRule', { RuleArn: own?.RuleArn, Conditions });
    const { places } = await seenBy(portOf(sandbox, { by: 'cookie', name: 'preview', value: 'yes' }));
    expect(places[1]?.problem).toMatch(
      / priority 10 and `preview` have 6 values in their conditions together, and a rule takes 5\.$/,
    );
  });

  test('cannot be told where a group of production is not there', async () => {
    const port = portOf(await start(), HEADER, OWNER, 'shop-gren');
    expect(await port.read()).toMatchObject({ state: 'unreadable', why: 'AWS has no target group shop-gren.' });
  });
});
