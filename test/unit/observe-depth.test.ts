import { expect, test } from 'vitest';
import type { Elbv2 } from '../../src/aws/elbv2.ts';
import { observe, withUrls } from '../../src/observe/observe.ts';
import { NO_MARKER } from '../../src/production/production.ts';
import { createDiscovery } from '../../src/traffic/discover.ts';
import { createTargetGroups } from '../../src/traffic/target-groups.ts';
import type { TrafficPort } from '../../src/traffic/traffic.ts';
import { createWeightedListener } from '../../src/traffic/weighted-listener.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { OWNER } from '../support/worlds.ts';

/** How many round trips a look takes, one after the other: each request takes one second of a virtual clock. */

const TRIP_MS = 1000;
const GROUPS = ['shop-blue', 'shop-green'].map((name) => ({
  TargetGroupName: name,
  TargetGroupArn: `arn:${name}`,
  TargetType: 'instance',
  LoadBalancerArns: ['arn:shop'],
}));
const forwardTo = (arn: string) => [
  { Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: arn, Weight: 1 }] } },
];
const LISTENERS = [80, 81].map((Port, n) => ({
  ListenerArn: `arn:listener/${Port}`,
  LoadBalancerArn: 'arn:shop',
  Port,
  DefaultActions: forwardTo(`arn:${GROUPS[n]!.TargetGroupName}`),
}));
const DEFAULT_RULE = { RuleArn: 'arn:rule/0', IsDefault: true };
const RULE = { RuleArn: 'arn:rule/1', Priority: '1', Actions: forwardTo('arn:shop-blue') };

/** What AWS answers, a round trip later. */
function slowElbv2(clock: VirtualClock, asked: string[], rules: readonly object[]): Elbv2 {
  const answers: Readonly<Record<string, unknown>> = {
    targetGroups: GROUPS,
    allTargetGroups: GROUPS,
    attributes: new Map(),
    targetHealth: [{ Target: { Id: 'i-1', Port: 80 }, TargetHealth: { State: 'healthy' } }],
    loadBalancers: [{ LoadBalancerArn: 'arn:shop', LoadBalancerName: 'shop', DNSName: 'shop.test' }],
    loadBalancersNamed: [{ LoadBalancerArn: 'arn:shop', LoadBalancerName: 'shop', DNSName: 'shop.test' }],
    listeners: LISTENERS,
    listenersByArn: LISTENERS,
    rules,
    tags: new Map(),
  };
  const answer = (name: string) => async () => {
    asked.push(name);
    await clock.sleep(TRIP_MS);
    return answers[name];
  };
  return Object.fromEntries(Object.keys(answers).map((name) => [name, answer(name)])) as unknown as Elbv2;
}

/** Of the look of `status`. */
async function roundTrips(
  open: (elbv2: Elbv2) => TrafficPort,
  rules: readonly object[] = [DEFAULT_RULE],
): Promise<{ readonly trips: number; readonly asked: readonly string[] }> {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const elbv2 = slowElbv2(clock, asked, rules);
  const traffic = createDiscovery(open(elbv2), elbv2, OWNER);
  const readFleets = async () => (await clock.sleep(TRIP_MS), []);
  const fleet = {
    read: async (ids: readonly string[] | Promise<readonly string[]>) => {
      await Promise.all([clock.sleep(TRIP_MS), ids]);
      return { fleets: [], unmanaged: [] };
    },
    readFleets,
    carries: async () => true,
  };
  const readers = { fleet, traffic, outside: traffic, clock, production: NO_MARKER };
  const look = { ended: undefined as number | undefined };
  const looking = withUrls(traffic, observe(readers, { residual: true, outside: 'some' })).then((snapshot) => {
    look.ended = clock.monotonic();
    return snapshot;
  });
  while (look.ended === undefined) await clock.advance(TRIP_MS / 2);
  expect((await looking).outside).toMatchObject({ state: 'seen', routes: expect.arrayContaining([expect.anything()]) });
  return { trips: look.ended / TRIP_MS, asked };
}

const membership = (elbv2: Elbv2): TrafficPort =>
  createTargetGroups(elbv2, {
    kind: 'target-groups',
    production: [{ targetGroup: 'shop-blue', port: 80 }],
    test: [{ targetGroup: 'shop-green', port: 80 }],
  });

const weighted = (elbv2: Elbv2): TrafficPort =>
  createWeightedListener(
    elbv2,
    {
      kind: 'weighted-listener',
      groups: [{ targetGroup: 'shop-blue' }, { targetGroup: 'shop-green' }],
      production: [{ loadBalancer: 'shop', port: 80 }],
      test: [{ loadBalancer: 'shop', port: 81 }],
      stickiness: 'keep',
      retentionMs: 60_000,
      residualTraffic: { requests: 10, withinMs: 60_000 },
      steps: [100],
      everyMs: 1_000,
    },
    { cloudwatch: async () => Promise.reject(new Error('nothing is counted')), now: () => 0 },
  );

test.each([
  { kind: 'target groups', open: membership },
  { kind: 'a weighted listener', open: weighted },
])('all that `status` shows of $kind is there after three', async ({ open }) => {
  expect((await roundTrips(open)).trips).toBe(3);
});

test('the tags of a rule of its own are asked for once the rule is known', async () => {
  expect((await roundTrips(membership, [DEFAULT_RULE, RULE])).trips).toBe(4);
});

test('the rules of a weighted listener are read once, and not once more for each thing that is shown of them', async () => {
  const { asked } = await roundTrips(weighted);
  expect(asked.filter((name) => name.startsWith('listeners'))).toEqual(['listeners', 'listeners']);
});
