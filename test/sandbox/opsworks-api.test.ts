import {
  CloneStackCommand,
  CreateDeploymentCommand,
  CreateInstanceCommand,
  CreateLayerCommand,
  DeleteInstanceCommand,
  DeleteLayerCommand,
  DescribeAppsCommand,
  DescribeCommandsCommand,
  DescribeDeploymentsCommand,
  DescribeInstancesCommand,
  DescribeLayersCommand,
  DescribeLoadBasedAutoScalingCommand,
  DescribeStacksCommand,
  DescribeUserProfilesCommand,
  ListTagsCommand,
  OpsWorksClient,
  SetLoadBasedAutoScalingCommand,
  StartInstanceCommand,
  StopInstanceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateLayerCommand,
  type CreateLayerCommandInput,
  type Instance,
} from '@aws-sdk/client-opsworks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { withoutAws } from '../support/aws.ts';
import { poll } from '../support/poll.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

let sandbox: Sandbox;
let client: OpsWorksClient;
let StackId: string;
let blue: string;
let count = 0;
beforeAll(async () => {
  withoutAws();
  sandbox = await quickSandbox({ opsworks: { stack: 'shop', layer: 'web', app: 'shop' }, instances: 2 });
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  client = new OpsWorksClient({ endpoint: sandbox.url, region: sandbox.region, credentials, maxAttempts: 1 });
  const { Stacks } = await client.send(new DescribeStacksCommand({}));
  StackId = Stacks?.[0]?.StackId ?? '';
  const { Layers } = await client.send(new DescribeLayersCommand({ StackId }));
  blue = Layers?.[0]?.LayerId ?? '';
});
afterAll(async () => {
  client.destroy();
  await sandbox.close();
});
beforeEach(() => sandbox.faults.clear());
async function createLayer(given: Partial<CreateLayerCommandInput> = {}): Promise<string> {
  count += 1;
  const names = { Name: `layer ${count}`, Shortname: `layer-${count}` };
  const { LayerId = '' } = await client.send(new CreateLayerCommand({ StackId, Type: 'custom', ...names, ...given }));
  return LayerId;
}

async function createInstance(layer: string, given: object = {}): Promise<string> {
  const wish = { StackId, LayerIds: [layer], InstanceType: 't3.micro', ...given };
  const { InstanceId = '' } = await client.send(new CreateInstanceCommand(wish));
  return InstanceId;
}

async function instance(id: string): Promise<Instance> {
  const { Instances } = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return Instances?.[0] as Instance;
}

async function reaches(id: string, status: string): Promise<Instance> {
  await poll(async () => (await instance(id)).Status === status, `${id} ${status}`);
  return instance(id);
}

const revision = (value: string): string => JSON.stringify({ deploy: { shop: { scm: { revision: value } } } });

