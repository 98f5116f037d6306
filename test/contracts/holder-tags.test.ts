import { expect, onTestFinished, test } from 'vitest';
import { AutoScaling } from '../../src/aws/autoscaling.ts';
import { Ec2 } from '../../src/aws/ec2.ts';
import { Refreshes } from '../../src/aws/refreshes.ts';
import { Standby } from '../../src/aws/standby.ts';
import { createAutoScalingFleet } from '../../src/fleets/auto-scaling/index.ts';
import { openSession } from '../support/aws.ts';
import { callOpsWorks, quickSandbox } from '../support/quick-sandbox.ts';
import { scalingOf } from '../support/scaling.ts';
import { OWNER } from '../support/worlds.ts';
import { openOpsWorksFleet, startOpsWorksWorld } from './opsworks-world.ts';

/** The tags of what holds a fleet are counted, since the marks of a switch are there. */

const TEAMS = Array.from({ length: 33 }, (_, n) => `team-${n}`);

test('of a layer, which may have 40', async () => {
  const { sandbox, stack, ...world } = await startOpsWorksWorld();
  onTestFinished(async () => world.close());
  const { Layers } = await callOpsWorks(sandbox, 'DescribeLayers', { StackId: stack });
  const port = openOpsWorksFleet(sandbox.url, { app: 'shop' });
  expect((await port.read([])).fleets[0]).not.toHaveProperty('holderTags');
  const Tags = Object.fromEntries(TEAMS.map((key) => [key, 'x']));
  await callOpsWorks(sandbox, 'TagResource', { ResourceArn: Layers[0].Arn, Tags });
  const { holderTags } = (await port.read([])).fleets[0]!;
  expect(holderTags).toMatchObject({ most: 40, own: expect.arrayContaining(['environment', 'fleet', 'release']) });
  expect(holderTags?.count).toBe(TEAMS.length + holderTags!.own.length);
});

test('of an Auto Scaling group, which may have 50', async () => {
  const sandbox = await quickSandbox({ scalingGroups: ['shop-a', 'shop-b'], instances: 1 });
  onTestFinished(async () => sandbox.close());
  const { client } = scalingOf(sandbox, 'shop-web');
  onTestFinished(() => client.destroy());
  const session = openSession(sandbox.url);
  const none = async () => Promise.reject(new Error('It is not asked.'));
  const port = createAutoScalingFleet({
    owner: OWNER,
    config: { kind: 'auto-scaling', tagPrefix: 'turnout', image: { name: 'shop-{release}' }, groups: ['shop-a'] },
    ec2: new Ec2(session),
    ssm: none,
    scaling: new AutoScaling(session),
    cloudwatch: none,
    standby: new Standby(session),
    refreshes: new Refreshes(session),
  });
  expect((await port.read([])).fleets[0]).not.toHaveProperty('holderTags');
  const of = { ResourceId: 'shop-a', ResourceType: 'auto-scaling-group', PropagateAtLaunch: false };
  await client.createOrUpdateTags({ Tags: TEAMS.map((Key) => ({ ...of, Key, Value: 'x' })) });
  const { holderTags } = (await port.read([])).fleets[0]!;
  expect(holderTags).toMatchObject({ most: 50, own: expect.arrayContaining(['environment', 'fleet', 'release']) });
  expect(holderTags?.count).toBe(TEAMS.length + holderTags!.own.length);
});
