/** The sandbox with the AWS CLI: botocore has its own service models and parsers. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import { aws as run, needsCli, refusal as refusalOf } from '../support/aws-cli.ts';
import { eventually } from '../support/cloud.ts';
import { targetsIn } from '../support/health-watch.ts';

// Each command starts a Python process.
vi.setConfig({ testTimeout: 90_000 });

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({
    port: 0,
    productionPort: 0,
    testPort: 0,
    environment: 'shop',
    boot: 50,
    registration: 50,
    deregistrationDelay: 60_000,
    pageSize: 2,
  });
});
afterAll(() => sandbox.close());

// oxlint-disable-next-line typescript/no-explicit-any -- as in aws-cli.ts
const aws = async (...words: string[]): Promise<any> => run(sandbox.url, ...words);
const refusal = async (...words: string[]) => refusalOf(sandbox.url, ...words);

describe('aws ec2', () => {
  test('describe-instances, over several pages and by filter', async (context) => {
    needsCli(context);
    const { Reservations } = await aws('ec2', 'describe-instances', '--filters', 'Name=tag:turnout:release,Values=41');
    const instances = Reservations.flatMap((reservation: { Instances: object[] }) => reservation.Instances);
    expect(instances.map((each: { InstanceId: string }) => each.InstanceId)).toEqual(sandbox.blue);
    expect(instances[0]).toMatchObject({
      State: { Name: 'running', Code: 16 },
      InstanceType: 't3.micro',
      PrivateIpAddress: expect.stringMatching(/^127\./) as string,
      LaunchTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    });
    const query = ['--query', 'length(Reservations[].Instances[])'];
    expect(await aws('ec2', 'describe-instances', '--instance-ids', sandbox.blue[0]!, ...query)).toBe(1);
  });

  test('run-instances from the template, create-tags, describe-tags, terminate-instances', async (context) => {
    needsCli(context);
    const template = 'LaunchTemplateName=shop-web,Version=$Latest';
    const tags = 'ResourceType=instance,Tags=[{Key=made,Value=by hand}]';
    const words = [
      '--count',
      '2',
      '--launch-template',
      template,
      '--tag-specifications',
      tags,
      '--client-token',
      'cli-1',
    ];
    const first = await aws('ec2', 'run-instances', ...words);
    const ids: string[] = first.Instances.map((each: { InstanceId: string }) => each.InstanceId);
    expect(ids).toHaveLength(2);
    const again = await aws('ec2', 'run-instances', ...words);
    expect(again.ReservationId).toBe(first.ReservationId);
    await aws('ec2', 'create-tags', '--resources', ...ids, '--tags', 'Key=x,Value=1', 'Key=y,Value=');
    const listed = await aws('ec2', 'describe-tags', '--filters', `Name=resource-id,Values=${ids[0]}`);
    expect(listed.Tags.map((tag: { Key: string; Value: string }) => `${tag.Key}=${tag.Value}`)).toEqual(
      expect.arrayContaining(['made=by hand', 'x=1', 'y=', 'aws:ec2launchtemplate:version=1']),
    );
    await aws('ec2', 'delete-tags', '--resources', ids[0]!, '--tags', 'Key=x');
    await aws('ec2', 'modify-instance-attribute', '--instance-id', ids[0]!, '--disable-api-termination');
    expect(await refusal('ec2', 'terminate-instances', '--instance-ids', ...ids)).toContain('(OperationNotPermitted)');
    await aws('ec2', 'modify-instance-attribute', '--instance-id', ids[0]!, '--no-disable-api-termination');
    const ended = await aws('ec2', 'terminate-instances', '--instance-ids', ...ids);
    expect(
      ended.TerminatingInstances.map((each: { CurrentState: { Name: string } }) => each.CurrentState.Name),
    ).toEqual(['shutting-down', 'shutting-down']);
  });

  test('describe-images, -subnets, -availability-zones, -launch-template-versions, -instance-attribute', async (context) => {
    needsCli(context);
    const { Images } = await aws('ec2', 'describe-images', '--owners', 'self', '--filters', 'Name=name,Values=shop-*');
    expect(Images.map((image: { Name: string }) => image.Name)).toEqual(['shop-41', 'shop-42']);
    const { Subnets } = await aws('ec2', 'describe-subnets');
    expect(Subnets).toHaveLength(2);
    const zones = await aws('ec2', 'describe-availability-zones', '--query', 'AvailabilityZones[].ZoneName');
    expect(zones).toEqual(['eu-west-1a', 'eu-west-1b']);
    const name = ['--launch-template-name', 'shop-web', '--versions', '$Default'];
    const { LaunchTemplateVersions } = await aws('ec2', 'describe-launch-template-versions', ...name);
    expect(LaunchTemplateVersions).toMatchObject([
      { VersionNumber: 1, LaunchTemplateData: { ImageId: Images[0].ImageId } },
    ]);
    const attribute = ['--instance-id', sandbox.blue[0]!, '--attribute', 'disableApiTermination'];
    const { DisableApiTermination } = await aws('ec2', 'describe-instance-attribute', ...attribute);
    expect(DisableApiTermination).toEqual({ Value: false });
  });

  test('errors are parsed', async (context) => {
    needsCli(context);
    const unknown = await refusal('ec2', 'describe-instances', '--instance-ids', 'i-0123456789abcdef0');
    expect(unknown).toContain(
      'An error occurred (InvalidInstanceID.NotFound) when calling the DescribeInstances operation',
    );
    expect(await refusal('ec2', 'describe-addresses')).toContain('(InvalidAction)');
    expect(await refusal('ec2', 'describe-vpcs', '--dry-run')).toContain('(DryRunOperation)');
    sandbox.faults.add({ kind: 'throttle', operation: 'DescribeVpcs', count: 1 });
    expect(await refusal('ec2', 'describe-vpcs')).toContain('(RequestLimitExceeded)');
  });
});

describe('aws elbv2', () => {
  test('describe-load-balancers, -target-groups, -listeners, -rules', async (context) => {
    needsCli(context);
    const { LoadBalancers } = await aws('elbv2', 'describe-load-balancers', '--names', 'shop');
    expect(LoadBalancers).toMatchObject([{ LoadBalancerName: 'shop', Type: 'application', State: { Code: 'active' } }]);
    const { TargetGroups } = await aws('elbv2', 'describe-target-groups');
    expect(TargetGroups.map((group: { TargetGroupName: string }) => group.TargetGroupName)).toEqual([
      'shop-production',
      'shop-test',
    ]);
    const { Listeners } = await aws(
      'elbv2',
      'describe-listeners',
      '--load-balancer-arn',
      LoadBalancers[0].LoadBalancerArn,
    );
    expect(Listeners).toHaveLength(2);
    const { Rules } = await aws('elbv2', 'describe-rules', '--listener-arn', Listeners[0].ListenerArn);
    expect(Rules).toMatchObject([{ Priority: 'default', IsDefault: true, Actions: [{ Type: 'forward' }] }]);
  });

  test('register-targets, describe-target-health, deregister-targets', async (context) => {
    needsCli(context);
    const group = ['--target-group-arn', sandbox.test[0]!.arn];
    const [id] = sandbox.blue;
    // Others of the file have targets in it, too.
    const health = async () => {
      const { TargetHealthDescriptions: all } = await aws('elbv2', 'describe-target-health', ...group);
      return all.filter(({ Target }: { Target: { Id: string } }) => Target.Id === id);
    };
    await aws('elbv2', 'register-targets', ...group, '--targets', `Id=${id},Port=8080`);
    const healthy = () =>
      targetsIn(sandbox, sandbox.test[0]!.arn).some((target) => target.id === id && target.state === 'healthy');
    await eventually('a healthy target', healthy, 20_000);
    expect(await health()).toMatchObject([{ Target: { Id: id, Port: 8080 }, TargetHealth: { State: 'healthy' } }]);
    await aws('elbv2', 'deregister-targets', ...group, '--targets', `Id=${id},Port=8080`);
    expect(await health()).toMatchObject([
      { Target: { Id: id }, TargetHealth: { State: 'draining', Reason: 'Target.DeregistrationInProgress' } },
    ]);
  });

  test('describe-target-group-attributes, modify-target-group-attributes', async (context) => {
    needsCli(context);
    const group = ['--target-group-arn', sandbox.test[0]!.arn];
    const change = 'Key=stickiness.enabled,Value=true';
    await aws('elbv2', 'modify-target-group-attributes', ...group, '--attributes', change);
    const { Attributes } = await aws('elbv2', 'describe-target-group-attributes', ...group);
    expect(Attributes).toContainEqual({ Key: 'stickiness.enabled', Value: 'true' });
    expect(Attributes).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '60' });
  });

  test('errors are parsed', async (context) => {
    needsCli(context);
    const arn = sandbox.test[0]!.arn.replace('shop-test', 'shop-none');
    const unknown = await refusal('elbv2', 'describe-target-health', '--target-group-arn', arn);
    expect(unknown).toContain('(TargetGroupNotFound)');
    const target = ['--target-group-arn', sandbox.test[0]!.arn, '--targets', 'Id=i-0123456789abcdef0'];
    expect(await refusal('elbv2', 'register-targets', ...target)).toContain('(InvalidTarget)');
  });
});

describe('aws ssm', () => {
  test('put-parameter, get-parameter', async (context) => {
    needsCli(context);
    await aws('ssm', 'put-parameter', '--name', '/cli', '--type', 'String', '--value', 'ü');
    const { Parameter } = await aws('ssm', 'get-parameter', '--name', '/cli');
    expect(Parameter).toMatchObject({ Name: '/cli', Value: 'ü', Version: 1 });
    expect(await refusal('ssm', 'get-parameter', '--name', '/none')).toContain('(ParameterNotFound)');
  });
});

test('aws cloudwatch get-metric-statistics', async (context) => {
  needsCli(context);
  const [{ url, arn }] = sandbox.production as [(typeof sandbox.production)[0]];
  await (await fetch(url)).text();
  const { LoadBalancers } = await aws('elbv2', 'describe-load-balancers');
  const [loadBalancer] = LoadBalancers[0].LoadBalancerArn.split(':loadbalancer/').slice(1);
  const dimensions = [`Name=LoadBalancer,Value=${loadBalancer}`, `Name=TargetGroup,Value=${arn.split(':').at(-1)}`];
  const now = Date.now();
  const times = ['--start-time', now - 60_000, '--end-time', now + 60_000, '--period', '120'].map((word) =>
    typeof word === 'number' ? new Date(word).toISOString() : word,
  );
  const metric = ['--namespace', 'AWS/ApplicationELB', '--metric-name', 'RequestCount', '--statistics', 'Sum'];
  const words = ['cloudwatch', 'get-metric-statistics', ...metric, '--dimensions', ...dimensions, ...times];
  expect((await aws(...words)).Datapoints).toMatchObject([{ Sum: 1, Unit: 'Count' }]);
});

describe('aws autoscaling', () => {
  test('create-auto-scaling-group, describe-auto-scaling-groups, attach-load-balancer-target-groups', async (context) => {
    needsCli(context);
    const own = ['--auto-scaling-group-name', 'web'];
    const zones = sandbox.ec2.network.subnets.map(({ id }) => id).join(',');
    const template = 'LaunchTemplateName=shop-web,Version=$Latest';
    const sizes = ['--min-size', '0', '--max-size', '2', '--desired-capacity', '1'];
    await aws(
      'autoscaling',
      'create-auto-scaling-group',
      ...own,
      ...sizes,
      '--launch-template',
      template,
      '--vpc-zone-identifier',
      zones,
    );
    const group = sandbox.test[0]?.arn ?? '';
    await aws('autoscaling', 'attach-load-balancer-target-groups', ...own, '--target-group-arns', group);
    const served = async (): Promise<boolean> => {
      const shown = await aws('autoscaling', 'describe-auto-scaling-groups', '--auto-scaling-group-names', 'web');
      return shown.AutoScalingGroups[0].Instances[0]?.LifecycleState === 'InService';
    };
    await eventually('the instance in service', served, 60_000);
    const attached = await aws('autoscaling', 'describe-load-balancer-target-groups', ...own);
    expect(attached.LoadBalancerTargetGroups).toMatchObject([{ LoadBalancerTargetGroupARN: group }]);
    expect(await refusal('autoscaling', 'delete-auto-scaling-group', ...own)).toContain('ResourceInUse');
    await aws('autoscaling', 'delete-auto-scaling-group', ...own, '--force-delete');
  });
});
