import { expect, onTestFinished, test } from 'vitest';
import type { Outside } from '../../src/domain/traffic.ts';
import { openTraffic } from '../../src/traffic/index.ts';
import { openSession } from '../support/aws.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';
import { scalingOf } from '../support/scaling.ts';
import { OWNER } from '../support/worlds.ts';

/** An Auto Scaling group that would register what it launches with production, and has no instance whose tags could say so. */

async function start() {
  const sandbox = await quickSandbox({ instances: 1 });
  onTestFinished(async () => sandbox.close());
  const scaling = scalingOf(sandbox, 'shop-web');
  onTestFinished(() => scaling.client.destroy());
  const [production] = sandbox.production;
  await scaling.create('web-old', { TargetGroupARNs: [production?.arn ?? ''] });
  await scaling.create('other');
  const groups = { production: [{ targetGroup: 'shop-production' }], test: [{ targetGroup: 'shop-test' }] };
  const config = { traffic: { kind: 'target-groups' as const, ...groups }, file: 'shop.yml' };
  const port = await openTraffic(config, openSession(sandbox.url), OWNER);
  const look = async () => (await port.look({ instances: [], among: 'all' })) as Extract<Outside, { state: 'seen' }>;
  return { sandbox, look };
}

test('owns the target group that it is attached to', async () => {
  const { look } = await start();
  const owners = [{ nature: 'fights-back', kind: 'Auto Scaling group', name: 'web-old' }];
  expect((await look()).owned).toEqual([{ id: 'shop-production', owners }]);
});

test('that may not be read is told, with the permission, and keeps nothing from being seen', async () => {
  const { sandbox, look } = await start();
  sandbox.faults.add({ kind: 'error', operation: 'DescribeAutoScalingGroups', code: 'AccessDenied', status: 403 });
  const { owned, tagsUnread } = await look();
  expect(owned).toEqual([]);
  expect(tagsUnread).toContain('autoscaling:DescribeAutoScalingGroups');
});
