import type {
  DeleteWarmPoolType,
  DescribeWarmPoolAnswer,
  DescribeWarmPoolType,
  PutWarmPoolType,
} from '@aws-sdk/client-auto-scaling';
import { call } from '../service.ts';
import { scalingError } from './errors.ts';
import { pageByOffset } from './paging.ts';
import { activeRefresh } from './refresh.ts';
import { instanceShape } from './shapes.ts';
import { changeable, publish, scalingGroupOf, type AutoScalingState } from './state.ts';

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

/** Its instances end first; with ForceDelete nothing waits for that. */
export async function deleteWarmPool(state: AutoScalingState, input: DeleteWarmPoolType): Promise<object> {
  const group = changeable(state, input.AutoScalingGroupName);
  if (!group.warmPool) throw scalingError.invalid('No warm pool found for the Auto Scaling group');
  const InstanceIds = [...group.warm.keys()];
  if (input.ForceDelete || InstanceIds.length === 0) {
    delete group.warmPool;
    group.warm.clear();
    if (InstanceIds.length > 0) await call(state.ec2, 'TerminateInstances', { InstanceIds });
  } else group.warmPool = { ...group.warmPool, Status: 'PendingDelete' };
  publish(state, group);
  return {};
}

export function describeWarmPool(state: AutoScalingState, input: DescribeWarmPoolType): DescribeWarmPoolAnswer {
  const { warmPool, warm } = scalingGroupOf(state, input.AutoScalingGroupName);
  const { items, next } = pageByOffset([...warm.values()].map(instanceShape), input, state.pageSize, 50);
  return { ...(warmPool && { WarmPoolConfiguration: warmPool }), Instances: items, ...next };
}
