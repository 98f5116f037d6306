import { expect, onTestFinished, test } from 'vitest';
import { AutoScaling } from '../../src/aws/autoscaling.ts';
import { CloudWatch } from '../../src/aws/cloudwatch.ts';
import { Ec2 } from '../../src/aws/ec2.ts';
import { Refreshes } from '../../src/aws/refreshes.ts';
import { Standby } from '../../src/aws/standby.ts';
import type { LaunchSpec } from '../../src/domain/goal.ts';
import type { FleetPort } from '../../src/fleets/fleet.ts';
import { createAutoScalingFleet } from '../../src/fleets/auto-scaling/index.ts';
import { openSession } from '../support/aws.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { callEc2, quickSandbox } from '../support/quick-sandbox.ts';
import { OWNER } from '../support/worlds.ts';
import { openEc2Fleet } from './ec2-world.ts';

/** Quotas of vCPUs, on the sandbox: two instances of two serve. */

type Kind = 'auto-scaling' | 'ec2';

async function start(kind: Kind, vcpus: number) {
  const sandbox = await quickSandbox({
    vcpus,
    instances: 2,
    ...(kind === 'auto-scaling' && {
      production: [{ name: 'shop-blue', port: 8080 }],
      test: [{ name: 'shop-green', port: 8080 }],
      weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
      scalingGroups: ['shop-a', 'shop-b'],
    }),
  });
  onTestFinished(async () => sandbox.close());
  const port = kind === 'ec2' ? openEc2Fleet(sandbox.url, IMAGE) : groupsOf(sandbox.url);
  const resolve = async (): Promise<LaunchSpec> => {
    const [blue] = await port.readFleets(['shop-41']);
    return port.resolve({ release: '42', zones: { 'eu-west-1a': 1, 'eu-west-1b': 1 }, blue: blue! });
  };
  return { sandbox, resolve };
}

const IMAGE = { image: { name: 'shop-{release}', owner: 'self' } };

function groupsOf(url: string): FleetPort {
  const session = openSession(url);
  return createAutoScalingFleet({
    owner: OWNER,
    config: {
      kind: 'auto-scaling',
      tagPrefix: 'turnout',
      ...IMAGE,
      groups: ['shop-a', 'shop-b'],
    },
    ec2: new Ec2(session),
    ssm: async () => Promise.reject(new Error('There is no SSM here.')),
    scaling: new AutoScaling(session),
    cloudwatch: async () => new CloudWatch(session),
    standby: new Standby(session),
    refreshes: new Refreshes(session),
  });
}

test.each<Kind>(['auto-scaling', 'ec2'])('%s: a second fleet that fits is told in the plan', async (kind) => {
  const { resolve } = await start(kind, 8);
  expect((await resolve()).summary.at(-1)).toMatch(
    /^4 of 8 vCPUs of Standard On-Demand instances were in use at \d\d:\d\dZ, and this takes 4\.$/,
  );
});

test.each<Kind>(['auto-scaling', 'ec2'])(
  '%s: one that does not fit is refused, as EC2 would refuse it',
  async (kind) => {
    const { sandbox, resolve } = await start(kind, 7);
    const error = await errorOf(resolve());
    expect(error).toMatchObject({ code: 'too-few-vcpus' });
    expect(error.message).toContain('4 of 7 were in use');
    expect(error.next.join()).toContain('a quota of 8 vCPUs');
    expectAdvice(error);
    const { Reservations } = await callEc2(sandbox, 'DescribeInstances', {});
    const { ImageId, InstanceType } = Reservations[0].Instances[0];
    const run = callEc2(sandbox, 'RunInstances', { ImageId, InstanceType, MinCount: 2, MaxCount: 2 });
    await expect(run).rejects.toMatchObject({ code: 'VcpuLimitExceeded' });
  },
);
