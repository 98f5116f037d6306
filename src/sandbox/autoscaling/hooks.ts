import type {
  CompleteLifecycleActionType,
  DeleteLifecycleHookType,
  DescribeLifecycleHooksAnswer,
  DescribeLifecycleHooksType,
  PutLifecycleHookType,
  RecordLifecycleActionHeartbeatType,
} from '@aws-sdk/client-auto-scaling';
import { scalingError } from './errors.ts';
import { withWarm, type PendingHook } from './model.ts';
import { changeable, scalingGroupOf, type AutoScalingState } from './state.ts';

const HOOKS_MAX = 50;
const HEARTBEAT_S = 3_600;

/** Without a heartbeat timeout an hour, without a default result ABANDON (API reference, PutLifecycleHook). */
export function putHook(state: AutoScalingState, input: PutLifecycleHookType): object {
  const group = changeable(state, input.AutoScalingGroupName);
  const name = input.LifecycleHookName ?? '';
  const before = group.hooks.get(name);
  if (!before && !input.LifecycleTransition) throw scalingError.invalid('LifecycleTransition is required');
  if (!before && group.hooks.size >= HOOKS_MAX) throw scalingError.limit(`At most ${HOOKS_MAX} lifecycle hooks`);
  const { HeartbeatTimeout = before?.HeartbeatTimeout ?? HEARTBEAT_S } = input;
  const { DefaultResult = before?.DefaultResult ?? 'ABANDON' } = input;
  group.hooks.set(name, { ...before, ...input, HeartbeatTimeout, DefaultResult });
  return {};
}

export function deleteHook(state: AutoScalingState, input: DeleteLifecycleHookType): object {
  const group = changeable(state, input.AutoScalingGroupName);
  const name = input.LifecycleHookName ?? '';
  if (!group.hooks.delete(name)) throw scalingError.invalid(`No Lifecycle Hook found with name ${name}`);
  for (const { hook } of withWarm(group)) if (hook?.name === name) hook.complete('CONTINUE');
  return {};
}

export function describeHooks(
  state: AutoScalingState,
  input: DescribeLifecycleHooksType,
): DescribeLifecycleHooksAnswer {
  const names = input.LifecycleHookNames;
  const all = [...scalingGroupOf(state, input.AutoScalingGroupName).hooks.values()];
  return { LifecycleHooks: all.filter((hook) => !names?.length || names.includes(hook.LifecycleHookName ?? '')) };
}

/** The wait that a request is about, by its token or its instance. */
function waitOf(
  state: AutoScalingState,
  input: CompleteLifecycleActionType | RecordLifecycleActionHeartbeatType,
): PendingHook {
  const group = scalingGroupOf(state, input.AutoScalingGroupName);
  const waits = withWarm(group).filter(({ hook }) => hook?.name === input.LifecycleHookName);
  const found = waits.find(({ id, hook }) =>
    input.LifecycleActionToken ? hook?.token === input.LifecycleActionToken : id === input.InstanceId,
  );
  if (!found?.hook)
    throw scalingError.invalid(
      `No active Lifecycle Action found with ${input.LifecycleActionToken ? `token ${input.LifecycleActionToken}` : `instance ID ${input.InstanceId}`}`,
    );
  return found.hook;
}

export function completeAction(state: AutoScalingState, input: CompleteLifecycleActionType): object {
  waitOf(state, input).complete(input.LifecycleActionResult ?? 'CONTINUE');
  return {};
}

export function recordHeartbeat(state: AutoScalingState, input: RecordLifecycleActionHeartbeatType): object {
  waitOf(state, input).beat();
  return {};
}
