import { bindOperations, type Service, type StateOperation } from '../service.ts';
import {
  createGroup,
  deleteGroup,
  describeAccountLimits,
  describeActivities,
  describeGroups,
  setDesiredCapacity,
  updateGroup,
} from './groups.ts';
import { completeAction, deleteHook, describeHooks, putHook, recordHeartbeat } from './hooks.ts';
import {
  attachInstances,
  describeMembers,
  detachInstances,
  enterStandby,
  exitStandby,
  setInstanceHealth,
  setInstanceProtection,
  terminateInstance,
} from './instances.ts';
import { deleteNotification, describeNotifications, putNotification } from './notifications.ts';
import { deletePolicy, describePolicies, executePolicy, putPolicy } from './policies.ts';
import { disableMetrics, enableMetrics, resumeProcesses, suspendProcesses } from './processes.ts';
import { cancelRefresh, describeRefreshes, rollbackRefresh, startRefresh } from './refreshes.ts';
import { deleteSchedule, describeSchedules, putSchedule, putSchedules } from './schedules.ts';
import {
  attachTargetGroups,
  attachTrafficSources,
  describeTargetGroups,
  describeTrafficSources,
  detachTargetGroups,
  detachTrafficSources,
} from './sources.ts';
import { createAutoScalingState, type AutoScalingOptions, type AutoScalingState } from './state.ts';
import { createOrUpdateTags, deleteScalingTags, describeScalingTags } from './tags.ts';
import { deleteWarmPool, describeWarmPool, putWarmPool } from './warm-pool.ts';

const OPERATIONS: Readonly<Record<string, StateOperation<AutoScalingState>>> = {
  AttachInstances: attachInstances,
  AttachLoadBalancerTargetGroups: attachTargetGroups,
  AttachTrafficSources: attachTrafficSources,
  BatchPutScheduledUpdateGroupAction: putSchedules,
  CancelInstanceRefresh: cancelRefresh,
  CompleteLifecycleAction: completeAction,
  CreateAutoScalingGroup: createGroup,
  CreateOrUpdateTags: createOrUpdateTags,
  DeleteAutoScalingGroup: deleteGroup,
  DeleteLifecycleHook: deleteHook,
  DeleteNotificationConfiguration: deleteNotification,
  DeletePolicy: deletePolicy,
  DeleteScheduledAction: deleteSchedule,
  DeleteTags: deleteScalingTags,
  DeleteWarmPool: deleteWarmPool,
  DescribeAccountLimits: describeAccountLimits,
  DescribeAutoScalingGroups: describeGroups,
  DescribeAutoScalingInstances: describeMembers,
  DescribeInstanceRefreshes: describeRefreshes,
  DescribeLifecycleHooks: describeHooks,
  DescribeLoadBalancerTargetGroups: describeTargetGroups,
  DescribeNotificationConfigurations: describeNotifications,
  DescribePolicies: describePolicies,
  DescribeScalingActivities: describeActivities,
  DescribeScheduledActions: describeSchedules,
  DescribeTags: describeScalingTags,
  DescribeTrafficSources: describeTrafficSources,
  DescribeWarmPool: describeWarmPool,
  DetachInstances: detachInstances,
  DetachLoadBalancerTargetGroups: detachTargetGroups,
  DetachTrafficSources: detachTrafficSources,
  DisableMetricsCollection: disableMetrics,
  EnableMetricsCollection: enableMetrics,
  EnterStandby: enterStandby,
  ExecutePolicy: executePolicy,
  ExitStandby: exitStandby,
  PutLifecycleHook: putHook,
  PutNotificationConfiguration: putNotification,
  PutScalingPolicy: putPolicy,
  PutScheduledUpdateGroupAction: putSchedule,
  PutWarmPool: putWarmPool,
  RecordLifecycleActionHeartbeat: recordHeartbeat,
  ResumeProcesses: resumeProcesses,
  RollbackInstanceRefresh: rollbackRefresh,
  SetDesiredCapacity: setDesiredCapacity,
  SetInstanceHealth: setInstanceHealth,
  SetInstanceProtection: setInstanceProtection,
  StartInstanceRefresh: startRefresh,
  SuspendProcesses: suspendProcesses,
  TerminateInstanceInAutoScalingGroup: terminateInstance,
  UpdateAutoScalingGroup: updateGroup,
};

/** EC2 Auto Scaling. For its behaviour see src/sandbox/BEHAVIOUR.md. */
export function createAutoScaling(options: AutoScalingOptions): Service {
  const state = createAutoScalingState(options);
  return {
    id: 'autoscaling',
    operations: bindOperations(state, OPERATIONS),
    close: async () => {
      for (const cancel of state.loops.values()) cancel();
      state.groups.clear();
    },
  };
}
