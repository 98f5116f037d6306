import type {
  DeleteWarmPoolType,
  DescribeWarmPoolAnswer,
  DescribeWarmPoolType,
  PutWarmPoolType,
} from '@aws-sdk/client-auto-scaling';
import { scalingError } from './errors.ts';
import { activeRefresh } from './refresh.ts';
import { changeable, publish, scalingGroupOf, type AutoScalingState } from './state.ts';

/** Its configuration only: no instance is kept ready. */
export function putWarmPool(state: AutoScalingState, input: PutWarmPoolType): object {
  const group = changeable(state, input.AutoScalingGroupName);
  if (activeRefresh(group)) throw scalingError.refreshing();
  if (group.settings.MixedInstancesPolicy)
    throw scalingError.invalid('A warm pool cannot be added to an Auto Scaling group with a mixed instances policy');
  const { AutoScalingGroupName: _name, PoolState = 'Stopped', MinSize = 0, ...rest } = input;
  group.warmPool = { ...rest, MinSize, PoolState };
  publish(state, group);
  return {};
}

export function deleteWarmPool(state: AutoScalingState, input: DeleteWarmPoolType): object {
  const group = changeable(state, input.AutoScalingGroupName);
  if (!group.warmPool) throw scalingError.invalid('No warm pool found for the Auto Scaling group');
  delete group.warmPool;
  publish(state, group);
  return {};
}

export function describeWarmPool(state: AutoScalingState, input: DescribeWarmPoolType): DescribeWarmPoolAnswer {
  const { warmPool } = scalingGroupOf(state, input.AutoScalingGroupName);
  return { ...(warmPool && { WarmPoolConfiguration: warmPool }), Instances: [] };
}
