import { describe, expect } from 'vitest';
import { call } from '../../src/sandbox/service.ts';
import { finished } from '../support/program.ts';
import { scalingOf } from '../support/scaling.ts';
import { scenario, type Rig, type RigOptions } from '../support/rig.ts';

/** Two groups that are attached to the target group of production or of test in turn. */
const GROUPS: RigOptions = {
  production: [{ name: 'shop-production', port: 8080 }],
  test: [{ name: 'shop-test', port: 8080 }],
  scalingGroups: ['shop-a', 'shop-b'],
};

const groupsOf = (shop: Rig) => scalingOf(shop.sandbox, 'shop-web');

/** Minimum, desired capacity and instances in service. */
async function sizes(shop: Rig, name: string): Promise<string> {
  const scaling = groupsOf(shop);
  const { MinSize, DesiredCapacity } = await scaling.group(name);
  return `${MinSize} ${DesiredCapacity} ${(await scaling.served(name)).length}`;
}

async function attachments(shop: Rig, name: string): Promise<readonly string[]> {
  const { TargetGroupARNs = [] } = await groupsOf(shop).group(name);
  return TargetGroupARNs.map((arn) => arn.split('/')[1]!);
}

describe.concurrent('Auto Scaling groups that move between target groups', () => {
  scenario('are attached and detached: up, promote, rollback, cleanup', async ({ rig }) => {
    const shop = await rig(GROUPS);
    await shop.task('up --release 42');
    expect(shop.where()).toEqual({ 'shop-production': '41 × 3', 'shop-test': '42 × 3' });
    await shop.task('promote');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    expect([await attachments(shop, 'shop-a'), await attachments(shop, 'shop-b')]).toEqual([
      ['shop-test'],
      ['shop-production'],
    ]);
    await shop.task('rollback');
    expect(shop.where()).toEqual({ 'shop-production': '41 × 3', 'shop-test': '42 × 3' });
    expect((await shop.task('promote --batch 1', 'refused')).message).toContain('as a whole');
    await shop.task('promote');
    await shop.task('cleanup --wait');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '' });
    expect([await sizes(shop, 'shop-a'), await sizes(shop, 'shop-b')]).toEqual(['0 0 0', '1 3 3']);
    expect(await attachments(shop, 'shop-a')).toEqual([]);
    await shop.task('up --release 43');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '43 × 3' });
    await shop.expectNoFailures();
  });

  scenario('pain 14: scale out and lose an instance in the middle of a promote, and a rollback', async ({ rig }) => {
    const shop = await rig(GROUPS);
    const scaling = groupsOf(shop);
    const act = async (operation: string, input: object) => call(shop.sandbox.autoscaling, operation, input);
    /** The group that serves scales out, and the other one loses an instance, which drains first. */
    const disturb = async (serving: string, other: string, DesiredCapacity: number): Promise<void> => {
      await act('SetDesiredCapacity', { AutoScalingGroupName: serving, DesiredCapacity });
      const [InstanceId = ''] = await scaling.served(other);
      await act('TerminateInstanceInAutoScalingGroup', { InstanceId, ShouldDecrementDesiredCapacity: false });
    };
    await shop.task('up --release 42');
    const attached = shop.slow('AttachTrafficSources', 1_500);
    const promote = shop.start('promote --yes --json');
    await promote.reaches('attach shop-production');
    await disturb('shop-a', 'shop-b', 4);
    attached();
    expect(finished(await promote.ended)).toMatchObject({ result: 'done' });
    await scaling.settled('shop-b', 4);
    expect(shop.where()).toEqual({ 'shop-production': '42 × 4', 'shop-test': '41 × 4' });
    const again = shop.slow('AttachTrafficSources', 1_500);
    const rollback = shop.start('rollback --yes --json');
    await rollback.reaches('attach shop-production');
    await disturb('shop-b', 'shop-a', 5);
    again();
    expect(finished(await rollback.ended)).toMatchObject({ result: 'done' });
    await scaling.settled('shop-a', 4);
    expect(shop.where()['shop-production']).toBe('41 × 4');
    await shop.expectNoFailures();
  });
});