describe('layers', () => {
  test('have their settings and defaults; passwords are not returned', async () => {
    const id = await createLayer({
      Attributes: { MysqlRootPassword: 'secret', Nothing: 'x' } as never,
      CustomJson: '{"a":1}',
    });
    const { Layers } = await client.send(new DescribeLayersCommand({ LayerIds: [id] }));
    expect(Layers?.[0]).toMatchObject({
      LayerId: id,
      Arn: expect.stringMatching(/^arn:aws:opsworks:.*:layer\//) as string,
      Attributes: { MysqlRootPassword: '*****FILTERED*****', Nothing: 'x' },
      CustomJson: '{"a":1}',
      EnableAutoHealing: true,
      CreatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/) as string,
    });
  });

  test('have unique names and short names, and a built-in type only once in a stack', async () => {
    const taken = { name: 'ValidationException' };
    await expect(createLayer({ Shortname: 'web' })).rejects.toMatchObject({
      ...taken,
      message: 'There is already a layer with shortname "web" for this stack',
    });
    await expect(createLayer({ Name: 'web' })).rejects.toMatchObject({
      ...taken,
      message: 'There is already a layer named "web" for this stack',
    });
    await createLayer({ Type: 'memcached' });
    await expect(createLayer({ Type: 'memcached' })).rejects.toMatchObject(taken);
    await expect(createLayer({ Shortname: 'not so short' })).rejects.toMatchObject(taken);
    await expect(createLayer({ CustomJson: '[1]' })).rejects.toMatchObject(taken);
  });

  test('are described by one kind of id; unknown ids are an error', async () => {
    await expect(client.send(new DescribeLayersCommand({}))).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(client.send(new DescribeLayersCommand({ LayerIds: ['none'] }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Unable to find layer with ID none',
    });
  });

  test('can be deleted only when they are empty', async () => {
    const id = await createLayer();
    const machine = await createInstance(id);
    await expect(client.send(new DeleteLayerCommand({ LayerId: id }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await client.send(new DeleteInstanceCommand({ InstanceId: machine }));
    await client.send(new DeleteLayerCommand({ LayerId: id }));
    await expect(client.send(new DescribeLayersCommand({ LayerIds: [id] }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('keep tags within limits, and load-based scaling settings', async () => {
    const { Layers } = await client.send(new DescribeLayersCommand({ LayerIds: [await createLayer()] }));
    const [{ Arn: ResourceArn, LayerId }] = Layers as [{ Arn: string; LayerId: string }];
    await client.send(new TagResourceCommand({ ResourceArn, Tags: { 'turnout:fleet': 'f', Team: 'shop' } }));
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['Team'] }));
    expect((await client.send(new ListTagsCommand({ ResourceArn }))).Tags).toEqual({ 'turnout:fleet': 'f' });
    for (const Tags of [{ Name: 'x' }, { 'opsworks:x': 'x' }, { a: 'x'.repeat(256) }, { a: '<' }]) {
      await expect(client.send(new TagResourceCommand({ ResourceArn, Tags }))).rejects.toMatchObject({
        name: 'ValidationException',
      });
    }
    const UpScaling = { InstanceCount: 1, CpuThreshold: 80 };
    await client.send(new SetLoadBasedAutoScalingCommand({ LayerId, Enable: true, UpScaling }));
    const scaling = await client.send(new DescribeLoadBasedAutoScalingCommand({ LayerIds: [LayerId] }));
    expect(scaling.LoadBasedAutoScalingConfigurations).toEqual([{ LayerId, Enable: true, UpScaling, DownScaling: {} }]);
  });
});

describe('instances', () => {
  test('are stopped at first, and go through setup to online; custom JSON sets their revision', async () => {
    const layer = await createLayer({ CustomJson: revision('42') });
    sandbox.faults.add({ kind: 'lifecycle', event: 'setup', fails: false, ms: 200, count: 1 });
    const id = await createInstance(layer, { AvailabilityZone: 'eu-west-1a' });
    expect(await instance(id)).toMatchObject({
      Status: 'stopped',
      Hostname: expect.stringMatching(/^layer-\d+1$/) as string,
    });
    expect(await instance(id)).not.toHaveProperty('Ec2InstanceId');
    await client.send(new StartInstanceCommand({ InstanceId: id }));
    await reaches(id, 'running_setup');
    const online = await reaches(id, 'online');
    expect(online).toMatchObject({
      AvailabilityZone: 'eu-west-1a',
      PrivateIp: expect.stringMatching(/^127\./) as string,
    });
    expect(await (await fetch(`http://${online.PrivateIp}:8080/`)).json()).toMatchObject({
      release: '42',
      instance: online.Ec2InstanceId,
    });
  });

  test('must be stopped before deletion; stopping keeps EBS-backed EC2 instances and terminates others', async () => {
    const layer = await createLayer();
    const both = await Promise.all(
      (['ebs', 'instance-store'] as const).map(async (RootDeviceType) => {
        const id = await createInstance(layer, { RootDeviceType });
        await client.send(new StartInstanceCommand({ InstanceId: id }));
        return reaches(id, 'online');
      }),
    );
    const [kept, lost] = both as [Instance, Instance];
    await expect(client.send(new DeleteInstanceCommand({ InstanceId: kept.InstanceId }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(client.send(new StartInstanceCommand({ InstanceId: kept.InstanceId }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    for (const { InstanceId } of both) await client.send(new StopInstanceCommand({ InstanceId }));
    expect(await reaches(kept.InstanceId!, 'stopped')).toMatchObject({ Ec2InstanceId: kept.Ec2InstanceId });
    expect(await reaches(lost.InstanceId!, 'stopped')).not.toHaveProperty('Ec2InstanceId');
    await client.send(new StartInstanceCommand({ InstanceId: kept.InstanceId }));
    expect(await reaches(kept.InstanceId!, 'online')).toMatchObject({ Ec2InstanceId: kept.Ec2InstanceId });
    await client.send(new StopInstanceCommand({ InstanceId: kept.InstanceId }));
    await reaches(kept.InstanceId!, 'stopped');
    for (const { InstanceId } of both) await client.send(new DeleteInstanceCommand({ InstanceId }));
    expect(sandbox.instances.find(kept.Ec2InstanceId!)?.state).toMatch(/shutting-down|terminated/);
  });

  test('fail to start, or in setup with a log that can be read', async () => {
    const layer = await createLayer();
    const [unstarted, unset] = [await createInstance(layer), await createInstance(layer)];
    sandbox.faults.add({ kind: 'lifecycle', event: 'start', count: 1 });
    await client.send(new StartInstanceCommand({ InstanceId: unstarted }));
    await reaches(unstarted, 'start_failed');
    sandbox.faults.add({ kind: 'lifecycle', event: 'setup', count: 1 });
    await client.send(new StartInstanceCommand({ InstanceId: unset }));
    await reaches(unset, 'setup_failed');
    const { Commands } = await client.send(new DescribeCommandsCommand({ InstanceId: unset }));
    expect(Commands?.[0]).toMatchObject({ Type: 'setup', Status: 'failed', ExitCode: 1 });
    expect(await (await fetch(Commands![0]!.LogUrl!)).text()).toContain('FATAL');
  });

  test('that are lost are healed if their layers enable it', async () => {
    const [healing, not] = [await createLayer(), await createLayer({ EnableAutoHealing: false })];
    sandbox.times.healMs = 50;
    const ids = await Promise.all(
      [healing, not].map(async (layer) => {
        const id = await createInstance(layer);
        await client.send(new StartInstanceCommand({ InstanceId: id }));
        return (await reaches(id, 'online')) as { InstanceId: string; Ec2InstanceId: string };
      }),
    );
    for (const { Ec2InstanceId } of ids) sandbox.instances.loseHost(Ec2InstanceId);
    await reaches(ids[1]!.InstanceId, 'connection_lost');
    const healed = await reaches(ids[0]!.InstanceId, 'online');
    expect(healed.Ec2InstanceId).not.toBe(ids[0]!.Ec2InstanceId);
    expect((await instance(ids[1]!.InstanceId)).Status).toBe('connection_lost');
  });
});

describe('deployments', () => {
  const deploy = async (instances: readonly Instance[], CustomJson: string): Promise<string> => {
    const { Apps } = await client.send(new DescribeAppsCommand({ StackId }));
    const { DeploymentId } = await client.send(
      new CreateDeploymentCommand({
        StackId,
        AppId: Apps?.[0]?.AppId,
        InstanceIds: instances.map(({ InstanceId }) => InstanceId!),
        Command: { Name: 'deploy', Args: { migrate: ['false'] } },
        Comment: 'run-1',
        CustomJson,
      }),
    );
    return DeploymentId!;
  };
  const ended = async (id: string) => {
    const read = async () =>
      (await client.send(new DescribeDeploymentsCommand({ DeploymentIds: [id] }))).Deployments?.[0];
    await poll(async () => (await read())?.Status !== 'running', 'the end of the deployment');
    return read();
  };

  test('restart the app with the new revision; requests in flight fail', async () => {
    const { Instances = [] } = await client.send(new DescribeInstancesCommand({ LayerId: blue }));
    const [first] = Instances as [Instance];
    const url = `http://${first.PrivateIp}:8080`;
    const open = fetch(`${url}/_app/slow?ms=60000`);
    await fetch(url);
    const id = await deploy([first], revision('42'));
    await expect(open).rejects.toThrow('fetch failed');
    expect(await ended(id)).toMatchObject({ Status: 'successful', Comment: 'run-1', InstanceIds: [first.InstanceId] });
    expect(await (await fetch(url)).json()).toMatchObject({ release: '42' });
  });

  test('that fail are reported in their commands, and do not change the app', async () => {
    const { Instances = [] } = await client.send(new DescribeInstancesCommand({ LayerId: blue }));
    sandbox.faults.add({ kind: 'lifecycle', event: 'deploy', count: 1 });
    const id = await deploy(Instances.slice(1, 2), revision('43'));
    expect(await ended(id)).toMatchObject({ Status: 'failed' });
    const { Commands } = await client.send(new DescribeCommandsCommand({ DeploymentId: id }));
    expect(Commands).toMatchObject([{ Status: 'failed', ExitCode: 1, Type: 'deploy' }]);
    expect(await (await fetch(`http://${Instances[1]?.PrivateIp}:8080`)).json()).toMatchObject({ release: '41' });
  });

  test('go to online instances only', async () => {
    const id = await createInstance(await createLayer());
    await expect(deploy([await instance(id)], '{}')).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

test('a stack is cloned with its layers, without its instances', async () => {
  const { StackId: clone } = await client.send(
    new CloneStackCommand({ SourceStackId: StackId, ServiceRoleArn: 'arn:aws:iam::123456789012:role/r', Name: 'copy' }),
  );
  await client.send(new UpdateLayerCommand({ LayerId: blue, InstallUpdatesOnBoot: false }));
  const { Layers } = await client.send(new DescribeLayersCommand({ StackId: clone }));
  expect(Layers?.find(({ Shortname }) => Shortname === 'web')).toMatchObject({ InstallUpdatesOnBoot: true });
  expect((await client.send(new DescribeInstancesCommand({ StackId: clone }))).Instances).toEqual([]);
});

test('a request without a required member, and one for an unsupported operation, are rejected', async () => {
  await expect(client.send(new DescribeUserProfilesCommand({}))).rejects.toMatchObject({
    name: 'UnknownOperationException',
  });
  await expect(client.send(new StartInstanceCommand({ InstanceId: undefined }))).rejects.toMatchObject({
    name: 'ValidationException',
  });
});
