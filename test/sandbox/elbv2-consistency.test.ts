import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Elb, FakeMachines, forwardTo, quickTimes } from '../support/elbv2.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

let clock: VirtualClock;
let elb: Elb;
let group: string;
let loadBalancer: string;
let listener: string;

beforeEach(async () => {
  clock = new VirtualClock();
  const machines = new FakeMachines();
  const times = { ...quickTimes(), registrationMs: 1000, consistencyMs: 3000 };
  elb = new Elb({ machines, clock, times, probe: async () => 200 });
  machines.put('i-1');
  loadBalancer = await elb.loadBalancer();
  group = await elb.group('blue');
  listener = (await elb.listener(loadBalancer, forwardTo({ [group]: 1 }))).arn;
  await clock.advance(10_000);
});

afterEach(async () => {
  await elb.service.close();
});

describe('eventual consistency of targets', () => {
  it('returns the earlier state for the consistency time after each change', async () => {
    await elb.register(group, 'i-1');
    expect(await elb.health(group)).toEqual([]);
    expect(await elb.health(group, 'i-1')).toEqual(['i-1 unused Target.NotRegistered']);
    await clock.advance(3000);
    expect(await elb.health(group)).toEqual(['i-1 initial Elb.RegistrationInProgress']);
    await clock.advance(1000);
    expect(await elb.health(group)).toEqual(['i-1 healthy']);
    await elb.deregister(group, 'i-1');
    await clock.advance(2999);
    expect(await elb.health(group)).toEqual(['i-1 healthy']);
    await clock.advance(1);
    expect(await elb.health(group)).toEqual(['i-1 draining Target.DeregistrationInProgress']);
    await clock.advance(300_000);
    expect(await elb.health(group)).toEqual([]);
  });
});

describe('eventual consistency of the rest', () => {
  const code = async (asked: Promise<unknown>) =>
    await asked.then(
      () => 'found',
      (error: { code: string }) => error.code,
    );

  it('does not return new resources immediately', async () => {
    const green = await elb.group('green');
    const other = await elb.loadBalancer('other');
    const { arn } = await elb.listener(other, forwardTo({ [green]: 1 }));
    const asked = () =>
      Promise.all([
        code(elb.call('DescribeTargetGroups', { Names: ['green'] })),
        code(elb.call('DescribeTargetGroupAttributes', { TargetGroupArn: green })),
        code(elb.call('DescribeTargetHealth', { TargetGroupArn: green })),
        code(elb.call('DescribeTags', { ResourceArns: [green] })),
        code(elb.call('DescribeLoadBalancers', { LoadBalancerArns: [other] })),
        code(elb.call('DescribeLoadBalancerAttributes', { LoadBalancerArn: other })),
        code(elb.call('DescribeListeners', { ListenerArns: [arn] })),
        code(elb.call('DescribeRules', { ListenerArn: arn })),
      ]);
    const groups = Array.from({ length: 4 }, () => 'TargetGroupNotFound');
    const balancers = Array.from({ length: 2 }, () => 'LoadBalancerNotFound');
    expect(await asked()).toEqual([...groups, ...balancers, 'ListenerNotFound', 'ListenerNotFound']);
    await clock.advance(3000);
    expect(new Set(await asked())).toEqual(new Set(['found']));
  });

  it('returns the earlier state of what was changed, tagged or deleted', async () => {
    const shown = async () => {
      const { Rules } = await elb.call('DescribeRules', { ListenerArn: listener });
      const { TagDescriptions } = await elb.call('DescribeTags', { ResourceArns: [loadBalancer] });
      const { Attributes } = await elb.call('DescribeTargetGroupAttributes', { TargetGroupArn: group });
      const delay = Attributes.find(({ Key }: { Key: string }) => Key.startsWith('deregistration'));
      return [Rules[0].Actions[0].Type, TagDescriptions[0].Tags.length, delay.Value];
    };
    const before = await shown();
    const action = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } };
    await elb.call('ModifyListener', { ListenerArn: listener, DefaultActions: [action] });
    await elb.call('AddTags', { ResourceArns: [loadBalancer], Tags: [{ Key: 'a', Value: 'b' }] });
    const Attributes = [{ Key: 'deregistration_delay.timeout_seconds', Value: '7' }];
    await elb.call('ModifyTargetGroupAttributes', { TargetGroupArn: group, Attributes });
    expect(await shown()).toEqual(before);
    await clock.advance(3000);
    expect(await shown()).toEqual(['fixed-response', 1, '7']);
    await elb.call('DeleteLoadBalancer', { LoadBalancerArn: loadBalancer });
    expect(await code(elb.call('DescribeListeners', { ListenerArns: [listener] }))).toBe('found');
    await clock.advance(3000);
    expect(await code(elb.call('DescribeListeners', { ListenerArns: [listener] }))).toBe('ListenerNotFound');
  });
});
