import type { Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
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

describe('rules', () => {
  let group: string;
  let listener: string;
  const Conditions = [{ Field: 'path-pattern', Values: ['/api/*'] }];

  beforeEach(async () => {
    group = await elb.group('blue');
    listener = (await elb.listener(await elb.loadBalancer(), forwardTo({ [group]: 1 }))).arn;
  });

  async function rule(Priority: number): Promise<string> {
    const input = { ListenerArn: listener, Priority, Conditions, Actions: [forwardTo({ [group]: 1 })] };
    const { Rules } = await elb.call('CreateRule', input);
    return Rules[0].RuleArn;
  }

  async function priorities(): Promise<string[]> {
    const { Rules } = await elb.call('DescribeRules', { ListenerArn: listener, PageSize: 100 });
    return Rules.map((each: Rule) => each.Priority);
  }

  it('are listed by priority, the default one last', async () => {
    await rule(20);
    await rule(3);
    expect(await priorities()).toEqual(['3', '20', 'default']);
    await expect(rule(20)).rejects.toEqual(code('PriorityInUse'));
    await expect(rule(0)).rejects.toEqual(code('ValidationError'));
  });

  it('can swap priorities in one call', async () => {
    const [first, second] = [await rule(1), await rule(2)];
    const swap = [
      { RuleArn: first, Priority: 2 },
      { RuleArn: second, Priority: 1 },
    ];
    await elb.call('SetRulePriorities', { RulePriorities: swap });
    expect(await elb.call('DescribeRules', { RuleArns: [first] })).toMatchObject({ Rules: [{ Priority: '2' }] });
    const clash = elb.call('SetRulePriorities', { RulePriorities: [{ RuleArn: first, Priority: 1 }] });
    await expect(clash).rejects.toEqual(code('PriorityInUse'));
  });

  it('leave the default rule alone', async () => {
    const { Rules } = await elb.call('DescribeRules', { ListenerArn: listener });
    const { RuleArn } = Rules[0];
    await expect(elb.call('DeleteRule', { RuleArn })).rejects.toEqual(code('OperationNotPermitted'));
    await expect(elb.call('ModifyRule', { RuleArn, Conditions })).rejects.toEqual(code('OperationNotPermitted'));
  });

  it('show a forward to one group in both forms', async () => {
    const RuleArn = await rule(1);
    const Actions = [{ Type: 'forward', TargetGroupArn: group }];
    const { Rules } = await elb.call('ModifyRule', { RuleArn, Actions });
    expect(Rules[0].Actions).toEqual([
      {
        Type: 'forward',
        Order: 1,
        TargetGroupArn: group,
        ForwardConfig: {
          TargetGroups: [{ TargetGroupArn: group, Weight: 1 }],
          TargetGroupStickinessConfig: { Enabled: false },
        },
      },
    ]);
  });

  it('accept at most five target groups and weights from 0 to 999', async () => {
    const groups = await Promise.all([1, 2, 3, 4, 5, 6].map(async (index) => await elb.group(`g${index}`)));
    const weights = (count: number): Record<string, number> =>
      Object.fromEntries(groups.slice(0, count).map((arn) => [arn, 1]));
    const modify = async (shares: Record<string, number>): Promise<unknown> =>
      await elb.call('ModifyListener', { ListenerArn: listener, DefaultActions: [forwardTo(shares)] });
    await expect(modify(weights(6))).rejects.toEqual(code('ValidationError'));
    await expect(modify({ [group]: 1000 })).rejects.toEqual(code('ValidationError'));
    await expect(modify({ 'arn:none': 1 })).rejects.toEqual(code('TargetGroupNotFound'));
    await expect(modify(weights(5))).resolves.toBeDefined();
  });

  it.each([
    [{ Field: 'path-pattern', Values: [] }],
    [{ Field: 'colour', Values: ['blue'] }],
    [{ Field: 'source-ip', SourceIpConfig: { Values: ['127.0.0.1'] } }],
    [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/a'] } }],
  ])('refuse the condition %o', async (condition) => {
    const input = { ListenerArn: listener, Priority: 1, Conditions: [condition], Actions: [forwardTo({ [group]: 1 })] };
    await expect(elb.call('CreateRule', input)).rejects.toEqual(code('ValidationError'));
  });

  it('are not found if they do not exist', async () => {
    await expect(elb.call('DescribeRules', { RuleArns: ['arn:none'] })).rejects.toEqual(code('RuleNotFound'));
    await expect(elb.call('DescribeRules', { ListenerArn: 'arn:none' })).rejects.toEqual(code('ListenerNotFound'));
  });
});

describe('load balancers and listeners', () => {
  it('are found by name and ARN, and gone after deletion', async () => {
    const arn = await elb.loadBalancer('web');
    const { LoadBalancers } = await elb.call('DescribeLoadBalancers', { Names: ['web'] });
    expect(LoadBalancers).toMatchObject([{ LoadBalancerArn: arn, DNSName: '127.0.0.1', State: { Code: 'active' } }]);
    await elb.call('DeleteLoadBalancer', { LoadBalancerArn: arn });
    await elb.call('DeleteLoadBalancer', { LoadBalancerArn: arn });
    const gone = elb.call('DescribeLoadBalancers', { LoadBalancerArns: [arn] });
    await expect(gone).rejects.toEqual(code('LoadBalancerNotFound'));
  });

  it('can be protected from deletion', async () => {
    const LoadBalancerArn = await elb.loadBalancer();
    const Attributes = [{ Key: 'deletion_protection.enabled', Value: 'true' }];
    await elb.call('ModifyLoadBalancerAttributes', { LoadBalancerArn, Attributes });
    await expect(elb.call('DeleteLoadBalancer', { LoadBalancerArn })).rejects.toEqual(code('OperationNotPermitted'));
  });

  it('reject a port that is in use', async () => {
    const [web, api] = [await elb.loadBalancer('web'), await elb.loadBalancer('api')];
    const fixed = { Type: 'fixed-response' as const, FixedResponseConfig: { StatusCode: '200' } };
    const { port } = await elb.listener(web, fixed);
    const input = { Protocol: 'HTTP', Port: port, DefaultActions: [fixed] };
    const again = elb.call('CreateListener', { ...input, LoadBalancerArn: web });
    await expect(again).rejects.toEqual(code('DuplicateListener'));
    const other = elb.call('CreateListener', { ...input, LoadBalancerArn: api });
    await expect(other).rejects.toEqual(code('InvalidConfigurationRequest'));
  });

  it('need subnets that exist, where subnets are known', async () => {
    const subnet = (id: string) => (id === 'subnet-a' ? { zone: 'eu-west-1a', vpcId: 'vpc-1' } : undefined);
    const strict = new Elb({ machines, clock: new VirtualClock(), times: quickTimes(), subnet });
    await expect(strict.loadBalancer()).rejects.toEqual(code('SubnetNotFound'));
    await strict.service.close();
  });
});

describe('tags', () => {
  it('are added, replaced, removed and described for every kind of resource', async () => {
    const [loadBalancer, group] = [
      await elb.loadBalancer(),
      await elb.group('blue', { Tags: [{ Key: 'a', Value: '1' }] }),
    ];
    const { arn: listener } = await elb.listener(loadBalancer, forwardTo({ [group]: 1 }));
    const { Rules } = await elb.call('DescribeRules', { ListenerArn: listener });
    const ResourceArns = [loadBalancer, group, listener, Rules[0].RuleArn];
    await elb.call('AddTags', {
      ResourceArns,
      Tags: [
        { Key: 'a', Value: '2' },
        { Key: 'b', Value: '3' },
      ],
    });
    await elb.call('RemoveTags', { ResourceArns, TagKeys: ['b'] });
    const { TagDescriptions } = await elb.call('DescribeTags', { ResourceArns });
    expect(TagDescriptions).toEqual(
      ResourceArns.map((ResourceArn) => ({ ResourceArn, Tags: [{ Key: 'a', Value: '2' }] })),
    );
    await expect(elb.call('DescribeTags', { ResourceArns: Array(21).fill(group) })).rejects.toEqual(
      code('ValidationError'),
    );
    const missing = elb.call('DescribeTags', { ResourceArns: [`${group}0`] });
    await expect(missing).rejects.toEqual(code('TargetGroupNotFound'));
  });
});
