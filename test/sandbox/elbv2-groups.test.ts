import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { code, Elb, forwardTo, quickTimes, stillElb, type FakeMachines } from '../support/elbv2.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

let machines: FakeMachines;
let elb: Elb;

beforeEach(() => {
  ({ machines, elb } = stillElb());
});

afterEach(async () => {
  await elb.service.close();
});

describe('target groups', () => {
  it('have the defaults of AWS', async () => {
    const arn = await elb.group('blue');
    expect(arn).toMatch(/^arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup\/blue\/[0-9a-f]{16}$/);
    const { TargetGroups } = await elb.call('DescribeTargetGroups', { Names: ['blue'] });
    expect(TargetGroups[0]).toMatchObject({
      HealthCheckIntervalSeconds: 30,
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: 5,
      UnhealthyThresholdCount: 2,
      HealthCheckPath: '/',
      HealthCheckPort: 'traffic-port',
      Matcher: { HttpCode: '200' },
      LoadBalancerArns: [],
    });
    const { Attributes } = await elb.call('DescribeTargetGroupAttributes', { TargetGroupArn: arn });
    expect(Attributes).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '300' });
  });

  it('show whole seconds for times that are shorter', async () => {
    const arn = await elb.group('blue');
    elb.service.setGroupTimes('blue', { intervalMs: 200, timeoutMs: 100, deregistrationDelayMs: 1500 });
    const { TargetGroups } = await elb.call('DescribeTargetGroups', { TargetGroupArns: [arn] });
    expect(TargetGroups[0]).toMatchObject({ HealthCheckIntervalSeconds: 1, HealthCheckTimeoutSeconds: 1 });
    const { Attributes } = await elb.call('DescribeTargetGroupAttributes', { TargetGroupArn: arn });
    expect(Attributes).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '2' });
  });

  it('are changed as a whole or not at all', async () => {
    const TargetGroupArn = await elb.group('blue');
    const wrong = { HealthCheckPath: '/up', HealthCheckIntervalSeconds: 4 };
    await expect(elb.call('ModifyTargetGroup', { TargetGroupArn, ...wrong })).rejects.toEqual(code('ValidationError'));
    const before = await elb.call('DescribeTargetGroups', { Names: ['blue'] });
    expect(before.TargetGroups[0]).toMatchObject({ HealthCheckPath: '/', HealthCheckIntervalSeconds: 30 });
    const right = { ...wrong, HealthCheckTimeoutSeconds: 2 };
    const after = await elb.call('ModifyTargetGroup', { TargetGroupArn, ...right });
    expect(after.TargetGroups[0]).toMatchObject(right);
  });

  it('are created once for identical settings, and refused for different ones', async () => {
    expect(await elb.group('blue')).toBe(await elb.group('blue'));
    await expect(elb.group('blue', { Port: 81 })).rejects.toEqual(code('DuplicateTargetGroupName'));
  });

  it.each([
    [{ HealthCheckIntervalSeconds: 301 }, 'ValidationError'],
    [{ HealthCheckIntervalSeconds: 0 }, 'ValidationError'],
    [{ HealthCheckIntervalSeconds: 5 }, 'ValidationError'],
    [{ HealthyThresholdCount: 1 }, 'ValidationError'],
    [{ UnhealthyThresholdCount: 11 }, 'ValidationError'],
    [{ Matcher: { HttpCode: '200-500' } }, 'ValidationError'],
    [{ HealthCheckPath: 'up' }, 'ValidationError'],
    [{ Name: 'blue-' }, 'ValidationError'],
    [{ Name: 'b'.repeat(33) }, 'ValidationError'],
    [{ Protocol: 'HTTPS' as const }, 'ValidationError'],
    [{ TargetType: 'lambda' as const }, 'ValidationError'],
    [{ Protocol: 'TCP' as const }, 'ValidationError'],
  ])('are refused with %o', async (settings, error) => {
    await expect(elb.group('blue', settings)).rejects.toEqual(code(error));
  });

  it('may know their targets by addresses, which stay when the instance is gone', async () => {
    const group = await elb.group('blue', { TargetType: 'ip' });
    const { address } = machines.put('i-1', { address: '127.1.0.4' });
    await elb.register(group, address);
    expect(await elb.health(group, address)).toEqual([`${address} unused Target.NotInUse`]);
    await expect(elb.register(group, 'i-1')).rejects.toEqual(code('InvalidTarget'));
    machines.forget('i-1');
    const { TargetHealthDescriptions } = await elb.call('DescribeTargetHealth', { TargetGroupArn: group });
    expect(TargetHealthDescriptions).toHaveLength(1);
  });

  it('of a Network Load Balancer are for TCP, and have no rules', async () => {
    const input = { Name: 'net', Type: 'network', Subnets: ['subnet-a', 'subnet-b'] };
    const [{ LoadBalancerArn, Type }] = (await elb.call('CreateLoadBalancer', input)).LoadBalancers;
    expect([LoadBalancerArn, Type]).toEqual([expect.stringContaining(':loadbalancer/net/net/'), 'network']);
    const [tcp, http] = [
      await elb.group('tcp', { Protocol: 'TCP', HealthCheckProtocol: 'HTTP' }),
      await elb.group('http'),
    ];
    const listener = async (group: string) =>
      elb.call('CreateListener', {
        LoadBalancerArn,
        Protocol: 'TCP',
        Port: 0,
        DefaultActions: [forwardTo({ [group]: 1 })],
      });
    await expect(listener(http)).rejects.toEqual(code('ValidationError'));
    const [{ ListenerArn, Protocol }] = (await listener(tcp)).Listeners;
    expect(Protocol).toBe('TCP');
    const rule = { ListenerArn, Priority: 1, Conditions: [{ Field: 'path-pattern', Values: ['/a'] }] };
    await expect(elb.call('CreateRule', { ...rule, Actions: [forwardTo({ [tcp]: 1 })] })).rejects.toEqual(
      code('ValidationError'),
    );
  });

  it('are not found when they are not there', async () => {
    await expect(elb.call('DescribeTargetGroups', { Names: ['blue'] })).rejects.toEqual(code('TargetGroupNotFound'));
    await expect(elb.register('arn:none', 'i-1')).rejects.toEqual(code('TargetGroupNotFound'));
    await expect(elb.health('arn:none')).rejects.toEqual(code('TargetGroupNotFound'));
  });

  it('have one load balancer, and cannot be deleted while they are in use', async () => {
    const [web, api, group] = [await elb.loadBalancer('web'), await elb.loadBalancer('api'), await elb.group('blue')];
    const { arn } = await elb.listener(web, forwardTo({ [group]: 0 }));
    const { TargetGroups } = await elb.call('DescribeTargetGroups', { LoadBalancerArn: web });
    expect(TargetGroups).toMatchObject([{ TargetGroupName: 'blue', LoadBalancerArns: [web] }]);
    await expect(elb.listener(api, forwardTo({ [group]: 1 }))).rejects.toEqual(code('TargetGroupAssociationLimit'));
    await expect(elb.call('DeleteTargetGroup', { TargetGroupArn: group })).rejects.toEqual(code('ResourceInUse'));
    await elb.call('DeleteListener', { ListenerArn: arn });
    await elb.call('DeleteTargetGroup', { TargetGroupArn: group });
    await expect(elb.health(group)).rejects.toEqual(code('TargetGroupNotFound'));
  });

  it('come in small pages', async () => {
    for (let index = 0; index < 7; index += 1) await elb.group(`g${index}`);
    const sizes: number[] = [];
    let Marker: string | undefined;
    do {
      const output = await elb.call('DescribeTargetGroups', { Marker });
      sizes.push(output.TargetGroups.length);
      Marker = output.NextMarker;
    } while (Marker !== undefined);
    expect(sizes).toEqual([3, 3, 1]);
    expect((await elb.call('DescribeTargetGroups', { PageSize: 400 })).TargetGroups).toHaveLength(7);
    await expect(elb.call('DescribeTargetGroups', { PageSize: 401 })).rejects.toEqual(code('ValidationError'));
    await expect(elb.call('DescribeTargetGroups', { Marker: 'x' })).rejects.toEqual(code('ValidationError'));
  });

  it("come in pages of ELB's largest size where larger ones are wished for", async () => {
    const wide = new Elb({ machines, clock: new VirtualClock(), times: quickTimes(), pageSize: 1000 });
    await wide.group('g0');
    expect((await wide.call('DescribeTargetGroups', {})).TargetGroups).toHaveLength(1);
  });

  it.each([
    ['deregistration_delay.timeout_seconds', '3601'],
    ['deregistration_delay.timeout_seconds', ''],
    ['stickiness.type', 'app_cookie'],
    ['load_balancing.algorithm.type', 'weighted_random'],
    ['no.such.attribute', '1'],
    ['constructor', '1'],
  ])('refuse the attribute %s=%s and keep what they had', async (Key, Value) => {
    const TargetGroupArn = await elb.group('blue');
    const before = await elb.call('DescribeTargetGroupAttributes', { TargetGroupArn });
    const Attributes = [
      { Key: 'deregistration_delay.timeout_seconds', Value: '5' },
      { Key, Value },
    ];
    const change = elb.call('ModifyTargetGroupAttributes', { TargetGroupArn, Attributes });
    await expect(change).rejects.toEqual(code('ValidationError'));
    expect(await elb.call('DescribeTargetGroupAttributes', { TargetGroupArn })).toEqual(before);
  });
});

