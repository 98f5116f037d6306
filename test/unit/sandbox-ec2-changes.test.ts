import * as ec2 from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startCloud, type Cloud } from '../support/cloud.ts';
import { ec2Words, fails, where } from '../support/ec2-words.ts';

let cloud: Cloud;
beforeEach(async () => {
  cloud = await startCloud();
});
afterEach(() => cloud.close());
const { launchIds, find, stateOf, untilState } = ec2Words(() => cloud);

describe('the end of an instance', () => {
  const terminate = async (...InstanceIds: string[]) =>
    (await cloud.ec2.send(new ec2.TerminateInstancesCommand({ InstanceIds }))).TerminatingInstances;
  const protect = (InstanceId: string, Value: boolean) =>
    cloud.ec2.send(new ec2.ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value } }));

  test('terminating kills the server, and the instance stays visible', async () => {
    const [id] = await launchIds();
    await untilState(id!, 'running');
    const { address } = cloud.instances.find(id!)!;
    expect(await terminate(id!)).toMatchObject([
      { PreviousState: { Name: 'running' }, CurrentState: { Name: 'shutting-down', Code: 32 } },
    ]);
    await expect(fetch(`http://${address}:8080/`)).rejects.toThrow('fetch failed');
    await untilState(id!, 'terminated');
    const [seen] = await find({ InstanceIds: [id!] });
    expect(seen).toMatchObject({
      State: { Name: 'terminated', Code: 48 },
      StateReason: { Code: 'Client.UserInitiatedShutdown' },
      StateTransitionReason: expect.stringMatching(/^User initiated \(.* GMT\)$/) as string,
    });
    expect(seen?.PrivateIpAddress).toBeUndefined();
    expect(await terminate(id!)).toMatchObject([
      { PreviousState: { Name: 'terminated' }, CurrentState: { Name: 'terminated' } },
    ]);
  });

  test('a protected instance prevents termination in its zone, not in other zones', async () => {
    const [kept, beside] = await launchIds({ MinCount: 2, MaxCount: 2, SubnetId: cloud.subnets[0]! });
    const [away] = await launchIds({ SubnetId: cloud.subnets[1]! });
    await protect(kept!, true);
    const error = fails('OperationNotPermitted', new RegExp(`'${kept}' may not be terminated`));
    await expect(terminate(kept!, beside!, away!)).rejects.toMatchObject(error);
    expect([stateOf(beside!), stateOf(kept!)]).not.toContain('shutting-down');
    expect(stateOf(away!)).toMatch(/shutting-down|terminated/);
    await protect(kept!, false);
    await terminate(kept!, beside!);
    await untilState(kept!, 'terminated');
  });

  test('with one unknown id nothing is terminated', async () => {
    const [id] = await launchIds();
    await expect(terminate(id!, 'i-0123456789abcdef0')).rejects.toMatchObject(fails('InvalidInstanceID.NotFound'));
    expect(stateOf(id!)).toMatch(/pending|running/);
  });

  test('a stopped instance starts again with the same address', async () => {
    const [id] = await launchIds();
    await untilState(id!, 'running');
    const { address } = cloud.instances.find(id!)!;
    await cloud.ec2.send(new ec2.StopInstancesCommand({ InstanceIds: [id!] }));
    await expect(fetch(`http://${address}:8080/`)).rejects.toThrow('fetch failed');
    await untilState(id!, 'stopped');
    await cloud.ec2.send(new ec2.StartInstancesCommand({ InstanceIds: [id!] }));
    await untilState(id!, 'running');
    expect((await fetch(`http://${address}:8080/health`)).status).toBe(200);
    await terminate(id!);
    const start = cloud.ec2.send(new ec2.StartInstancesCommand({ InstanceIds: [id!] }));
    await expect(start).rejects.toMatchObject(fails('IncorrectInstanceState'));
  });

  test('attributes are read and, if the state allows it, changed', async () => {
    const UserData = Buffer.from('hello').toString('base64');
    const [id] = await launchIds({ UserData });
    const read = (Attribute: ec2.InstanceAttributeName) =>
      cloud.ec2.send(new ec2.DescribeInstanceAttributeCommand({ InstanceId: id!, Attribute }));
    expect((await read('userData')).UserData?.Value).toBe(UserData);
    expect((await read('disableApiTermination')).DisableApiTermination?.Value).toBe(false);
    await expect(read('kernel')).rejects.toMatchObject(fails('InvalidParameterValue'));
    const change = new ec2.ModifyInstanceAttributeCommand({ InstanceId: id!, UserData: { Value: Buffer.from('bye') } });
    await expect(cloud.ec2.send(change)).rejects.toMatchObject(fails('IncorrectInstanceState'));
    await untilState(id!, 'running');
    await cloud.ec2.send(new ec2.StopInstancesCommand({ InstanceIds: [id!] }));
    await untilState(id!, 'stopped');
    await cloud.ec2.send(change);
    expect(Buffer.from((await read('userData')).UserData!.Value!, 'base64').toString()).toBe('bye');
  });
});

describe('tags', () => {
  const tag = (Resources: string[], Key: string, Value?: string) => ({
    Resources,
    Tags: [{ Key, ...(Value !== undefined && { Value }) }],
  });

  test('are added, overwritten, deleted and described', async () => {
    const [a, b] = await launchIds({ MinCount: 2, MaxCount: 2 });
    await cloud.ec2.send(new ec2.CreateTagsCommand(tag([a!, b!], 'x', '1')));
    await cloud.ec2.send(new ec2.CreateTagsCommand(tag([a!, cloud.image], 'x', '2')));
    const tags = async (...filters: ec2.Filter[]) => {
      const output = await cloud.ec2.send(new ec2.DescribeTagsCommand({ Filters: filters }));
      return output.Tags?.map((each) => [each.ResourceId, each.ResourceType, each.Value]);
    };
    const x = { Name: 'key', Values: ['x'] };
    expect(await tags(x, { Name: 'resource-type', Values: ['instance'] })).toEqual([
      [a, 'instance', '2'],
      [b, 'instance', '1'],
    ]);
    await cloud.ec2.send(new ec2.DeleteTagsCommand(tag([a!, b!], 'x', '2')));
    expect(await tags(x, { Name: 'resource-id', Values: [a!, b!] })).toEqual([[b, 'instance', '1']]);
    await cloud.ec2.send(new ec2.DeleteTagsCommand(tag([b!], 'x')));
    expect(await tags(x, { Name: 'resource-id', Values: [b!] })).toEqual([]);
  });

  test('are rejected for all resources if one is unknown', async () => {
    const [id] = await launchIds();
    const command = new ec2.CreateTagsCommand(tag([id!, 'i-0123456789abcdef0'], 'x', '1'));
    await expect(cloud.ec2.send(command)).rejects.toMatchObject(fails('InvalidInstanceID.NotFound'));
    expect(await find(where('tag-key', 'x'))).toEqual([]);
  });
});
