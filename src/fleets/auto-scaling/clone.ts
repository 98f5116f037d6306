import { shell } from '../../domain/shell.ts';
import type { AutoScalingGroup, GroupParts } from '../../aws/autoscaling.ts';
import type { MetricAlarm } from '../../aws/cloudwatch.ts';
import { count, list, sentences } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import { alarmNotes } from './alarms.ts';
import { checkChangeable } from './checks.ts';
import { unknownFields } from './fields.ts';
import { isCodeDeploys, tagsOf, type AutoScalingDeps } from './groups.ts';

/** Why a group cannot be cloned, and what a clone would not have. Asked when a launch is planned. */

/** Processes without which the clone would launch nothing that gets traffic, or could not be emptied. */
const NOT_SUSPENDED: ReadonlySet<string> = new Set(['Launch', 'Terminate', 'AddToLoadBalancer']);

/** Hooks that the clone gets; with CodeDeploy's, each launch would wait for a deployment that never comes (CodeDeploy user guide, troubleshooting Auto Scaling). */
export function hooksToCopy({ hooks }: GroupParts): GroupParts['hooks'] {
  return hooks.filter((hook) => !isCodeDeploys(hook));
}

/** Processes that are suspended in the clone as well. */
export function processesToSuspend({ SuspendedProcesses: all = [] }: AutoScalingGroup): string[] {
  return all.flatMap(({ ProcessName: name = '' }) => (name === '' || NOT_SUSPENDED.has(name) ? [] : [name]));
}

/** The name of the clone: the same for each run of that launch. */
export function cloneName(base: string, fleet: string): string {
  return `${base}-${fleet.replaceAll(/[^!-9;-~]/g, '-')}`.slice(0, 255);
}

/** @throws OperatorError when a clone would not be like it, or is a person's to make */
export function checkCloneable(deps: AutoScalingDeps, group: AutoScalingGroup, parts: GroupParts): void {
  const { AutoScalingGroupName: name = '', DeletionProtection: protection = 'none', LoadBalancerNames = [] } = group;
  checkChangeable(group);
  if (protection !== 'none')
    throw new OperatorError(
      'deletion-protected',
      `${name} has the deletion protection ${protection}: its clones would have it as well, and could not be deleted.`,
      {
        next: [
          `\`${shell`aws autoscaling update-auto-scaling-group --auto-scaling-group-name ${name} --deletion-protection none`}\` ends it, where that is meant; then run this again.`,
          'Or name two permanent groups under `fleet.groups` in the config.',
        ],
      },
    );
  if (LoadBalancerNames.length > 0)
    throw new OperatorError(
      'no-own-target-group',
      `${name} is attached to a Classic Load Balancer (${list(LoadBalancerNames)}).`,
      {
        next: ['Attach it to a target group of the config instead.'],
      },
    );
  const byRequests = parts.policies.filter(countsRequests).map(({ PolicyName = '' }) => PolicyName);
  if (byRequests.length > 0 && deps.traffic !== 'weighted-listener')
    throw new OperatorError(
      'requests-per-target',
      `${list(byRequests)} of ${name} ${byRequests.length === 1 ? 'scales' : 'scale'} by ALBRequestCountPerTarget of a target group that a clone is not attached to from its start.`,
      {
        next: [
          'Scale by another metric, such as ASGAverageCPUUtilization; or use `traffic.kind: weighted-listener`, where each group has a target group of its own.',
        ],
      },
    );
}

function countsRequests(policy: GroupParts['policies'][number]): boolean {
  return JSON.stringify(policy).includes('ALBRequestCountPerTarget');
}

/** What the clone's warm pool launches beside that capacity: up to its maximum, or what it is to prepare (User guide, warm pools). */
export function warmSizeOf({ WarmPoolConfiguration: pool, MaxSize = 0 }: AutoScalingGroup, capacity: number): number {
  if (pool === undefined) return 0;
  const { MaxGroupPreparedCapacity: prepared = -1, MinSize = 0 } = pool;
  return Math.max((prepared < 0 ? MaxSize : prepared) - capacity, MinSize, 0);
}

/** What the plan says of the clone: what it gets, and all that it does not get. */
export function cloneNotes(
  group: AutoScalingGroup,
  parts: GroupParts,
  alarms: readonly MetricAlarm[],
  capacity: number,
): readonly string[] {
  const { AutoScalingGroupName: name = '', WarmPoolConfiguration: pool } = group;
  const { policies, schedules, notifications } = parts;
  const hooks = hooksToCopy(parts);
  const left = parts.hooks.filter((one) => !hooks.includes(one)).map(({ LifecycleHookName = '' }) => LifecycleHookName);
  const running = (group.SuspendedProcesses ?? []).flatMap(({ ProcessName: one = '' }) =>
    NOT_SUSPENDED.has(one) ? [one] : [],
  );
  const reserved = Object.keys(tagsOf(group)).filter((key) => key.startsWith('aws:'));
  const unknown = unknownFields(group);
  return sentences(
    `Cloned from ${name}, with ${list([
      count(hooks.length, 'lifecycle hook'),
      count(policies.length, 'scaling policy', 'scaling policies'),
      count(alarms.length, 'alarm'),
      count(schedules.length, 'scheduled action'),
      count(notifications.length, 'notification'),
    ])}${pool ? `, and its warm pool, which keeps ${count(warmSizeOf(group, capacity), 'instance')} ready` : ''}.`,
    left.length > 0 && `Not copied: ${list(left)}, which CodeDeploy manages.`,
    ...alarmNotes(group, parts, alarms),
    running.length > 0 && `Not copied: that ${list(running)} ${running.length === 1 ? 'is' : 'are'} suspended.`,
    reserved.length > 0 && `Not copied: the tags ${list(reserved)}, which only AWS writes.`,
    unknown.length > 0 && `Not copied, as turnout does not know it: ${list(unknown)} of ${name}.`,
    schedules.length > 0 &&
      `${list(schedules.map(({ ScheduledActionName = '' }) => ScheduledActionName))} would run in both groups as long as both are there.`,
  );
}
