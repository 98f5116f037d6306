import type {
  AttachLoadBalancerTargetGroupsType,
  AttachTrafficSourcesType,
  DescribeLoadBalancerTargetGroupsRequest,
  DescribeLoadBalancerTargetGroupsResponse,
  DescribeTrafficSourcesRequest,
  DescribeTrafficSourcesResponse,
  DetachTrafficSourcesType,
  TrafficSourceIdentifier,
} from '@aws-sdk/client-auto-scaling';
import { ApiError, call } from '../service.ts';
import { deregisterMembers, registerMembers } from './balancer.ts';
import { scalingError } from './errors.ts';
import { inService, type ScalingGroup } from './model.ts';
import { pageByOffset } from './paging.ts';
import { activeRefresh } from './refresh.ts';
import { changeable, scalingGroupOf, isSuspended, publish, type AutoScalingState } from './state.ts';

/** Limit of one request (Service quotas). */
const AT_ONCE = 10;
/** Limit of a group. */
const SOURCES_MAX = 50;

interface Given {
  readonly TargetGroupARNs?: string[] | undefined;
  readonly TrafficSources?: TrafficSourceIdentifier[] | undefined;
}

/** ARNs of the target groups of a request. Throws `ValidationError` when one does not exist. */
export async function checkedSources(
  { elbv2 }: Pick<AutoScalingState, 'elbv2'>,
  { TargetGroupARNs = [], TrafficSources = [] }: Given,
): Promise<readonly string[]> {
  if (TargetGroupARNs.length > 0 && TrafficSources.length > 0)
    throw scalingError.invalid('You cannot use both TargetGroupARNs and TrafficSources in one request');
  const arns = [...TargetGroupARNs, ...TrafficSources.map(({ Identifier = '' }) => Identifier)];
  if (arns.length > AT_ONCE) throw scalingError.invalid(`At most ${AT_ONCE} traffic sources can be given at once`);
  try {
    if (arns.length > 0) await call(elbv2, 'DescribeTargetGroups', { TargetGroupArns: arns });
  } catch (error) {
    if (error instanceof ApiError)
      throw scalingError.invalid(`Provided Target Groups may not be valid. ${error.message}`);
    throw error;
  }
  return arns;
}

/** Registers the instances that are in service; those that come later register themselves. */
export async function attach(state: AutoScalingState, group: ScalingGroup, arns: readonly string[]): Promise<void> {
  const added = arns.filter((arn) => !group.sources.has(arn) || group.sources.get(arn)?.state === 'Removing');
  for (const arn of added) group.sources.set(arn, { arn, state: 'Adding' });
  const ids = inService(group).map(({ id }) => id);
  const sources = added.map((arn) => group.sources.get(arn)!);
  if (!isSuspended(group, 'AddToLoadBalancer')) await registerMembers(state, sources, ids);
}

export async function attachTrafficSources(state: AutoScalingState, input: AttachTrafficSourcesType): Promise<object> {
  const group = changeable(state, input.AutoScalingGroupName);
  if (activeRefresh(group)) throw scalingError.refreshing();
  const arns = await checkedSources(state, input);
  if (group.sources.size + arns.length > SOURCES_MAX)
    throw scalingError.limit(`A group can have at most ${SOURCES_MAX} traffic sources`);
  await attach(state, group, arns);
  publish(state, group);
  return {};
}

/** Deregisters the group's instances there. They stay in service. Throws when a source is not attached. */
export async function detachTrafficSources(state: AutoScalingState, input: DetachTrafficSourcesType): Promise<object> {
  const group = changeable(state, input.AutoScalingGroupName);
  const wanted = input.TrafficSources ?? [];
  const sources = wanted.map(({ Identifier = '' }) => group.sources.get(Identifier));
  const missing = sources.findIndex((source) => source === undefined);
  if (missing !== -1)
    throw scalingError.invalid(
      `Trying to remove Traffic Source(s) that are not part of the group: ${wanted[missing]?.Identifier}`,
    );
  const known = sources.filter((source) => source !== undefined);
  for (const source of known) source.state = 'Removing';
  await deregisterMembers(state, known, [...group.members.keys()]);
  publish(state, group);
  return {};
}

export function attachTargetGroups(
  state: AutoScalingState,
  input: AttachLoadBalancerTargetGroupsType,
): Promise<object> {
  return attachTrafficSources(state, {
    AutoScalingGroupName: input.AutoScalingGroupName,
    TrafficSources: identifiers(input.TargetGroupARNs),
  });
}

export function detachTargetGroups(
  state: AutoScalingState,
  input: AttachLoadBalancerTargetGroupsType,
): Promise<object> {
  return detachTrafficSources(state, {
    AutoScalingGroupName: input.AutoScalingGroupName,
    TrafficSources: identifiers(input.TargetGroupARNs),
  });
}

function identifiers(arns: readonly string[] = []): TrafficSourceIdentifier[] {
  return arns.map((Identifier) => ({ Identifier, Type: 'elbv2' }));
}

export function describeTrafficSources(
  state: AutoScalingState,
  input: DescribeTrafficSourcesRequest,
): DescribeTrafficSourcesResponse {
  const all = [...scalingGroupOf(state, input.AutoScalingGroupName).sources.values()];
  const { items, next } = pageByOffset(all, input, state.pageSize);
  const TrafficSources = items.map(({ arn, state: State }) => ({
    Identifier: arn,
    TrafficSource: arn,
    State,
    Type: 'elbv2',
  }));
  return { TrafficSources, ...next };
}

export function describeTargetGroups(
  state: AutoScalingState,
  input: DescribeLoadBalancerTargetGroupsRequest,
): DescribeLoadBalancerTargetGroupsResponse {
  const { TrafficSources = [], ...next } = describeTrafficSources(state, input);
  return {
    LoadBalancerTargetGroups: TrafficSources.map(({ Identifier, State }) => ({
      LoadBalancerTargetGroupARN: Identifier,
      State,
    })),
    ...next,
  };
}
