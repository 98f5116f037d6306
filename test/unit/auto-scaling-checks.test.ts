import { describe, expect, test } from 'vitest';
import type { Refreshes } from '../../src/aws/refreshes.ts';
import type { Standby } from '../../src/aws/standby.ts';
import type { AutoScaling, AutoScalingGroup } from '../../src/aws/autoscaling.ts';
import type { Ec2 } from '../../src/aws/ec2.ts';
import type { AutoScalingFleetConfig } from '../../src/config/config.ts';
import { checkSetup } from '../../src/fleets/auto-scaling/checks.ts';
import { resolveGroupLaunch } from '../../src/fleets/auto-scaling/resolve.ts';
import { LEAST, mistakesIn } from '../support/config.ts';
import { expectAdvice, errorOf } from '../support/expect-advice.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';

/** What the next group is refused for, and what it is given. */

const TEMPLATE = { LaunchTemplateId: 'lt-1', Version: '7' };
const SERVING: AutoScalingGroup = {
  AutoScalingGroupName: 'group-A',
  MinSize: 2,
  MaxSize: 9,
  DesiredCapacity: 3,
  DefaultCooldown: 0,
  AvailabilityZones: ['a'],
  HealthCheckType: 'ELB',
  CreatedTime: new Date(0),
  TargetGroupARNs: ['arn:one'],
  LaunchTemplate: TEMPLATE,
  Instances: ['A-0', 'A-1', 'A-2'].map((InstanceId) => ({
    InstanceId,
    AvailabilityZone: 'a',
    LifecycleState: 'InService' as const,
    HealthStatus: 'Healthy',
    ProtectedFromScaleIn: false,
    LaunchTemplate: TEMPLATE,
  })),
};
const IDLE: AutoScalingGroup = {
  ...SERVING,
  AutoScalingGroupName: 'group-B',
  MinSize: 0,
  DesiredCapacity: 0,
  TargetGroupARNs: ['arn:two'],
  VPCZoneIdentifier: 'subnet-a,subnet-b',
  Instances: [],
};
const FLEET = { kind: 'auto-scaling', tagPrefix: 'turnout', groups: ['group-A', 'group-B'] } as const;

function depsFor(
  idle: Partial<AutoScalingGroup>,
  serving: Partial<AutoScalingGroup>,
  config: Partial<AutoScalingFleetConfig>,
) {
  const groups = [
    { ...SERVING, ...serving },
    { ...IDLE, ...idle },
  ];
  const versions = [{ VersionNumber: 8, VersionDescription: 'release 42' }];
  return {
    owner: { environment: 'shop', tagPrefix: 'turnout' },
    config: { ...FLEET, ...config },
    cloudwatch: async () => Promise.reject(new Error('There is no CloudWatch here.')),
    scaling: {
      groups: async () => groups,
      existing: async () => groups.filter(({ AutoScalingGroupName: name }) => name !== 'gone'),
      groupsWith: async () => groups.slice(0, 1),
      hooks: async () => [],
      partsOf: async () => ({ hooks: [], policies: [], schedules: [], notifications: [] }),
      groupLimit: async () => ({ most: 500, has: 2 }),
    } as Partial<AutoScaling> as AutoScaling,
    standby: {} as Standby,
    refreshes: {} as Refreshes,
    ec2: {
      launchTemplateId: async () => 'lt-9',
      freeAddresses: async (subnets: readonly string[]) => new Map(subnets.map((id) => [id, 2])),
      launchTemplateVersions: async () => versions,
      instanceTypes: async () => [],
      images: async () => [{ ImageId: 'ami-42', Name: 'shop-42' }],
    } as Partial<Ec2> as Ec2,
    ssm: async () => Promise.reject(new Error('There is no SSM here.')),
  };
}

const [blue] = scaledWorld([{ id: 'A', size: 3 }]).fleets;
const IMAGE = { image: { name: 'shop-{release}', owner: 'self' } };

