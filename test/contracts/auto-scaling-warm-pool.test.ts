import { expect, test } from 'vitest';
import { startCloned } from '../support/cloned.ts';
import { poll } from '../support/poll.ts';

test('what a clone keeps warm ends before the clone is at 0, also where that is stopped between the two', async () => {
  const world = await startCloned();
  const { client } = world.scaling;
  await client.putWarmPool({ AutoScalingGroupName: 'shop-web', MaxGroupPreparedCapacity: 3 });
  await world.fleet.launch(await world.order());
  const own = { AutoScalingGroupName: 'shop-web-42-r1' };
  const pool = async () => client.describeWarmPool(own);
  await poll(async () => (await pool()).Instances?.[0]?.LifecycleState === 'Warmed:Stopped', 'a warm instance', 15_000);
  await world.scaling.settled('shop-web-42-r1', 2);
  const [green] = await world.fleet.readFleets(['42-r1']);
  const broken = world.sandbox.autoscaling.operations as Record<string, unknown>;
  const whole = broken['UpdateAutoScalingGroup'];
  broken['UpdateAutoScalingGroup'] = () => {
    throw new Error('killed');
  };
  await expect(world.fleet.terminate(green!)).rejects.toThrow('killed');
  broken['UpdateAutoScalingGroup'] = whole;
  const { WarmPoolConfiguration: left } = await pool();
  expect(left === undefined ? 'gone' : left.Status, 'it ends before the group does').toMatch(/PendingDelete|gone/);
  await world.fleet.terminate(green!);
  await world.scaling.settled('shop-web-42-r1', 0);
  await poll(async () => (await pool()).WarmPoolConfiguration === undefined, 'no warm pool', 15_000);
  const { Activities = [] } = await client.describeScalingActivities(own);
  const launched = Activities.filter(({ Description = '' }) => Description.includes('into warm pool'));
  expect(launched, 'none for what the group has lost').toHaveLength(1);
  await world.fleet.remove(green!);
  const { AutoScalingGroups = [] } = await client.describeAutoScalingGroups({});
  expect(AutoScalingGroups.map(({ AutoScalingGroupName }) => AutoScalingGroupName)).toEqual(['shop-web']);
});
