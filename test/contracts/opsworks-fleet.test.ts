import { world as snapshotOf } from '../support/worlds.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Instance } from '../../src/domain/snapshot.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { callOpsWorks } from '../support/quick-sandbox.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { poll } from '../support/poll.ts';
import { fleetContract } from './fleet.contract.ts';
import { AT, blueOf, fleetOf, idsOf, launchGreen, launchStep, launchRequestOf, ZONES } from './fleet-world.ts';
import {
  openOpsWorksFleet,
  OPSWORKS_WAYS,
  startOpsWorksWorld,
  type Boot,
  type OpsWorksWorld,
} from './opsworks-world.ts';

/**
 * OpsWorks makes and starts each instance by itself. Reading: layers, instances, tags of each layer (blue and green), scaling, and
 * EC2's instances.
 */
const SMALL = { launch: 30, read: 6, mark: 4, terminate: 15, unmanaged: 7, claim: 3 };

fleetContract('opsworks', {
  setup: startOpsWorksWorld,
  ways: OPSWORKS_WAYS,
  requests: { 10: SMALL },
  changes: { launch: 8, terminate: 4, refused: 7 },
  refused: 'opsworks-refused',
  protects: false,
});

describe("what is OpsWorks's own", () => {
  const start = async (): Promise<OpsWorksWorld> => {
    const world = await startOpsWorksWorld();
    onTestFinished(async () => world.close());
    return world;
  };
  const layersOf = async ({ sandbox, stack }: OpsWorksWorld) =>
    (await callOpsWorks(sandbox, 'DescribeLayers', { StackId: stack })).Layers;
  const tagsOf = async ({ sandbox }: OpsWorksWorld, arn: string) =>
    (await callOpsWorks(sandbox, 'ListTags', { ResourceArn: arn })).Tags;
  const open = (world: OpsWorksWorld, boot: Boot) => openOpsWorksFleet(world.sandbox.url, boot);
  const launchWith = async (world: OpsWorksWorld, boot: Boot): Promise<void> => {
    const port = open(world, boot);
    await port.launch(launchStep(await port.resolve(await launchRequestOf(port))));
  };
  const update = async ({ sandbox, layer }: OpsWorksWorld, change: object): Promise<void> =>
    callOpsWorks(sandbox, 'UpdateLayer', { LayerId: layer, ...change });

  test('a clone has all of the layer that can be copied, its tags and its rules of scaling, switched off', async () => {
    const world = await start();
    const copied = {
      Attributes: { EcsClusterArn: 'arn:cluster' },
      AutoAssignPublicIps: true,
      CustomRecipes: { Setup: ['shop::setup'], Configure: [], Deploy: ['shop::deploy'], Undeploy: [], Shutdown: [] },
      CustomSecurityGroupIds: ['sg-1'],
      EnableAutoHealing: false,
      InstallUpdatesOnBoot: false,
      LifecycleEventConfiguration: { Shutdown: { ExecutionTimeout: 30, DelayUntilElbConnectionsDrained: true } },
      Packages: ['git'],
      VolumeConfigurations: [{ MountPoint: '/data', NumberOfDisks: 1, Size: 10 }],
    };
    await update(world, { ...copied, CustomJson: '{"deploy":{"shop":{"scm":{"revision":"41"},"x":1}},"y":2}' });
    const [blue] = await layersOf(world);
    await callOpsWorks(world.sandbox, 'TagResource', { ResourceArn: blue.Arn, Tags: { Team: 'shop' } });
    const rules = { UpScaling: { InstanceCount: 1, CpuThreshold: 80 }, DownScaling: { InstanceCount: 1 } };
    await callOpsWorks(world.sandbox, 'SetLoadBasedAutoScaling', { LayerId: world.layer, Enable: true, ...rules });
    await launchWith(world, { app: 'shop' });
    const [, green] = await layersOf(world);
    expect(green).toMatchObject({ ...copied, Type: 'custom' });
    expect(JSON.parse(green.CustomJson)).toEqual({
      deploy: { shop: { scm: { revision: '42' }, x: 1 } },
      y: 2,
      turnout: { environment: 'shop', fleet: 'green', release: '42', shortName: 'shop-green' },
    });
    expect(await tagsOf(world, green.Arn)).toEqual({
      Team: 'shop',
      'turnout:environment': 'shop',
      'turnout:fleet': 'green',
      'turnout:release': '42',
    });
    const scaling = await callOpsWorks(world.sandbox, 'DescribeLoadBasedAutoScaling', { LayerIds: [green.LayerId] });
    expect(scaling.LoadBasedAutoScalingConfigurations).toEqual([{ LayerId: green.LayerId, Enable: false, ...rules }]);
    const { instances } = await fleetOf(open(world, {}), 'green');
    expect(instances.map(({ zone }) => zone).toSorted()).toEqual([ZONES[0], ZONES[0], ZONES[1]]);
  });

  test('passwords that OpsWorks does not show must be in the config, and are in no goal', async () => {
    const world = await start();
    await update(world, { Attributes: { MysqlRootPassword: 'old' } });
    const error = await errorOf(launchWith(world, { app: 'shop' }));
    expect(error.code).toBe('filtered-attributes');
    expect(error.message).toContain('MysqlRootPassword');
    expectAdvice(error);
    const layer = { attributes: { MysqlRootPassword: 'secret' } };
    const port = open(world, { app: 'shop', layer });
    expect(JSON.stringify(await port.resolve(await launchRequestOf(port)))).not.toContain('secret');
    await launchWith(world, { app: 'shop', layer });
    expect(await layersOf(world)).toHaveLength(2);
  });

  test('a layer of a built-in type is refused, or cloned as a custom one that runs the same recipes', async () => {
    const world = await start();
    await update(world, {
      Type: 'rails-app',
      DefaultRecipes: { Setup: ['rails'] },
      CustomRecipes: { Setup: ['mine'] },
    });
    const error = await errorOf(launchWith(world, { app: 'shop' }));
    expect(error.code).toBe('layer-once');
    expectAdvice(error);
    await launchWith(world, { app: 'shop', layer: { type: 'custom' } });
    const [, green] = await layersOf(world);
    expect(green).toMatchObject({ Type: 'custom', CustomRecipes: { Setup: ['rails', 'mine'] } });
  });

  test('names of the config are used, and refused when they are taken', async () => {
    const world = await start();
    const layer = { name: 'Web {release}', shortName: 'web-{release}' };
    await launchWith(world, { app: 'shop', layer });
    const [, green] = await layersOf(world);
    expect(green).toMatchObject({ Name: 'Web 42', Shortname: 'web-42' });
    const port = open(world, { app: 'shop', layer });
    const error = await errorOf(port.resolve(await launchRequestOf(port)));
    expect(error.code).toBe('layer-exists');
    expectAdvice(error);
  });

  test('an instance of two layers is cloned into the other one too', async () => {
    const world = await start();
    const monitored = await world.addLayer('monitored', {});
    const { Instances } = await callOpsWorks(world.sandbox, 'DescribeInstances', { LayerId: world.layer });
    for (const { InstanceId } of Instances) {
      await callOpsWorks(world.sandbox, 'StopInstance', { InstanceId });
      const status = async () =>
        (await callOpsWorks(world.sandbox, 'DescribeInstances', { InstanceIds: [InstanceId] })).Instances[0].Status;
      await poll(async () => (await status()) === 'stopped', 'a stopped instance');
      await callOpsWorks(world.sandbox, 'UpdateInstance', { InstanceId, LayerIds: [world.layer, monitored] });
      await callOpsWorks(world.sandbox, 'StartInstance', { InstanceId });
      await poll(async () => (await status()) === 'online', 'an instance that is online');
    }
    await launchWith(world, { app: 'shop' });
    const all = await callOpsWorks(world.sandbox, 'DescribeInstances', { LayerId: monitored });
    expect(all.Instances).toHaveLength(6);
  });

  test('what failed to start or in setup is never fit, and says why', async () => {
    const world = await start();
    world.sandbox.faults.add({ kind: 'lifecycle', event: 'start', count: 1 });
    world.sandbox.faults.add({ kind: 'lifecycle', event: 'setup', count: 1 });
    const port = await launchGreen(world);
    const green = await fleetOf(port, 'green');
    const failed = green.instances.flatMap((instance) => instance.failed ?? []);
    expect(failed.toSorted()).toEqual([
      expect.stringMatching(/^setup_failed: setup ended with exit code 1, its log: http/) as string,
      'start_failed: EC2 has no capacity for the instance type',
    ]);
    const snapshot = { ...snapshotOf([]), fleets: [green] };
    const step = { do: 'await-running', fleet: 'green' } as const;
    expect(behaviourOf(step).progress(snapshot)).toBe('under way');
    expect(behaviourOf(step).cannotSucceed(snapshot)).toContain('2 of 3 instances failed');
  });

  test('a layer goes once its instances have stopped, and with it all that is left', async () => {
    const world = await start();
    const port = await launchGreen(world);
    world.sandbox.faults.add({ kind: 'lifecycle', event: 'shutdown', fails: false, ms: 200 });
    await port.terminate(await fleetOf(port, 'green'));
    const green = await fleetOf(port, 'green');
    const step = { do: 'remove', fleet: 'green' } as const;
    const progress = async () => behaviourOf(step).progress({ ...snapshotOf([]), ...(await port.read([])) });
    expect(await progress()).toBe('under way');
    await poll(async () => (await progress()) === 'todo', 'all instances ended');
    await Promise.all([port.remove(green), world.open().remove(green)]);
    expect(await progress()).toBe('done');
    expect((await port.read([])).fleets.map(({ id }) => id)).toEqual(['shop-41']);
    expect(await layersOf(world)).toHaveLength(1);
    await port.remove(green);
  });

  test('instances that were never started go with their layer', async () => {
    const world = await start();
    world.sandbox.faults.add({ kind: 'error', operation: 'StartInstance' });
    const port = world.open();
    await errorOf(launchGreen(world));
    const green = await fleetOf(port, 'green');
    expect(green.instances.map(({ unstarted }) => unstarted)).toEqual([true, true, true]);
    await port.terminate(green);
    await port.remove(green);
    expect(await layersOf(world)).toHaveLength(1);
  });

  test('an instance that was created twice is not of the fleet, and is deleted with its layer', async () => {
    const world = await start();
    const port = await launchGreen(world);
    const [, { LayerId }] = await layersOf(world);
    const { Instances } = await callOpsWorks(world.sandbox, 'DescribeInstances', { LayerId });
    const { Hostname } = Instances[0];
    const other = { StackId: world.stack, LayerIds: [LayerId], InstanceType: 't3.micro', Hostname: 'other' };
    const { InstanceId } = await callOpsWorks(world.sandbox, 'CreateInstance', other);
    await callOpsWorks(world.sandbox, 'UpdateInstance', { InstanceId, Hostname });
    const green = await fleetOf(port, 'green');
    expect(green.instances).toHaveLength(3);
    await port.terminate(green);
    await poll(async () => {
      await port.remove(green);
      return (await layersOf(world)).length === 1;
    }, 'the layer to be gone');
  });

  test('the mark of a share, which has a character that OpsWorks does not allow, is kept', async () => {
    const world = await start();
    const port = world.open();
    await port.mark(await blueOf(port), { share: `10@${AT}` });
    expect((await blueOf(port)).marks.share).toBe(`10@${AT}`);
  });

  test('a fleet that is made current again is not on its way out any more', async () => {
    const world = await start();
    const port = await launchGreen(world);
    const green = await fleetOf(port, 'green');
    world.sandbox.faults.add({ kind: 'error', operation: 'StopInstance' });
    await errorOf(port.terminate(green));
    await port.mark(green, { current: AT });
    const [, layer] = await layersOf(world);
    expect(await tagsOf(world, layer.Arn)).toMatchObject({ 'turnout:ending': 'no', 'turnout:current': AT });
  });

  test('a layer carries a release once the last of its instances does, and never later than that one', async () => {
    const world = await start();
    const port = open(world, { app: 'shop' });
    const [first, ...others] = (await blueOf(port)).instances as [Instance, ...Instance[]];
    const carried = async () => {
      const [layer] = await layersOf(world);
      const tags = await tagsOf(world, layer.Arn);
      return [tags['turnout:release'], JSON.parse(layer.CustomJson).deploy.shop.scm.revision];
    };
    await port.note([first], { release: '42' });
    expect(await carried()).toEqual(['41', '41']);
    const halfway = await fleetOf(port, 'shop-41');
    expect(halfway.instances.filter(({ release }) => release === '42')).toMatchObject([{ id: first.id }]);
    // EC2 fails: the layer was settled before, and asking again ends it.
    world.sandbox.faults.add({ kind: 'error', operation: 'CreateTags', code: 'Denied', status: 400, count: 1 });
    await errorOf(port.note(others, { release: '42' }));
    expect(await carried()).toEqual(['42', '42']);
    await port.note(others, { release: '42' });
    expect(await fleetOf(port, 'shop-41')).toMatchObject({ release: '42' });
  });

  test('what may change a fleet by itself is noted', async () => {
    const world = await start();
    expect((await blueOf(world.open())).warnings).toEqual([expect.stringContaining('Auto healing') as string]);
    await update(world, { EnableAutoHealing: false });
    await callOpsWorks(world.sandbox, 'SetLoadBasedAutoScaling', { LayerId: world.layer, Enable: true });
    expect((await blueOf(world.open())).warnings).toEqual([expect.stringContaining('Load-based scaling') as string]);
  });

  test('what is claimed must be one whole layer', async () => {
    const world = await start();
    const ids = await world.unmanaged(3);
    const port = world.open();
    const claim = async (instances: readonly string[]) =>
      port.claim({ fleet: 'found', release: '40', instances, marks: { current: AT } });
    for (const some of [ids.slice(1), [...ids, ...world.blue]]) {
      const error = await errorOf(claim(some));
      expect(error.code).toBe('not-a-layer');
      expectAdvice(error);
    }
    await claim(ids);
    expect(idsOf((await fleetOf(port, 'found')).instances)).toEqual([...ids].toSorted());
  });

  test('what another environment has adopted is known by the tags of its layer', async () => {
    const world = await start();
    const ids = await world.unmanaged(2);
    const owner = { environment: 'cafe', tagPrefix: 'turnout' };
    const other = openOpsWorksFleet(world.sandbox.url, { app: 'shop' }, owner);
    await other.claim({ fleet: 'theirs', release: '40', instances: ids, marks: { current: AT } });
    const { unmanaged } = await world.open().read(ids);
    const theirs = { nature: 'environment', kind: 'environment', name: 'cafe' };
    expect(unmanaged.map(({ owners }) => owners)).toEqual([[theirs], [theirs]]);
  });

  test('a stack that is not there, and an instance of two fleets, are said so', async () => {
    const world = await start();
    await world.boot([
      world.layer,
      await world.addLayer('other', { 'turnout:environment': 'shop', 'turnout:fleet': 'f' }),
    ]);
    const error = await errorOf(world.open().read([]));
    expect(error.code).toBe('instance-in-two-fleets');
    expectAdvice(error);
    await callOpsWorks(world.sandbox, 'UpdateStack', { StackId: world.stack, Name: 'cafe' });
    const none = await errorOf(world.open().read([]));
    expect(none.code).toBe('no-such-stack');
    expectAdvice(none);
  });
});
