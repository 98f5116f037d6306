import type { DescribeTargetHealthOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { call } from '../service.ts';
import { inService, type ScalingGroup, type Source } from './model.ts';
import { publish, type AutoScalingState } from './state.ts';

/** What a group does with Elastic Load Balancing, by the same operations that clients use. */

type Health = NonNullable<DescribeTargetHealthOutput['TargetHealthDescriptions']>;

export function liveSources(group: ScalingGroup): readonly Source[] {
  return [...group.sources.values()].filter(({ state }) => state !== 'Removing');
}

export async function registerMembers(
  { elbv2 }: AutoScalingState,
  sources: readonly Source[],
  ids: readonly string[],
): Promise<void> {
  for (const { arn } of ids.length > 0 ? sources : []) {
    await call(elbv2, 'RegisterTargets', { TargetGroupArn: arn, Targets: ids.map((Id) => ({ Id })) });
  }
}

export async function deregisterMembers(
  { elbv2 }: AutoScalingState,
  sources: readonly Source[],
  ids: readonly string[],
): Promise<void> {
  for (const { arn } of ids.length > 0 ? sources : []) {
    await call(elbv2, 'DeregisterTargets', { TargetGroupArn: arn, Targets: ids.map((Id) => ({ Id })) });
  }
}

async function healthIn({ elbv2 }: AutoScalingState, { arn }: Source): Promise<Health> {
  const output = await call<DescribeTargetHealthOutput>(elbv2, 'DescribeTargetHealth', { TargetGroupArn: arn });
  return output.TargetHealthDescriptions ?? [];
}

/** Whether none of the instances is in any of the target groups, not even draining. */
export async function isDrained(
  state: AutoScalingState,
  sources: readonly Source[],
  ids: readonly string[],
): Promise<boolean> {
  for (const source of sources) {
    const health = await healthIn(state, source);
    if (health.some(({ Target }) => ids.includes(Target?.Id ?? ''))) return false;
  }
  return true;
}

/** The instances that a target group reports as unhealthy. Only attachments that are in service count, and one of them is enough. */
export async function unhealthyTargets(state: AutoScalingState, group: ScalingGroup): Promise<ReadonlySet<string>> {
  const unhealthy = new Set<string>();
  for (const source of group.sources.values()) {
    if (source.state !== 'InService') continue;
    for (const { Target, TargetHealth } of await healthIn(state, source))
      if (TargetHealth?.State === 'unhealthy' && Target?.Id !== undefined) unhealthy.add(Target.Id);
  }
  return unhealthy;
}

/** Adding, once all instances are registered Added, once one of them passed a check InService; Removing until all are drained. */
export async function updateSources(state: AutoScalingState, group: ScalingGroup): Promise<void> {
  for (const source of group.sources.values()) {
    if (source.state === 'InService') continue;
    const health = await healthIn(state, source);
    const own = health.filter(({ Target }) => group.members.has(Target?.Id ?? ''));
    if (source.state === 'Removing' && own.length === 0) group.sources.delete(source.arn);
    else if (source.state !== 'Removing') source.state = stateOf(group, own);
    publish(state, group);
  }
}

function stateOf(group: ScalingGroup, health: Health): Source['state'] {
  if (health.some(({ TargetHealth }) => TargetHealth?.State === 'healthy')) return 'InService';
  const known = new Set(health.map(({ Target }) => Target?.Id));
  return inService(group).every(({ id }) => known.has(id)) ? 'Added' : 'Adding';
}
