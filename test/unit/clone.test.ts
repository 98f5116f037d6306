import { expect, test } from 'vitest';
import type { AutoScaling, AutoScalingGroup, GroupParts } from '../../src/aws/autoscaling.ts';
import type { Ec2 } from '../../src/aws/ec2.ts';
import type { Refreshes } from '../../src/aws/refreshes.ts';
import type { Standby } from '../../src/aws/standby.ts';
import { clonedAlarm } from '../../src/fleets/auto-scaling/alarms.ts';
import { checkRoom } from '../../src/fleets/auto-scaling/checks.ts';
import { checkCloneable, cloneName, cloneNotes, warmSizeOf } from '../../src/fleets/auto-scaling/clone.ts';
import { rewritten } from '../../src/fleets/auto-scaling/rewrite.ts';
import { LEAST, mistakesIn } from '../support/config.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';

/** What a group is cloned with, and why it is not cloned. */

const GROUP: AutoScalingGroup = {
  AutoScalingGroupName: 'shop-web',
  MinSize: 1,
  MaxSize: 3,
  DesiredCapacity: 2,
  DefaultCooldown: 0,
  AvailabilityZones: ['a'],
  HealthCheckType: 'ELB',
  CreatedTime: new Date(0),
};
const PARTS: GroupParts = { hooks: [], policies: [], schedules: [], notifications: [] };
const DEPS = {
  owner: { environment: 'shop', tagPrefix: 'turnout' },
  config: { kind: 'auto-scaling', tagPrefix: 'turnout', clone: 'shop-web' },
  scaling: {} as AutoScaling,
  cloudwatch: async () => Promise.reject(new Error('There is no CloudWatch here.')),
  standby: {} as Standby,
  refreshes: {} as Refreshes,
  ec2: {} as Ec2,
  ssm: async () => Promise.reject(new Error('There is no SSM here.')),
  traffic: 'weighted-dns',
} as const;
const BY_REQUESTS = {
  PolicyName: 'requests',
  TargetTrackingConfiguration: {
    TargetValue: 1,
    PredefinedMetricSpecification: { PredefinedMetricType: 'ALBRequestCountPerTarget' as const },
  },
};

test.each<[string, Partial<AutoScalingGroup>, Partial<GroupParts>]>([
  ['group-managed-by-aws', { Operator: { Principal: 'eks.amazonaws.com' } }, {}],
  ['group-being-deleted', { Status: 'Delete in progress' }, {}],
  ['deletion-protected', { DeletionProtection: 'prevent-force-deletion' }, {}],
  ['no-own-target-group', { LoadBalancerNames: ['old'] }, {}],
  ['requests-per-target', {}, { policies: [BY_REQUESTS] }],
])('%s: no clone', async (code, group, parts) => {
  const check = async () => checkCloneable(DEPS, { ...GROUP, ...group }, { ...PARTS, ...parts });
  const error = await errorOf(check());
  expect(error.code).toBe(code);
  expectAdvice(error);
});

test.each([
  ['group-too-small', { capacity: 4, max: 3, most: 9, has: 1 }],
  ['too-many-groups', { capacity: 2, max: 3, most: 9, has: 9 }],
])('%s: no room for a clone', async (code, room) => {
  const error = await errorOf((async () => checkRoom('shop-web', room))());
  expect(error.code).toBe(code);
  expectAdvice(error);
  checkRoom('shop-web', { capacity: 3, max: 3, most: 9, has: 8 });
});

