import type { AutoScalingGroupsType, Tag } from '@aws-sdk/client-auto-scaling';
import { call, type Service } from '../service.ts';

/** Two groups that take turns, as a team's own infrastructure code makes them. */
export interface GroupsOption {
  readonly names: readonly string[];
  /** ARNs of the target groups of each, in the same order. */
  readonly targetGroups: readonly (readonly string[])[];
  readonly subnets: readonly string[];
  readonly template: string;
  /** How many instances the first group has; the other one is empty. */
  readonly instances: number;
  /** Tags of the first group that its instances get, and others. */
  readonly tags: readonly Tag[];
}

/** The largest size of a group. */
const MAXIMUM = 20;
const POLL_MS = 10;

/** Creates the groups. @returns ids of the instances of the first one, once all of them are in service */
export async function seedGroups(
  autoscaling: Service,
  sleep: (ms: number) => Promise<void>,
  { names, targetGroups, subnets, template, instances, tags }: GroupsOption,
): Promise<readonly string[]> {
  for (const [index, AutoScalingGroupName] of names.entries()) {
    const size = index === 0 ? instances : 0;
    await call(autoscaling, 'CreateAutoScalingGroup', {
      AutoScalingGroupName,
      LaunchTemplate: { LaunchTemplateName: template, Version: '1' },
      // What it never scales in below, as a team would have it.
      MinSize: Math.min(size, 1),
      MaxSize: Math.max(MAXIMUM, 2 * instances),
      DesiredCapacity: size,
      VPCZoneIdentifier: subnets.join(','),
      TargetGroupARNs: targetGroups[index] ?? [],
      Tags: index === 0 ? tags : [],
    });
  }
  for (;;) {
    const { AutoScalingGroups: [group] = [] } = await call<AutoScalingGroupsType>(
      autoscaling,
      'DescribeAutoScalingGroups',
      { AutoScalingGroupNames: names.slice(0, 1) },
    );
    const served = (group?.Instances ?? []).filter(({ LifecycleState }) => LifecycleState === 'InService');
    if (served.length === instances) return served.map(({ InstanceId = '' }) => InstanceId);
    await sleep(POLL_MS);
  }
}
