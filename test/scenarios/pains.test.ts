import { describe, expect } from 'vitest';
import { call } from '../../src/sandbox/service.ts';
import { poll } from '../support/poll.ts';
import { finished } from '../support/program.ts';
import { QUICK_CHECKS, scenario, type Rig, type RigOptions } from '../support/rig.ts';
import { scalingOf } from '../support/scaling.ts';

/**
 * What others have lost with Auto Scaling groups, with real processes and under load; by its number in our notes. Pains 10 and 14 are in
 * auto-scaling.test.ts and attached-groups.test.ts; with two kinds of traffic and invented time all of them are in test/crash/pains.test.ts.
 */

const SMALL: RigOptions = { instances: 2, rate: 10, scalingGroups: ['shop-a', 'shop-b'] };

/** Each group stays in a target group of its own. */
const WEIGHTED: RigOptions = {
  ...SMALL,
  production: [{ name: 'shop-blue', port: 8080 }],
  test: [{ name: 'shop-green', port: 8080 }],
  weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
};

/** The groups are attached to the target group of production or of test in turn. */
const ATTACHED: RigOptions = {
  ...SMALL,
  production: [{ name: 'shop-production', port: 8080 }],
  test: [{ name: 'shop-test', port: 8080 }],
};

const groupsOf = (shop: Rig) => scalingOf(shop.sandbox, 'shop-web');

async function scale(shop: Rig, AutoScalingGroupName: string, DesiredCapacity: number): Promise<void> {
  await call(shop.sandbox.autoscaling, 'SetDesiredCapacity', { AutoScalingGroupName, DesiredCapacity });
}

const oldAnswers = async (shop: Rig): Promise<number> => (await shop.answered())['41'] ?? 0;

describe.concurrent('Auto Scaling groups under load', () => {
  scenario('pain 3: what is not registered any more does not get production', async ({ rig }) => {
    // Nothing registers them again as long as the promote waits for them.
    const shop = await rig({ ...WEIGHTED, config: { timeouts: '{ boot: 4s, healthy: 20s, drained: 20s }' } });
    await shop.task('up --release 42');
    const held = shop.slow('UpdateAutoScalingGroup', 1_000);
    const promote = shop.start('promote --yes --json');
    await promote.reaches('hold-minimum');
    const green = shop.sandbox.test[0]!.arn;
    const Targets = (await groupsOf(shop).served('shop-b')).map((Id) => ({ Id }));
    await call(shop.sandbox.elbv2, 'DeregisterTargets', { TargetGroupArn: green, Targets });
    held();
    const last = finished(await promote.ended);
    expect(last.result, last.message).toBe('undone');
    expect(Object.keys(await shop.answered())).toEqual(['41']);
    await shop.expectNoFailures();
  });

  scenario(
    'pain 8: green is as large as what serves, which scales out before and during the switch',
    async ({ rig }) => {
      const shop = await rig(WEIGHTED);
      await scale(shop, 'shop-a', 3);
      await groupsOf(shop).settled('shop-a', 3);
      await shop.task('up --release 42');
      expect(shop.where()['shop-green']).toBe('42 × 3');
      await scale(shop, 'shop-a', 4);
      await groupsOf(shop).settled('shop-a', 4);
      await shop.healthyIn('shop-blue', '41');
      await shop.task('promote');
      const before = await oldAnswers(shop);
      expect(shop.where()).toEqual({ 'shop-blue': '41 × 4', 'shop-green': '42 × 4' });
      expect(shop.statesIn('shop-green', '42')).toEqual(Array(4).fill('healthy'));
      await shop.expectNoFailures();
      expect(await oldAnswers(shop)).toBe(before);
    },
  );

  scenario('pain 9: another size of the next release changes nothing of what serves', async ({ rig }) => {
    const shop = await rig(WEIGHTED);
    // A run says on the groups which store has recorded it.
    const facts = async (): Promise<object> => {
      const { Tags = [], ...settings } = await groupsOf(shop).group('shop-a');
      return { ...settings, Tags: Tags.filter(({ Key }) => Key !== 'turnout:store') };
    };
    const before = await facts();
    await shop.task('up --release 42 --count 4');
    expect(shop.where()).toEqual({ 'shop-blue': '41 × 2', 'shop-green': '42 × 4' });
    expect(await facts()).toEqual(before);
    expect(Object.keys(await shop.answered())).toEqual(['41']);
    await shop.expectNoFailures();
  });

  scenario('pain 15: old code that is launched during and after the switch gets no production', async ({ rig }) => {
    const shop = await rig(ATTACHED);
    await shop.task('up --release 42');
    const slow = shop.slow('AttachTrafficSources', 1_000);
    const promote = shop.start('promote --yes --json');
    await promote.reaches('attach shop-production');
    await scale(shop, 'shop-a', 3);
    slow();
    expect(finished(await promote.ended)).toMatchObject({ result: 'done' });
    const before = await oldAnswers(shop);
    await scale(shop, 'shop-a', 4);
    await groupsOf(shop).settled('shop-a', 4);
    await shop.healthyIn('shop-test', '41');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 4' });
    await shop.expectNoFailures();
    expect(await oldAnswers(shop)).toBe(before);
  });

  scenario(
    'pain 19: a group that is in service and sick is not ready, and does not get production',
    async ({ rig }) => {
      const timeouts = '{ boot: 20s, healthy: 4s, drained: 20s }';
      const shop = await rig({ ...WEIGHTED, healthCheck: QUICK_CHECKS, config: { timeouts } });
      shop.sandbox.faults.add({ kind: 'release', release: '42', behaviour: 'sick' });
      const up = await shop.task('up --release 42', 'failed');
      expect(up.message).toContain('wait until healthy in shop-green');
      await poll(async () => (await groupsOf(shop).served('shop-b')).length === 2, 'shop-b in service', 10_000);
      await shop.task('abandon');
      const promote = await shop.task('promote', 'refused');
      expect(promote.message).toContain('0 of 2 instances of 42 are healthy');
      expect(Object.keys(await shop.answered())).toEqual(['41']);
      await shop.expectNoFailures();
    },
  );
});