async function resolved(
  idle: Partial<AutoScalingGroup> = {},
  serving: Partial<AutoScalingGroup> = {},
  config: Partial<AutoScalingFleetConfig> = IMAGE,
  request: { readonly count?: number; readonly cloneFrom?: string; readonly blue?: typeof blue } = {},
) {
  const { count = 3, ...more } = request;
  return resolveGroupLaunch(depsFor(idle, serving, config), {
    release: '42',
    zones: { a: count },
    blue: blue!,
    ...more,
  });
}

const OVERRIDES = [{ InstanceType: 't3.large', WeightedCapacity: '2' }, { InstanceType: 't3.micro' }];
const mixed = (Overrides: readonly object[]): Partial<AutoScalingGroup> => ({
  MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification: TEMPLATE, Overrides: [...Overrides] } },
});

describe('the next group', () => {
  test('gets a version by its number, like the one that serves, and the size and the minimum of what serves', async () => {
    const spec = await resolved();
    expect(spec.request).toEqual({ template: { id: 'lt-1', version: '7' }, image: 'ami-42' });
    expect(spec.group).toEqual({
      name: 'group-B',
      count: 3,
      capacity: 3,
      minimum: 2,
      targetGroups: ['arn:two'],
      subnets: ['subnet-a', 'subnet-b'],
    });
    expect(spec.summary.join('\n')).toMatch(/group-B: 3 instances.*like version 7.*\n.*ami-42/);
    expect(spec.summary.at(-1)).toMatch(/^Not compared .*quotas of vCPUs/);
  });

  test('may be in fewer zones than what serves, and that is said before it is launched', async () => {
    expect((await resolved({ AvailabilityZones: ['b'] })).summary).toContain(
      'None in a, where A has some: group-B has no subnet there, and `promote` asks for what serves in each zone.',
    );
    expect((await resolved({ AvailabilityZones: ['a', 'b'] })).summary.join()).not.toContain('None in');
  });

  test('gets the minimum as it was before a run raised it', async () => {
    const held = { before: 1, at: 3, run: 'r1', since: '2026-06-01T00:00:00.000Z', who: 'ann' };
    const serving = { ...blue!, group: { ...blue!.group!, held } };
    expect((await resolved({}, {}, IMAGE, { blue: serving })).group?.minimum).toBe(1);
  });

  test('gets the version that the config names', async () => {
    const { request } = await resolved(
      {},
      {},
      { launchTemplate: { name: 'web', versionDescription: 'release {release}' } },
    );
    expect(request).toEqual({ template: { id: 'lt-9', version: '8' } });
  });

  test('gets the capacity that serves, where types have weights', async () => {
    const Instances = SERVING.Instances!.map((one, n) => ({ ...one, ...(n === 0 && { WeightedCapacity: '2' }) }));
    const spec = await resolved(mixed(OVERRIDES), { ...mixed(OVERRIDES), Instances });
    expect(spec.group).toMatchObject({ count: 3, capacity: 4 });
  });

  const tag = (Key: string, Value: string) => ({ ResourceId: 'group-B', Key: `turnout:${Key}`, Value });
  const refused: Readonly<Record<string, readonly [code: string, () => Promise<unknown>, says: RegExp]>> = {
    'with instances': ['group-not-empty', async () => resolved({ Instances: SERVING.Instances! }), /A-0 \(InService\)/],
    'with a retained instance': [
      'group-not-empty',
      async () => resolved({ Instances: [{ ...SERVING.Instances![0]!, LifecycleState: 'Terminating:Retained' }] }),
      /Retained/,
    ],
    'with a minimum': ['group-not-empty', async () => resolved({ MinSize: 1, DesiredCapacity: 1 }), /minimum of 1/],
    'with the tags of another release': [
      'group-not-empty',
      async () => resolved({ Tags: [tag('environment', 'shop'), tag('fleet', 'f'), tag('release', '40')] }),
      /tags of 40/,
    ],
    'with a warm pool': [
      'warm-pool',
      async () => resolved({ WarmPoolConfiguration: {}, WarmPoolSize: 2 }),
      /2 instances/,
    ],
    'that launches nothing': [
      'processes-suspended',
      async () => resolved({ SuspendedProcesses: [{ ProcessName: 'Launch' }, { ProcessName: 'AZRebalance' }] }),
      /Launch of group-B is suspended/,
    ],
    'with a smaller maximum': ['group-too-small', async () => resolved({ MaxSize: 2 }), /maximum of 2, and 3/],
    'without addresses': [
      'no-addresses',
      async () => resolved({}, {}, IMAGE, { count: 5 }),
      /group-B have 4 free addresses \(2 in subnet-a and 2 in subnet-b\), and 5 instances would be launched/,
    ],
    'cloned without addresses for its warm pool': [
      'no-addresses',
      async () =>
        resolved(
          {},
          {
            VPCZoneIdentifier: 'subnet-a,subnet-b',
            MaxSize: 9,
            WarmPoolConfiguration: { MaxGroupPreparedCapacity: 5 },
          },
          { ...IMAGE, groups: undefined, clone: 'group' } as never,
        ),
      /group-A have 4 free addresses .*, and 5 instances would be launched/,
    ],
    'of an AWS service': ['group-managed-by-aws', async () => resolved({ Operator: { Principal: 'ecs' } }), /ecs/],
    'about to go': [
      'group-being-deleted',
      async () => resolved({ Status: 'Delete in progress' }),
      /Delete in progress/,
    ],
    'without a target group': ['no-own-target-group', async () => resolved({ TargetGroupARNs: [] }), /no target group/],
    'with the same target group': [
      'no-own-target-group',
      async () => resolved({ TrafficSources: [{ Identifier: 'arn:one', Type: 'elbv2' }] }),
      /the same target group: arn:one/,
    ],
    'with a launch configuration': [
      'no-launch-template',
      async () => resolved({ LaunchTemplate: undefined }),
      /launch configuration/,
    ],
    'with a launch template of its own for a type': [
      'own-image',
      async () => resolved(mixed([{ InstanceType: 'm7g.large', LaunchTemplateSpecification: TEMPLATE }])),
      /m7g\.large/,
    ],
    'with other weights': ['weights-differ', async () => resolved(mixed(OVERRIDES)), /different weights/],
    'of a number, where types have weights': [
      'weights-differ',
      async () => resolved(mixed(OVERRIDES), mixed(OVERRIDES), IMAGE, { count: 2 }),
      /weights, and not in instances/,
    ],
    'with another template': [
      'templates-differ',
      async () => resolved({ LaunchTemplate: { LaunchTemplateId: 'lt-2', Version: '1' } }),
      /lt-2.*lt-1/,
    ],
    'beside a fleet that is none of the groups': [
      'not-a-group',
      async () => resolved({}, { AutoScalingGroupName: 'other' }),
      /group-A and group-B/,
    ],
    'that does not exist any more': [
      'no-such-group',
      async () => resolved({ AutoScalingGroupName: 'gone' }),
      /no Auto Scaling group group-B/,
    ],
    'as clones': ['not-cloned', async () => resolved({}, {}, IMAGE, { cloneFrom: 'A-0' }), /clones no server/],
  };
  test.each(Object.entries(refused))('is refused %s', async (_name, [code, act, says]) => {
    const error = await errorOf(act());
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
    expectAdvice(error);
  });
});

test('where groups move between target groups, the next one is in none of those that serve', async () => {
  const attachments = { own: [] as string[], others: ['arn:prod'], moves: true } as const;
  expect(() => checkSetup(IDLE, SERVING, attachments)).not.toThrow();
  expect(() => checkSetup(IDLE, SERVING, { ...attachments, own: ['arn:test'] })).not.toThrow();
  const error = await errorOf((async () => checkSetup(IDLE, SERVING, { ...attachments, own: ['arn:prod'] }))());
  expect(error.code).toBe('attached-to-production');
  expect(error.message).toContain('group-B is attached to arn:prod, as group-A');
  expectAdvice(error);
});

test('mistakes in a config are what groups cannot be used with', () => {
  const groups = LEAST.replace('  kind: ec2\n', '  kind: auto-scaling\n  groups: [shop-a, shop-a]\n');
  expect(mistakesIn(groups)).toEqual([expect.stringContaining('two different groups')]);
});
