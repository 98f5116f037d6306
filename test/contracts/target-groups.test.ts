import { describe, expect, onTestFinished, test } from 'vitest';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { SandboxGroup } from '../../src/sandbox/seed.ts';
import { createTargetGroups } from '../../src/traffic/target-groups.ts';
import { openSession } from '../support/aws.ts';
import { callElbv2 } from '../support/quick-sandbox.ts';
import { DECORATORS } from './traffic-decorators.ts';
import { trafficContract } from './traffic.contract.ts';
import { openWorld } from './traffic-sandbox.ts';
import { INTERNAL, PRODUCTION, TEST } from './traffic-world.ts';

const setup = async (decorate: (typeof DECORATORS)[string] = (port) => port) =>
  openWorld(({ elbv2, groups: [production, internal, trial] }) =>
    decorate(
      createTargetGroups(elbv2, { kind: 'target-groups', production: [production, internal], test: [trial] }),
      elbv2,
    ),
  );

for (const [decorated, decorate] of Object.entries(DECORATORS)) {
  const batches = decorated === '' ? { 10: 1, 1_000: 10 } : { 10: 1 };
  const world = async () => setup(decorate);
  trafficContract({ kind: 'target-groups', traffic: 'membership', decorated, setup: world, batches });
}

describe("what is ELB's own", () => {
  const start = async () => {
    const world = await setup();
    onTestFinished(async () => world.close());
    return world;
  };
  const open = ({ sandbox }: { readonly sandbox: Sandbox }, production: readonly string[], tests: readonly string[]) =>
    createTargetGroups(new Elbv2(openSession(sandbox.url)), {
      kind: 'target-groups',
      production: production.map((targetGroup) => ({ targetGroup })),
      test: tests.map((targetGroup) => ({ targetGroup })),
    });

  test('names and ARNs may be mixed, and all that are missing are named', async () => {
    const world = await start();
    const [{ arn }] = world.sandbox.production as [SandboxGroup, SandboxGroup];
    expect((await open(world, [arn], [TEST]).read()).map(({ name }) => name)).toEqual([PRODUCTION, TEST]);
    const wrong = arn.replace(PRODUCTION, 'shop-prod');
    await expect(open(world, [arn, wrong], ['shop-tset', TEST]).read()).rejects.toMatchObject({
      code: 'target-group-not-found',
      message: `AWS knows no target groups ${wrong} and shop-tset.`,
    });
  });

  test('a group that a rule forwards to has the URL of its listener, at weight 0 too, and once', async () => {
    const world = await start();
    const { sandbox } = world;
    const [production, internal] = sandbox.production as [SandboxGroup, SandboxGroup];
    const { TargetGroups } = await callElbv2(sandbox, 'DescribeTargetGroups', { Names: [PRODUCTION] });
    const { Listeners } = await callElbv2(sandbox, 'DescribeListeners', {
      LoadBalancerArn: TargetGroups[0].LoadBalancerArns[0],
    });
    const listener = Listeners.find(
      (one: { DefaultActions: { TargetGroupArn: string }[] }) =>
        one.DefaultActions[0]?.TargetGroupArn === production.arn,
    );
    for (const Priority of [1, 2]) {
      await callElbv2(sandbox, 'CreateRule', {
        ListenerArn: listener.ListenerArn,
        Priority,
        Conditions: [{ Field: 'path-pattern', Values: [`/internal-${Priority}/*`] }],
        Actions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: production.arn, Weight: 1 },
                { TargetGroupArn: internal.arn, Weight: 0 },
              ],
            },
          },
        ],
      });
    }
    const urls = await open(world, [PRODUCTION, INTERNAL], []).urls();
    expect(urls[INTERNAL]).toHaveLength(2);
    expect(urls[INTERNAL]).toContain(urls[PRODUCTION]?.[0]);
    expect(urls[PRODUCTION]).toHaveLength(1);
    expect(new URL(urls[PRODUCTION]?.[0] ?? '').port).toBe(new URL(production.url).port);
  });
});
