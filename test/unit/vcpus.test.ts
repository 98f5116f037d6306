import { describe, expect, test } from 'vitest';
import type { AutoScalingGroup } from '../../src/aws/autoscaling.ts';
import { typesLaunched } from '../../src/fleets/auto-scaling/vcpus.ts';
import { compareVcpus, typesLike, vcpuClass } from '../../src/fleets/ec2/vcpus.ts';
import type { AutoScalingDeps } from '../../src/fleets/auto-scaling/groups.ts';
import { OperatorError } from '../../src/errors.ts';
import { errorOf } from '../support/expect-advice.ts';

/** Quotas of vCPUs of what is launched beside what serves. */

test.each<[string, string | undefined]>([
  ['t3.micro', 'Standard'],
  ['m7i.large', 'Standard'],
  ['is4gen.large', 'Standard'],
  ['g5.xlarge', 'G'],
  ['gr6.4xlarge', 'G'],
  ['inf2.xlarge', 'Inf'],
  ['x2gd.medium', 'X'],
  ['trn1.2xlarge', undefined],
  ['u-6tb1.metal', undefined],
  ['mac2.metal', undefined],
])('%s is counted as %s', (type, name) => expect(vcpuClass(type)).toBe(name));

const AT = Date.parse('2026-06-01T12:00:00Z');
const VCPUS: Readonly<Record<string, number>> = { 't3.micro': 2, 'm7i.large': 2, 'c7i.4xlarge': 16, 'g5.xlarge': 4 };
const TEMPLATE = { LaunchTemplateId: 'lt-1', Version: '7' };
const inService = (InstanceType: string) => ({ LifecycleState: 'InService', InstanceType });

interface Given {
  readonly group?: object;
  readonly serving?: readonly string[];
  readonly template?: object;
  readonly most?: number;
  readonly denied?: true;
  /** Servers without a group: of what the template, or the server that is cloned, says. */
  readonly alone?: true;
}

async function compared(given: Given, instances = 3): Promise<string> {
  const { group = {}, serving = ['t3.micro'], template = { InstanceType: 't3.micro' }, most, denied } = given;
  const asked: string[] = [];
  const deps = {
    ec2: {
      launchTemplateVersions: async () => [{ LaunchTemplateData: template }],
      instanceTypes: async (types: readonly string[]) =>
        types.map((InstanceType) => ({ InstanceType, VCpuInfo: { DefaultVCpus: VCPUS[InstanceType] } })),
    },
    cloudwatch: async () => ({
      async quota({ dimensions }: { dimensions: { Class: string } }) {
        if (denied) throw new OperatorError('access-denied', 'AWS denied cloudwatch:GetMetricData.', { next: [] });
        asked.push(dimensions.Class);
        return most === undefined ? undefined : { used: 10, most, at: AT };
      },
    }),
  } as unknown as AutoScalingDeps;
  const own = { AutoScalingGroupName: 'shop-b', ...group } as AutoScalingGroup;
  const other = { Instances: serving.map(inService) } as AutoScalingGroup;
  const launched = { group: own, serving: other, template: { id: 'lt-1', version: '7' }, instances };
  return compareVcpus(deps, given.alone ? typesLike(template, instances) : await typesLaunched(deps, launched));
}

const mixed = (InstancesDistribution: object = {}) => ({
  MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification: TEMPLATE }, InstancesDistribution },
});

describe('a whole fleet', () => {
  test('is of the type of its template', async () => {
    const template = { InstanceType: 'c7i.4xlarge' };
    expect(await compared({ template, most: 58 })).toBe(
      '10 of 58 vCPUs of Standard On-Demand instances were in use at 12:00Z, and this takes 48.',
    );
    const error = await errorOf(compared({ template, most: 57 }));
    expect(error.code).toBe('too-few-vcpus');
  });

  test('is of the types of what serves, where a group chooses among some', async () => {
    const serving = ['t3.micro', 'c7i.4xlarge'];
    expect(await compared({ group: mixed(), serving, most: 100 }, 2)).toMatch(/this takes 18\.$/);
    expect(await compared({ template: {}, serving, most: 100 }, 4)).toMatch(/this takes 36\.$/);
  });

  test('is compared by classes', async () => {
    const text = await compared({ group: mixed(), serving: ['t3.micro', 'g5.xlarge'], most: 99 }, 2);
    expect(text).toMatch(/Standard On-Demand.* takes 2\. 10 of 99 vCPUs of G On-Demand.* takes 4\./);
  });
});

test('servers without a group are all of one type', async () => {
  const alone = { alone: true, template: { InstanceType: 'c7i.4xlarge' } } as const;
  expect(await compared({ ...alone, most: 58 })).toMatch(/^10 of 58 vCPUs of Standard .* takes 48\.$/);
  const error = await errorOf(compared({ ...alone, most: 57 }));
  expect(error.message).toBe(
    'The new servers take 48 vCPUs of Standard On-Demand instances: 10 of 57 were in use at 12:00Z.',
  );
});

describe('is not compared, and the plan says why', () => {
  test.each<[string, Given]>([
    ['some are Spot', { group: mixed({ OnDemandPercentageAboveBaseCapacity: 50 }), most: 1 }],
    [
      'they are Spot',
      { template: { InstanceType: 't3.micro', InstanceMarketOptions: { MarketType: 'spot' } }, most: 1 },
    ],
    [
      'they are Spot',
      { alone: true, template: { InstanceType: 't3.micro', InstanceMarketOptions: { MarketType: 'spot' } }, most: 1 },
    ],
    ['types are not known', { alone: true, template: {}, most: 1 }],
    ['Dedicated Hosts', { template: { InstanceType: 't3.micro', Placement: { Tenancy: 'host' } }, most: 1 }],
    ['types are not known', { template: {}, serving: [], most: 1 }],
    ['of trn1.2xlarge no usage', { template: { InstanceType: 'trn1.2xlarge' }, most: 1 }],
    ['vCPUs of m1.small are not known', { template: { InstanceType: 'm1.small' }, most: 1 }],
    ['CloudWatch has no usage', {}],
    ['denied cloudwatch:GetMetricData\\)', { denied: true }],
  ])('%s', async (why, given) => {
    expect(await compared(given)).toMatch(new RegExp(`^Not compared .*Service Quotas \\(.*${why}`));
  });
});
