import { expect, onTestFinished, test } from 'vitest';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import type { ListenerWeights } from '../../src/domain/traffic.ts';
import { counterOf } from '../../src/traffic/residual-traffic.ts';
import type { TrafficPort } from '../../src/traffic/traffic.ts';
import { createWeightedListener } from '../../src/traffic/weighted-listener.ts';
import { openSession } from '../support/aws.ts';
import { errorOf } from '../support/expect-advice.ts';
import { callElbv2, quickSandbox } from '../support/quick-sandbox.ts';

async function start() {
  const sandbox = await quickSandbox({
    production: [{ name: 'shop-blue', port: 8080 }],
    test: [{ name: 'shop-green', port: 8080 }],
    weighted: { production: [{ port: 0 }, { port: 0, priority: 10 }], test: [{ port: 0 }] },
  });
  onTestFinished(async () => sandbox.close());
  const [listener, ruled, trial] = sandbox.elbv2
    .urls()
    .map(({ url }) => ({ loadBalancer: 'shop', port: Number(new URL(url).port) }));
  const open = (): TrafficPort => {
    const session = openSession(sandbox.url);
    const config = {
      kind: 'weighted-listener',
      groups: [{ targetGroup: 'shop-blue' }, { targetGroup: 'shop-green' }],
      production: [listener!, { ...ruled!, priority: 10 }],
      test: [trial!],
      stickiness: 'keep',
      retentionMs: 60_000,
      residualTraffic: { requests: 10, withinMs: 60_000 },
      steps: [100],
      everyMs: 1000,
    } as const;
    return createWeightedListener(new Elbv2(session), config, counterOf(session));
  };
  return { sandbox, open };
}

async function weightsOf(port: TrafficPort): Promise<readonly ListenerWeights['routes'][number]['weights'][]> {
  const traffic = await port.readTraffic();
  return 'routes' in traffic ? traffic.routes.map(({ weights }) => weights) : [];
}

test('a rule that was deleted is named with what it has to lead to, and is read once it is created again', async () => {
  const { sandbox, open } = await start();
  const port = open();
  const before = await weightsOf(port);
  const { listenerArn: ListenerArn } = sandbox.elbv2.urls()[1]!;
  const { Rules } = await callElbv2(sandbox, 'DescribeRules', { ListenerArn });
  const [{ RuleArn, Conditions, Actions }] = Rules;
  await callElbv2(sandbox, 'DeleteRule', { RuleArn });
  // A run that has found it before, and one that begins.
  const gone = await errorOf(port.readTraffic());
  expect(gone.code).toBe('route-not-found');
  expect(gone.message).toMatch(/^AWS does not know shop:\d+ priority 10 any more\.$/);
  expect(gone.next.join()).toContain('with all of the weight for the target group of the fleet that serves');
  const missing = await errorOf(open().readTraffic());
  expect(missing.message).toMatch(/^AWS has no rule shop:\d+ priority 10\.$/);
  expect(missing.next.join()).toContain(
    'Where it was deleted, create it again: it forwards to the groups under `traffic.groups`, with all of the weight for the one that serves.',
  );
  await callElbv2(sandbox, 'CreateRule', { ListenerArn, Priority: 10, Conditions, Actions });
  expect(await weightsOf(open())).toEqual(before);
});
