import { randomUUID } from 'node:crypto';
import type {
  DeletePolicyType,
  DescribePoliciesType,
  ExecutePolicyType,
  PoliciesType,
  PolicyARNType,
  PutScalingPolicyType,
  ScalingPolicy,
} from '@aws-sdk/client-auto-scaling';
import type { Breach } from '../cloudwatch/alarms.ts';
import { ACCOUNT } from '../ec2/state.ts';
import { scalingError } from './errors.ts';
import type { ScalingGroup } from './model.ts';
import { pageByOffset } from './paging.ts';
import { changeable, scalingGroupOf, publish, type AutoScalingState } from './state.ts';

const POLICIES_MAX = 50;

export function putPolicy(state: AutoScalingState, input: PutScalingPolicyType): PolicyARNType {
  const group = changeable(state, input.AutoScalingGroupName);
  const name = input.PolicyName ?? '';
  const before = group.policies.get(name);
  if (!before && group.policies.size >= POLICIES_MAX)
    throw scalingError.limit(`At most ${POLICIES_MAX} scaling policies`);
  const { PolicyType = 'SimpleScaling', Enabled = true } = input;
  const PolicyARN =
    before?.PolicyARN ??
    `arn:aws:autoscaling:${state.region}:${ACCOUNT}:scalingPolicy:${randomUUID()}:autoScalingGroupName/${group.name}:policyName/${name}`;
  group.policies.set(name, { ...input, PolicyType, Enabled, PolicyARN, Alarms: [] });
  return { PolicyARN, Alarms: [] };
}

/** A policy by name or ARN. */
function policyOf(group: ScalingGroup, nameOrArn: string | undefined): ScalingPolicy {
  const found = [...group.policies.values()].find(
    ({ PolicyName, PolicyARN }) => PolicyName === nameOrArn || PolicyARN === nameOrArn,
  );
  if (!found) throw scalingError.invalid(`ScalingPolicy name not found - null`);
  return found;
}

export function deletePolicy(state: AutoScalingState, input: DeletePolicyType): object {
  const group = changeable(state, input.AutoScalingGroupName);
  group.policies.delete(policyOf(group, input.PolicyName).PolicyName ?? '');
  return {};
}

export function describePolicies(state: AutoScalingState, input: DescribePoliciesType): PoliciesType {
  const groups = input.AutoScalingGroupName
    ? [scalingGroupOf(state, input.AutoScalingGroupName)]
    : state.groups.values();
  const all = [...groups].flatMap(({ policies }) => [...policies.values()]);
  const { PolicyNames: names, PolicyTypes: types } = input;
  const selected = all
    .filter(({ PolicyName = '' }) => !names?.length || names.includes(PolicyName))
    .filter(({ PolicyType = '' }) => !types?.length || types.includes(PolicyType));
  const { items, next } = pageByOffset(selected, input, state.pageSize);
  const ScalingPolicies = items.map((one) => ({ ...one, Alarms: state.alarmsWith(one.PolicyARN ?? '') }));
  return { ScalingPolicies, ...next };
}

/** Simple and step policies, as their alarm would run them; without effect beyond the group's sizes. */
export function executePolicy(state: AutoScalingState, input: ExecutePolicyType): object {
  const group = changeable(state, input.AutoScalingGroupName);
  const policy = policyOf(group, input.PolicyName);
  const { MetricValue: value = 0, BreachThreshold: threshold = 0 } = input;
  if (!runPolicy(state, group, policy, { value, threshold }, group.desired))
    throw scalingError.invalid(`A policy of the type ${policy.PolicyType} cannot be executed`);
  return {};
}

/**
 * Within the group's sizes.
 * @param from the capacity that the policy adjusts
 * @returns whether it says what to do about such a value
 */
export function runPolicy(
  state: AutoScalingState,
  group: ScalingGroup,
  policy: ScalingPolicy,
  { value, threshold }: Pick<Breach, 'value' | 'threshold'>,
  from: number,
): boolean {
  const step = policy.StepAdjustments?.find(
    ({ MetricIntervalLowerBound: low = -Infinity, MetricIntervalUpperBound: high = Infinity }) => {
      const above = value - threshold;
      return above >= low && above < high;
    },
  );
  const by = step?.ScalingAdjustment ?? policy.ScalingAdjustment;
  if (by === undefined) return false;
  const { MinSize: min = 0, MaxSize: max = 0 } = group.settings;
  const wanted = Math.min(Math.max(adjusted(from, policy, by), min), max);
  // What is on its way from a step before is not undone by a smaller one in the same direction.
  const grows = policy.AdjustmentType !== 'ExactCapacity' && by > 0;
  group.desired = grows ? Math.max(group.desired, wanted) : wanted;
  publish(state, group);
  return true;
}

function adjusted(
  desired: number,
  { AdjustmentType, MinAdjustmentMagnitude: least = 1 }: ScalingPolicy,
  by: number,
): number {
  if (AdjustmentType === 'ExactCapacity') return by;
  if (AdjustmentType !== 'PercentChangeInCapacity') return desired + by;
  return desired + Math.sign(by) * Math.max(Math.floor(Math.abs((desired * by) / 100)), least);
}
