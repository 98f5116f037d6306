import { RunInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { expect, onTestFinished, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { callEc2, callElbv2, quickSandbox } from '../support/quick-sandbox.ts';

/** What only shows where the services of the sandbox are together. */

async function started(): Promise<Sandbox> {
  const sandbox = await quickSandbox({ instances: 1 });
  onTestFinished(async () => sandbox.close());
  return sandbox;
}

test('a target group of a VPC that there is not is refused', async () => {
  const sandbox = await started();
  const group = { Name: 'acme', Protocol: 'HTTP', Port: 8080 };
  await expect(callElbv2(sandbox, 'CreateTargetGroup', { ...group, VpcId: 'vpc-0123456789abcdef0' })).rejects.toThrow(
    "The VPC ID 'vpc-0123456789abcdef0' is not found",
  );
  const { Vpcs } = await callEc2(sandbox, 'DescribeVpcs', {});
  const made = await callElbv2(sandbox, 'CreateTargetGroup', { ...group, VpcId: Vpcs[0].VpcId });
  expect(made.TargetGroups).toMatchObject([{ TargetGroupName: 'acme', VpcId: Vpcs[0].VpcId }]);
});

test('network interfaces are refused beside a subnet or security groups of the instance', async () => {
  const sandbox = await started();
  const { Subnets } = await callEc2(sandbox, 'DescribeSubnets', {});
  const { SecurityGroups } = await callEc2(sandbox, 'DescribeSecurityGroups', {});
  const { Images } = await callEc2(sandbox, 'DescribeImages', {});
  const [SubnetId, group] = [String(Subnets[0].SubnetId), String(SecurityGroups[0].GroupId)];
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  const client = new EC2Client({ endpoint: sandbox.url, region: sandbox.region, credentials, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  const launch = async (input: { SubnetId?: string; SecurityGroupIds?: string[] }) => {
    const NetworkInterfaces = [{ DeviceIndex: 0, SubnetId, Groups: [group] }];
    const request = { ImageId: String(Images[0].ImageId), MinCount: 1, MaxCount: 1, NetworkInterfaces, ...input };
    return client.send(new RunInstancesCommand(request));
  };
  await expect(launch({ SubnetId })).rejects.toMatchObject({ name: 'InvalidParameterCombination' });
  await expect(launch({ SecurityGroupIds: [group] })).rejects.toMatchObject({ name: 'InvalidParameterCombination' });
  expect((await launch({})).Instances).toMatchObject([{ SubnetId, NetworkInterfaces: [{ SubnetId }] }]);
});

test('it tells its limits, and where its load balancers listen', async () => {
  const sandbox = await started();
  const { Limits } = await callElbv2(sandbox, 'DescribeAccountLimits', {});
  expect(Limits).toContainEqual({ Name: 'targets-per-application-load-balancer', Max: '1000' });
  const listeners = await (await fetch(`${sandbox.url}/_turnout/listeners`)).json();
  expect(listeners).toEqual(sandbox.elbv2.urls());
  const [first] = listeners as readonly { readonly url: string }[];
  expect(await (await fetch(first?.url ?? '')).json()).toHaveProperty('release', '41');
});
