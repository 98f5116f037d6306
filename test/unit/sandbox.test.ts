import {
  EC2Client,
  DescribeInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  SetSubnetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, describe, expect, test } from 'vitest';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.ts';
import { eventually } from '../support/cloud.ts';

const sandboxes: Sandbox[] = [];
afterEach(async () => {
  for (const sandbox of sandboxes.splice(0)) await sandbox.close();
});

const QUICK: SandboxOptions = {
  port: 0,
  productionPort: 0,
  testPort: 0,
  environment: 'shop',
  boot: 20,
  shutdown: 20,
  registration: 10,
  propagation: 10,
  deregistrationDelay: 300,
  healthCheck: { interval: 40, timeout: 30 },
};

async function start(options: SandboxOptions = {}) {
  const sandbox = await startSandbox({ ...QUICK, ...options });
  sandboxes.push(sandbox);
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  const client = { endpoint: sandbox.url, region: sandbox.region, credentials, maxAttempts: 1 };
  const [elb, ec2, ssm] = [new ElasticLoadBalancingV2Client(client), new EC2Client(client), new SSMClient(client)];
  const group = sandbox.production[0]!;
  const health = async () => {
    const output = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: group.arn }));
    return (output.TargetHealthDescriptions ?? []).map(
      (target) => `${target.Target?.Id} ${target.TargetHealth?.State}`,
    );
  };
  return { sandbox, elb, ec2, ssm, group, health };
}

describe('a new sandbox', () => {
  test('serves the first release within two seconds', async () => {
    const began = performance.now();
    const { sandbox, group, health } = await start();
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await health()).toEqual(sandbox.blue.map((id) => `${id} healthy`));
    const response = await fetch(group.url);
    expect(await response.json()).toMatchObject({ release: '41' });
    expect(sandbox.elbv2.traffic()).toMatchObject({ total: 1, failed: 0 });
    expect((await fetch(`${sandbox.url}/_turnout/traffic`).then((page) => page.json())) as object).toMatchObject({
      total: 1,
    });
    expect((await fetch(sandbox.test[0]!.url)).status).toBe(503);
  });

  test('spreads its fleet over the zones, with the ownership tags', async () => {
    const { sandbox, ec2 } = await start({ tagPrefix: 'shop' });
    const output = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [...sandbox.blue] }));
    const instances = (output.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
    expect(instances.map((instance) => instance.Placement?.AvailabilityZone ?? '').toSorted()).toEqual([
      'eu-west-1a',
      'eu-west-1a',
      'eu-west-1b',
    ]);
    const tags = Object.fromEntries((instances[0]?.Tags ?? []).map((tag) => [tag.Key, tag.Value]));
    expect(tags).toMatchObject({ 'shop:environment': 'shop', 'shop:fleet': 'shop-41', 'shop:release': '41' });
    expect(tags['shop:current']).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  test('can start without the tags, with one zone, several groups and no instances', async () => {
    const groups = [
      { name: 'one', port: 8080 },
      { name: 'two', port: 8090 },
    ];
    const { sandbox, ec2 } = await start({ adopted: false, zones: ['c'], production: groups, instances: 2 });
    const output = await ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: 'tag-key', Values: ['turnout:*'] }] }),
    );
    expect(output.Reservations).toEqual([]);
    for (const { url } of sandbox.production) expect((await fetch(url)).status).toBe(200);
    const empty = await start({ instances: 0 });
    expect(await empty.health()).toEqual([]);
  });

  test('has a parameter for each image, and accepts more releases', async () => {
    const { sandbox, ssm } = await start();
    const image = sandbox.addRelease('43', 'sick');
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: '/shop/image/43' }));
    expect(Parameter?.Value).toBe(image);
    expect(sandbox.instances.behaviourOf('43').name).toBe('sick');
  });

  test('leaves nothing behind, also if it cannot start', async () => {
    const first = await start();
    const port = Number(new URL(first.sandbox.url).port);
    await expect(startSandbox({ ...QUICK, port })).rejects.toMatchObject({ code: 'sandbox-running' });
    await first.sandbox.close();
    await expect(fetch(first.sandbox.url)).rejects.toThrow('fetch failed');
    await expect(fetch(first.group.url)).rejects.toThrow('fetch failed');
    const again = await start({ port });
    expect(again.sandbox.url).toBe(first.sandbox.url);
  });

  test('runs the user’s app', async () => {
    const source = `require('node:http').createServer((request, response) => response.end(process.env.RELEASE))
      .listen(Number(process.env.PORT), process.env.HOST)`;
    const { group } = await start({ app: [process.execPath, '-e', source], instances: 1 });
    expect(await (await fetch(group.url)).text()).toBe('41');
  });
});

