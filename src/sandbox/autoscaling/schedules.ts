import type {
  BatchPutScheduledUpdateGroupActionAnswer,
  BatchPutScheduledUpdateGroupActionType,
  DeleteScheduledActionType,
  DescribeScheduledActionsType,
  PutScheduledUpdateGroupActionType,
  ScheduledActionsType,
} from '@aws-sdk/client-auto-scaling';
import { ApiError } from '../service.ts';
import { ACCOUNT } from '../ec2/state.ts';
import { scalingError } from './errors.ts';
import { pageByOffset } from './paging.ts';
import { changeable, scalingGroupOf, isSuspended, publish, type AutoScalingState } from './state.ts';

const SCHEDULES_MAX = 125;

/** It runs at its start time. A recurrence is kept and returned, and does not run here. */
export function putSchedule(state: AutoScalingState, input: PutScheduledUpdateGroupActionType): object {
  const group = changeable(state, input.AutoScalingGroupName);
  const name = input.ScheduledActionName ?? '';
  const { MinSize, MaxSize, DesiredCapacity, StartTime = input.Time, Recurrence } = input;
  if ([MinSize, MaxSize, DesiredCapacity].every((size) => size === undefined))
    throw scalingError.invalid('At least one of MinSize, MaxSize and DesiredCapacity must be given');
  if (!StartTime && !Recurrence) throw scalingError.invalid('A start time or a recurrence is required');
  const inMs = Number(StartTime ?? 0) - state.clock.now();
  if (StartTime && inMs < 0) throw scalingError.invalid('Given start time is in the past');
  const before = group.schedules.get(name);
  if (!before && group.schedules.size >= SCHEDULES_MAX)
    throw scalingError.limit(`At most ${SCHEDULES_MAX} scheduled actions`);
  before?.cancel();
  const ScheduledActionARN = `arn:aws:autoscaling:${state.region}:${ACCOUNT}:scheduledUpdateGroupAction:autoScalingGroupName/${group.name}:scheduledActionName/${name}`;
  const run = () => {
    if (!Recurrence) group.schedules.delete(name);
    if (isSuspended(group, 'ScheduledActions') || group.isDeleting) return;
    const min = MinSize ?? group.settings.MinSize ?? 0;
    const max = MaxSize ?? group.settings.MaxSize ?? 0;
    group.settings = { ...group.settings, MinSize: min, MaxSize: max };
    group.desired = Math.min(Math.max(DesiredCapacity ?? group.desired, min), max);
    publish(state, group);
  };
  const cancel = StartTime ? state.scheduler.after(inMs, run) : () => {};
  group.schedules.set(name, {
    action: { ...input, ...(StartTime && { StartTime, Time: StartTime }), ScheduledActionARN },
    cancel,
  });
  return {};
}

/** What fails comes back in the answer, which is none of an error (API reference, BatchPutScheduledUpdateGroupAction). */
export function putSchedules(
  state: AutoScalingState,
  { AutoScalingGroupName, ScheduledUpdateGroupActions: actions = [] }: BatchPutScheduledUpdateGroupActionType,
): BatchPutScheduledUpdateGroupActionAnswer {
  changeable(state, AutoScalingGroupName);
  const failed = actions.flatMap((action) => {
    try {
      putSchedule(state, { ...action, AutoScalingGroupName });
      return [];
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { ScheduledActionName } = action;
      return [{ ScheduledActionName, ErrorCode: error.code, ErrorMessage: error.message }];
    }
  });
  return { FailedScheduledUpdateGroupActions: failed };
}

export function deleteSchedule(state: AutoScalingState, input: DeleteScheduledActionType): object {
  const group = changeable(state, input.AutoScalingGroupName);
  const name = input.ScheduledActionName ?? '';
  const found = group.schedules.get(name);
  if (!found) throw scalingError.invalid('Scheduled action name not found');
  found.cancel();
  group.schedules.delete(name);
  return {};
}

export function describeSchedules(state: AutoScalingState, input: DescribeScheduledActionsType): ScheduledActionsType {
  const groups = input.AutoScalingGroupName
    ? [scalingGroupOf(state, input.AutoScalingGroupName)]
    : state.groups.values();
  const names = input.ScheduledActionNames;
  const all = [...groups]
    .flatMap(({ schedules }) => [...schedules.values()].map(({ action }) => action))
    .filter(({ ScheduledActionName = '' }) => !names?.length || names.includes(ScheduledActionName));
  const { items, next } = pageByOffset(all, input, state.pageSize);
  return { ScheduledUpdateGroupActions: items, ...next };
}
