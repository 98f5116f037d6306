import { AutoScaling, type AutoScalingGroup, type CreateAutoScalingGroupType } from '@aws-sdk/client-auto-scaling';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { poll } from './poll.ts';
import { callElbv2 } from './quick-sandbox.ts';

/** Auto Scaling as a client of the sandbox uses it. */
export interface Scaling {
  readonly client: AutoScaling;
  /** Creates a group from the sandbox's template, in all zones. */
  create(name: string, input?: Partial<CreateAutoScalingGroupType>): Promise<void>;
  group(name: string): Promise<AutoScalingGroup>;
  /** Ids of the group's instances in service. */
  served(name: string): Promise<readonly string[]>;
  /** Waits until this many are in service, and no others are of the group. */
  settled(name: string, size: number): Promise<readonly string[]>;
  /** States of the targets of a group, by instance. */
  targets(arn: string): Promise<ReadonlyMap<string, string>>;
}

export function scalingOf(sandbox: Sandbox, template: string): Scaling {
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  const client = new AutoScaling({ endpoint: sandbox.url, region: sandbox.region, credentials, maxAttempts: 1 });
  const zones = sandbox.ec2.network.subnets.map(({ id }) => id).join(',');
  const group = async (name: string): Promise<AutoScalingGroup> => {
    const { AutoScalingGroups = [] } = await client.describeAutoScalingGroups({ AutoScalingGroupNames: [name] });
    if (!AutoScalingGroups[0]) throw new Error(`there is no group ${name}`);
    return AutoScalingGroups[0];
  };
  const served = async (name: string): Promise<readonly string[]> => {
    const { Instances = [] } = await group(name);
    return Instances.filter(({ LifecycleState }) => LifecycleState === 'InService').map(
      ({ InstanceId = '' }) => InstanceId,
    );
  };
  return {
    client,
    group,
    served,
    create: async (name, input = {}) => {
      const LaunchTemplate = { LaunchTemplateName: template, Version: '$Latest' };
      const own = { AutoScalingGroupName: name, MinSize: 0, MaxSize: 10, VPCZoneIdentifier: zones };
      await client.createAutoScalingGroup({ ...own, ...(!input.MixedInstancesPolicy && { LaunchTemplate }), ...input });
    },
    settled: async (name, size) => {
      const settled = async () => {
        const { Instances = [] } = await group(name);
        return Instances.length === size && Instances.every(({ LifecycleState }) => LifecycleState === 'InService');
      };
      await poll(settled, `${size} instances in service in ${name}`, 15_000);
      return served(name);
    },
    targets: async (arn) => {
      const { TargetHealthDescriptions } = await callElbv2(sandbox, 'DescribeTargetHealth', { TargetGroupArn: arn });
      const rows = TargetHealthDescriptions as { Target: { Id: string }; TargetHealth: { State: string } }[];
      return new Map(rows.map(({ Target, TargetHealth }) => [Target.Id, TargetHealth.State]));
    },
  };
}
