import type { AutoScalingGroup, CreateAutoScalingGroupType, GroupParts } from '../../aws/autoscaling.ts';
import { systemClock } from '../../clock.ts';
import { defined } from '../../domain/defined.ts';
import { alarmsOf, clonedAlarm } from './alarms.ts';
import { hooksToCopy, processesToSuspend } from './clone.ts';
import { copiedFields } from './fields.ts';
import { launchFrom, type AutoScalingDeps } from './groups.ts';
import type { GroupRequest } from './request.ts';
import { rewritten, type Renamed } from './rewrite.ts';

/** Makes a group like another one, empty: piece by piece, and each piece again without harm, so that a run that goes on ends with all of them. */

export interface Clone {
  readonly name: string;
  readonly template: { readonly LaunchTemplateId: string; readonly Version: string };
  readonly images?: GroupRequest['images'];
  /** ARNs of the target groups that it is attached to from its start. */
  readonly targetGroups: readonly string[];
  /** Tags of its own, and whether its instances get them. */
  readonly tags: readonly { readonly key: string; readonly value: string; readonly propagates: boolean }[];
}

/** The hooks are there before its first instance, the policies before its size. */
export async function makeClone(
  deps: AutoScalingDeps,
  source: AutoScalingGroup,
  clone: Clone,
  exists: boolean,
): Promise<void> {
  const { scaling, owner } = deps;
  const parts = await scaling.partsOf(source.AutoScalingGroupName ?? '');
  if (!exists) await scaling.create(createInput(source, parts, clone, owner.tagPrefix));
  await copyParts(deps, source, parts, clone);
}

function createInput(
  source: AutoScalingGroup,
  parts: GroupParts,
  { name, template, images, targetGroups, tags }: Clone,
  prefix: string,
): CreateAutoScalingGroupType {
  const subnets = source.VPCZoneIdentifier ?? '';
  const others = (source.Tags ?? []).filter(({ Key = '' }) => !Key.startsWith('aws:') && !Key.startsWith(`${prefix}:`));
  return {
    ...(copiedFields(source) as Partial<CreateAutoScalingGroupType>),
    ...launchFrom(source, template, images),
    AutoScalingGroupName: name,
    MinSize: 0,
    MaxSize: source.MaxSize ?? 0,
    DesiredCapacity: 0,
    ...(subnets === '' && defined({ AvailabilityZones: source.AvailabilityZones })),
    ...(targetGroups.length > 0 && {
      TrafficSources: targetGroups.map((Identifier) => ({ Identifier, Type: 'elbv2' })),
    }),
    LifecycleHookSpecificationList: hooksToCopy(parts).map(
      ({ AutoScalingGroupName: _group, GlobalTimeout: _timeout, LifecycleHookName, LifecycleTransition, ...hook }) => {
        return { ...hook, LifecycleHookName: LifecycleHookName ?? '', LifecycleTransition: LifecycleTransition ?? '' };
      },
    ),
    Tags: [
      ...others.map(({ Key = '', Value = '', PropagateAtLaunch = false }) => ({ Key, Value, PropagateAtLaunch })),
      ...tags.map(({ key: Key, value: Value, propagates: PropagateAtLaunch }) => ({ Key, Value, PropagateAtLaunch })),
    ].map((tag) => ({ ...tag, ResourceId: name, ResourceType: 'auto-scaling-group' })),
  };
}

async function copyParts(
  deps: AutoScalingDeps,
  source: AutoScalingGroup,
  { policies, schedules, notifications }: GroupParts,
  { name, targetGroups: [to] }: Clone,
): Promise<void> {
  const { scaling } = deps;
  const from = source.TargetGroupARNs?.[0];
  const pair = from === undefined || to === undefined ? undefined : ([from, to] as const);
  const renamed: Renamed = { group: [source.AutoScalingGroupName ?? '', name], ...defined({ targetGroup: pair }) };
  const own = new Map<string, string>();
  for (const { PolicyARN = '', Alarms: _alarms, PolicyName = '', ...policy } of policies)
    own.set(
      PolicyARN,
      await scaling.putPolicy({ ...rewritten(policy, renamed), PolicyName, AutoScalingGroupName: name }),
    );
  const alarms = await alarmsOf(deps, { policies });
  for (const alarm of alarms) await (await deps.cloudwatch()).putMetricAlarm(clonedAlarm(alarm, renamed, own, alarms));
  const actions = schedules.flatMap((action) => scheduleOf(action, systemClock.now()));
  if (actions.length > 0) await scaling.putSchedules(name, actions);
  const topics = Map.groupBy(notifications, ({ TopicARN = '' }) => TopicARN);
  for (const [topic, all] of topics)
    await scaling.putNotification(
      name,
      topic,
      all.flatMap(({ NotificationType }) => NotificationType ?? []),
    );
  const metrics = (source.EnabledMetrics ?? []).flatMap(({ Metric }) => Metric ?? []);
  if (metrics.length > 0) await scaling.enableMetrics(name, metrics);
  const { Status: _status, ...warm } = source.WarmPoolConfiguration ?? {};
  if (source.WarmPoolConfiguration !== undefined) await scaling.putWarmPool({ ...warm, AutoScalingGroupName: name });
  const suspended = processesToSuspend(source);
  if (suspended.length > 0) await scaling.suspend(name, suspended);
}

/** A start time in the past is an error (API reference, PutScheduledUpdateGroupAction), and one that does not recur is over. */
function scheduleOf(action: GroupParts['schedules'][number], now: number) {
  const {
    ScheduledActionName = '',
    AutoScalingGroupName: _group,
    ScheduledActionARN: _arn,
    Time: _time,
    ...rest
  } = action;
  const { StartTime, ...others } = rest;
  const isPast = StartTime !== undefined && StartTime.getTime() <= now;
  if (isPast && rest.Recurrence === undefined) return [];
  return [{ ScheduledActionName, ...others, ...(isPast ? {} : defined({ StartTime })) }];
}
