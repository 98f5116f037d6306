import { randomUUID } from 'node:crypto';
import type { Activity, AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { Clock } from '../../clock.ts';
import type { EmulatedCloudWatch } from '../cloudwatch/index.ts';
import type { EmulatedEc2 } from '../ec2/index.ts';
import type { EmulatedElbv2 } from '../elbv2/index.ts';
import type { Instances } from '../instances/index.ts';
import type { Scheduler } from '../scheduler.ts';
import { createTimeline, type Timeline } from '../timeline.ts';
import { scalingError } from './errors.ts';
import type { ScalingGroup } from './model.ts';
import { groupShape } from './shapes.ts';

export interface AutoScalingOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly ec2: EmulatedEc2;
  readonly elbv2: EmulatedElbv2;
  readonly instances: Instances;
  /** Alarms that run a policy, by its ARN. */
  readonly alarmsWith: EmulatedCloudWatch['alarmsWith'];
  /** Those of them that are in ALARM. */
  readonly breachesOf: EmulatedCloudWatch['breachesOf'];
  readonly region: string;
  readonly pageSize: number;
  /** Called with internal errors. */
  readonly onError: (error: unknown) => void;
  /** How often a group compares what it has with what it should have, in milliseconds. */
  readonly pollMs?: number;
}

export interface AutoScalingState extends AutoScalingOptions {
  readonly pollMs: number;
  readonly groups: Map<string, ScalingGroup>;
  /** What Describe operations return. */
  readonly published: Timeline<AutoScalingGroup>;
  /** Ends the comparison of each group. */
  readonly loops: Map<string, () => void>;
}

/** Default of `pollMs`. On AWS it takes some seconds up to a minute. */
const POLL_MS = 200;
/** Activities are kept for six weeks; of a group, the newest 100 are returned here. */
const ACTIVITIES_MAX = 1_000;

export function createAutoScalingState(options: AutoScalingOptions): AutoScalingState {
  return { pollMs: POLL_MS, ...options, groups: new Map(), published: createTimeline(options.clock), loops: new Map() };
}

/** Throws `ValidationError` when there is no such group. */
export function scalingGroupOf(state: AutoScalingState, name: string | undefined): ScalingGroup {
  const group = state.groups.get(name ?? '');
  if (!group) throw scalingError.noGroup();
  return group;
}

/** Throws also when the group is being deleted: every change is refused then. */
export function changeable(state: AutoScalingState, name: string | undefined): ScalingGroup {
  const group = scalingGroupOf(state, name);
  if (group.isDeleting) throw scalingError.invalid('AutoScalingGroup is pending delete');
  return group;
}

/** Makes the group's state readable. */
export function publish(state: AutoScalingState, group: ScalingGroup): void {
  state.published.set(group.name, state.groups.get(group.name) === group ? groupShape(group) : undefined);
}

export function isSuspended(group: ScalingGroup, process: string): boolean {
  return group.suspended.has(process);
}

/** Adds an activity that is in progress. */
export function startActivity(
  state: AutoScalingState,
  group: ScalingGroup,
  Description: string,
  Cause: string,
): Activity {
  const activity: Activity = {
    ActivityId: randomUUID(),
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    Description,
    Cause: `At ${new Date(state.clock.now()).toISOString()} ${Cause}.`,
    StartTime: new Date(state.clock.now()),
    StatusCode: 'InProgress',
    Progress: 50,
    Details: '{}',
  };
  group.activities.unshift(activity);
  group.activities.splice(ACTIVITIES_MAX);
  return activity;
}

export function endActivity(
  state: AutoScalingState,
  activity: Activity | undefined,
  StatusCode: 'Successful' | 'Failed' | 'Cancelled',
  StatusMessage?: string,
): void {
  if (!activity || activity.EndTime) return;
  Object.assign(activity, { StatusCode, EndTime: new Date(state.clock.now()), Progress: 100 });
  if (StatusMessage !== undefined) activity.StatusMessage = StatusMessage;
}