describe('a switch by hand, with the real clients', () => {
  test('green is registered, blue is drained and terminated; no request fails', async () => {
    const { sandbox, elb, ec2, group, health } = await start({ boot: 300 });
    const templated = { LaunchTemplateName: 'shop-web', Version: '$Latest' };
    const { Parameter } = await new SSMClient({
      endpoint: sandbox.url,
      region: sandbox.region,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    }).send(new GetParameterCommand({ Name: '/shop/image/42' }));
    const run = new RunInstancesCommand({
      LaunchTemplate: templated,
      ImageId: Parameter!.Value!,
      MinCount: 3,
      MaxCount: 3,
    });
    const green = ((await ec2.send(run)).Instances ?? []).map((instance) => instance.InstanceId!);
    const targets = (ids: readonly string[]) => ({
      TargetGroupArn: group.arn,
      Targets: ids.map((Id) => ({ Id, Port: group.port })),
    });
    await expect(elb.send(new RegisterTargetsCommand(targets(green)))).rejects.toMatchObject({
      name: 'InvalidTargetException',
    });
    await eventually('green', () => green.every((id) => sandbox.instances.find(id)?.state === 'running'));
    await elb.send(new RegisterTargetsCommand(targets(green)));
    await eventually(
      'six healthy',
      async () => (await health()).filter((line) => line.endsWith(' healthy')).length === 6,
    );
    await elb.send(new DeregisterTargetsCommand(targets(sandbox.blue)));
    expect((await health()).filter((line) => line.endsWith(' draining'))).toHaveLength(3);
    await eventually('blue gone', async () => (await health()).length === 3);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [...sandbox.blue] }));
    const releases = await Promise.all(
      Array.from({ length: 6 }, async () => (await fetch(group.url)).headers.get('x-release')),
    );
    expect(new Set(releases)).toEqual(new Set(['42']));
    expect(sandbox.elbv2.traffic()).toMatchObject({ failed: 0 });
  });

  test('a sick instance becomes unhealthy, and recovers', async () => {
    const { sandbox, health } = await start();
    const [id] = sandbox.blue;
    const fault = sandbox.faults.add({ kind: 'sick', instance: id! });
    await eventually('unhealthy', async () => (await health()).includes(`${id} unhealthy`));
    sandbox.faults.remove(fault);
    await expect(eventually('healthy', async () => (await health()).includes(`${id} healthy`))).resolves.toBe(true);
  });

  test('faults make draining slow and reads stale', async () => {
    const { sandbox, elb, group, health } = await start({ deregistrationDelay: 0 });
    sandbox.faults.add({ kind: 'drain', ms: 60_000 });
    const [id] = sandbox.blue;
    const before = await health();
    await elb.send(new DeregisterTargetsCommand({ TargetGroupArn: group.arn, Targets: [{ Id: id! }] }));
    expect(await health()).toContain(`${id} draining`);
    sandbox.faults.add({ kind: 'stale', operation: 'DescribeTargetHealth', ms: 60_000, count: 1 });
    expect(await health()).toEqual(before);
    expect(await health()).toContain(`${id} draining`);
  });

  test('ELB’s errors have ELB’s format', async () => {
    const { sandbox, elb, health } = await start();
    sandbox.throttle.enabled = true;
    sandbox.throttle.limit('elbv2-reads', { burst: 1, perSecond: 0 });
    await health();
    await expect(health()).rejects.toMatchObject({
      name: 'Throttling',
      message: 'Rate exceeded',
      $metadata: { httpStatusCode: 400 },
    });
    const unknown = elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: undefined }));
    await expect(unknown).rejects.toMatchObject({ name: 'Throttling' });
    sandbox.throttle.enabled = false;
    const missing = elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: undefined }));
    await expect(missing).rejects.toMatchObject({ name: 'ValidationError', message: /targetGroupArn/ });
    const not = elb.send(new SetSubnetsCommand({ LoadBalancerArn: 'arn', Subnets: ['subnet-1'] }));
    await expect(not).rejects.toMatchObject({ name: 'InvalidAction' });
  });

  test('a thousand targets are described at once', async () => {
    const { sandbox, health } = await start({ instances: 1000, healthCheck: { interval: 60_000, timeout: 5_000 } });
    expect((await health()).filter((line) => line.endsWith(' healthy'))).toHaveLength(1000);
    expect(sandbox.requests.all.at(-1)?.ms).toBeLessThan(1_000);
  });
});