describe('targets', () => {
  it('must be running', async () => {
    const group = await elb.group('blue');
    machines.put('i-1');
    machines.put('i-2', { state: 'pending' });
    await expect(elb.register(group, 'i-1', 'i-2')).rejects.toEqual(
      expect.objectContaining({
        code: 'InvalidTarget',
        message: "The following targets are not in a running state and cannot be registered: 'i-2'",
      }),
    );
    await expect(elb.register(group, 'i-none')).rejects.toEqual(code('InvalidTarget'));
    expect(await elb.health(group)).toEqual([]);
  });

  it('can be registered with several ports, and must be deregistered with the same port', async () => {
    const TargetGroupArn = await elb.group('blue');
    machines.put('i-1');
    await elb.call('RegisterTargets', { TargetGroupArn, Targets: [{ Id: 'i-1' }, { Id: 'i-1', Port: 9000 }] });
    elb.service.setGroupTimes('blue', { deregistrationDelayMs: 0 });
    await elb.deregister(TargetGroupArn, 'i-1');
    const { TargetHealthDescriptions } = await elb.call('DescribeTargetHealth', { TargetGroupArn });
    expect(TargetHealthDescriptions).toMatchObject([{ Target: { Id: 'i-1', Port: 9000 }, HealthCheckPort: '9000' }]);
  });

  it('are limited in number, draining ones not counted', async () => {
    const quotas = { targetsPerGroup: 2 };
    const small = new Elb({ machines, clock: new VirtualClock(), times: quickTimes(), probe: async () => 200, quotas });
    for (const id of ['i-1', 'i-2', 'i-3']) machines.put(id);
    const group = await small.group('blue');
    await expect(small.register(group, 'i-1', 'i-2', 'i-3')).rejects.toEqual(code('TooManyTargets'));
    await small.register(group, 'i-1', 'i-2', 'i-2');
    await small.deregister(group, 'i-1');
    await small.register(group, 'i-3');
    await small.service.close();
  });

  it('limits how often a target is registered with the groups of a load balancer', async () => {
    const small = new Elb({
      machines,
      clock: new VirtualClock(),
      times: quickTimes(),
      probe: async () => 200,
      quotas: { registrationsPerTarget: 2 },
    });
    for (const id of ['i-1', 'i-2']) machines.put(id);
    const group = await small.group('blue');
    const at = async (...ports: readonly number[]) =>
      small.call('RegisterTargets', { TargetGroupArn: group, Targets: ports.map((Port) => ({ Id: 'i-1', Port })) });
    await expect(at(1, 2, 3)).rejects.toEqual(code('TooManyRegistrationsForTargetId'));
    await at(1, 2);
    await expect(at(3)).rejects.toEqual(code('TooManyRegistrationsForTargetId'));
    await small.register(group, 'i-2');
    await small.service.close();
  });
});