test('what is not copied is told, also what turnout does not know', () => {
  const step = { PolicyName: 'out', PolicyType: 'StepScaling', Alarms: [{ AlarmName: 'busy' }, { AlarmName: 'gone' }] };
  const other = 'arn:aws:autoscaling:eu-west-1:1:scalingPolicy:2:autoScalingGroupName/api:policyName/out';
  const busy = { AlarmName: 'busy', AlarmActions: [other], NewToo: 1 };
  const group = {
    ...GROUP,
    NewOfAws: 1,
    Tags: [{ ResourceId: 'shop-web', Key: 'aws:cloudformation:stack-name', Value: 'x' }],
  };
  const texts = cloneNotes(group, { ...PARTS, policies: [step] }, [busy], 2).join(' ');
  expect(texts).toContain('as turnout does not know it: NewOfAws of shop-web.');
  expect(texts).toContain('Not copied: gone, which is no metric alarm.');
  expect(texts).toContain('as turnout does not know it: NewToo of alarms of shop-web.');
  expect(texts).toContain('busy of shop-web runs policies of other groups as well');
  expect(texts).toContain('Not copied: the tags of its alarms.');
  expect(texts).toContain('the tags aws:cloudformation:stack-name');
});

test.each([
  ['up to its maximum', {}, 7],
  ['up to what it prepares', { MaxGroupPreparedCapacity: 5 }, 2],
  ['at least its minimum', { MaxGroupPreparedCapacity: 3, MinSize: 1 }, 1],
  ['up to its maximum, where it says so', { MaxGroupPreparedCapacity: -1 }, 7],
])('a warm pool launches %s, beside what serves', (_, WarmPoolConfiguration, size) => {
  const group = { ...GROUP, MaxSize: 10, WarmPoolConfiguration };
  expect(warmSizeOf(group, 3)).toBe(size);
  expect(warmSizeOf({ ...GROUP, MaxSize: 10 }, 3)).toBe(0);
  expect(cloneNotes(group, PARTS, [], 3)[0]).toMatch(`its warm pool, which keeps ${size} instance`);
});

test('texts that name the group or its target group name the clone and its own, in metric math too', () => {
  const [one, two] = ['targetgroup/one/1', 'targetgroup/two/2'];
  const renamed = {
    group: ['shop-web', 'shop-web-42'],
    targetGroup: [`arn:aws:elasticloadbalancing:eu-west-1:1:${one}`, `arn:aws:elasticloadbalancing:eu-west-1:1:${two}`],
  } as const;
  const at = new Date(0);
  expect(
    rewritten(
      {
        label: `app/shop/9/${one}`,
        metrics: [{ Dimensions: [{ Name: 'AutoScalingGroupName', Value: 'shop-web' }] }],
        search: `SEARCH('{AWS/EC2,AutoScalingGroupName} "shop-web"', 'Sum')`,
        other: 'shop-web-old',
        at,
      },
      renamed,
    ),
  ).toEqual({
    label: `app/shop/9/${two}`,
    metrics: [{ Dimensions: [{ Name: 'AutoScalingGroupName', Value: 'shop-web-42' }] }],
    search: `SEARCH('{AWS/EC2,AutoScalingGroupName} "shop-web-42"', 'Sum')`,
    other: 'shop-web-old',
    at,
  });
});

test('the name of a clone is the same each time, and one that AWS takes', () => {
  expect(cloneName('shop-web', '42 b:1-r1')).toBe('shop-web-42-b-1-r1');
});

test('each alarm of a clone has a name of its own, also in the next one', () => {
  const named = (from: string, to: string, names: readonly string[]) => {
    const all = names.map((AlarmName) => ({ AlarmName }));
    return all.map((one) => clonedAlarm(one, { group: [from, to] }, new Map(), all).AlarmName);
  };
  const first = named('shop-web', 'shop-web-42', ['busy', 'shop-web-busy', 'shop-web-idle']);
  expect(first).toEqual(['shop-web-42-busy', 'shop-web-42-shop-web-busy', 'shop-web-42-idle']);
  expect(named('shop-web-42', 'shop-web-43', first as string[])).toEqual(
    first.map((name) => name?.replace('-42-', '-43-')),
  );
});

test('a config names either two groups, or the one that is cloned', () => {
  const config = (lines: string) => LEAST.replace('  kind: ec2\n', `  kind: auto-scaling\n${lines}`);
  expect(mistakesIn(config('  clone: shop-web\n'))).toEqual([]);
  for (const lines of ['', '  clone: shop-web\n  groups: [shop-a, shop-b]\n'])
    expect(mistakesIn(config(lines))).toEqual([expect.stringContaining('expected either groups')]);
});
