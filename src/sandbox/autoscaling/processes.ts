import type {
  DisableMetricsCollectionQuery,
  EnableMetricsCollectionQuery,
  ScalingProcessQuery,
} from '@aws-sdk/client-auto-scaling';
import { scalingError } from './errors.ts';
import { changeable, publish, type AutoScalingState } from './state.ts';

const PROCESSES = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
];

/** Without a list all processes are meant (API reference, SuspendProcesses). */
function processesOf({ ScalingProcesses }: ScalingProcessQuery): readonly string[] {
  const unknown = ScalingProcesses?.find((name) => !PROCESSES.includes(name));
  if (unknown !== undefined) throw scalingError.invalid(`${unknown} is not a valid process type`);
  return ScalingProcesses?.length ? ScalingProcesses : PROCESSES;
}

export function suspendProcesses(state: AutoScalingState, input: ScalingProcessQuery): object {
  const group = changeable(state, input.AutoScalingGroupName);
  const SuspensionReason = `User suspended at ${new Date(state.clock.now()).toISOString()}`;
  for (const ProcessName of processesOf(input))
    if (!group.suspended.has(ProcessName)) group.suspended.set(ProcessName, { ProcessName, SuspensionReason });
  publish(state, group);
  return {};
}

export function resumeProcesses(state: AutoScalingState, input: ScalingProcessQuery): object {
  const group = changeable(state, input.AutoScalingGroupName);
  for (const name of processesOf(input)) group.suspended.delete(name);
  publish(state, group);
  return {};
}

const METRICS = [
  'GroupMinSize',
  'GroupMaxSize',
  'GroupDesiredCapacity',
  'GroupInServiceInstances',
  'GroupPendingInstances',
  'GroupStandbyInstances',
  'GroupTerminatingInstances',
  'GroupTotalInstances',
];

export function enableMetrics(state: AutoScalingState, input: EnableMetricsCollectionQuery): object {
  const group = changeable(state, input.AutoScalingGroupName);
  if (input.Granularity !== '1Minute') throw scalingError.invalid("Granularity must be '1Minute'");
  for (const metric of input.Metrics?.length ? input.Metrics : METRICS) group.metrics.add(metric);
  publish(state, group);
  return {};
}

export function disableMetrics(state: AutoScalingState, input: DisableMetricsCollectionQuery): object {
  const group = changeable(state, input.AutoScalingGroupName);
  for (const metric of input.Metrics?.length ? input.Metrics : METRICS) group.metrics.delete(metric);
  publish(state, group);
  return {};
}
