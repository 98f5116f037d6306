import type { AutoScalingGroup, GroupParts } from '../../aws/autoscaling.ts';
import type { MetricAlarm, PutMetricAlarmInput } from '../../aws/cloudwatch.ts';
import { list, sentences } from '../../domain/text.ts';
import type { AutoScalingDeps } from './groups.ts';
import { rewritten, type Renamed } from './rewrite.ts';

/**
 * The alarms that run step and simple policies, for a clone. Target tracking and predictive scaling make their own (user guide, target
 * tracking scaling policies), which are not copied.
 */

/** Whether the request that makes an alarm has that member. One that is new in the SDK does not compile until it is known here. */
const FIELDS: Readonly<Record<keyof MetricAlarm, boolean>> = {
  AlarmName: true,
  AlarmArn: false,
  AlarmDescription: true,
  AlarmConfigurationUpdatedTimestamp: false,
  ActionsEnabled: true,
  OKActions: true,
  AlarmActions: true,
  InsufficientDataActions: true,
  StateValue: false,
  StateReason: false,
  StateReasonData: false,
  StateUpdatedTimestamp: false,
  StateTransitionedTimestamp: false,
  EvaluationState: false,
  MetricName: true,
  Namespace: true,
  Statistic: true,
  ExtendedStatistic: true,
  Dimensions: true,
  Period: true,
  Unit: true,
  EvaluationPeriods: true,
  DatapointsToAlarm: true,
  Threshold: true,
  ComparisonOperator: true,
  TreatMissingData: true,
  EvaluateLowSampleCountPercentile: true,
  Metrics: true,
  ThresholdMetricId: true,
  EvaluationWindow: true,
  WarmUpConfiguration: true,
  EvaluationCriteria: true,
  EvaluationInterval: true,
  ActionConfiguration: true,
};

/** Names of the alarms that run the group's step and simple policies. */
function alarmNames({ policies }: Pick<GroupParts, 'policies'>): readonly string[] {
  const run = policies.filter(({ PolicyType = '' }) => /^(Step|Simple)/.test(PolicyType));
  return [...new Set(run.flatMap(({ Alarms = [] }) => Alarms.flatMap(({ AlarmName }) => AlarmName ?? [])))];
}

/** The group's alarms, and those of their names that are no metric alarms. One request for 100 of them; none where there are none. */
export async function alarmsOf(
  { cloudwatch }: AutoScalingDeps,
  parts: Pick<GroupParts, 'policies'>,
): Promise<readonly MetricAlarm[]> {
  const names = alarmNames(parts);
  return names.length === 0 ? [] : (await cloudwatch()).metricAlarms(names);
}

/** The same each time, and beginning with the name of the group: so a policy of IAM can name them. No two get the same one. */
function alarmName(name: string, { group: [from, to] }: Renamed, all: readonly MetricAlarm[]): string {
  const bare = name.startsWith(`${from}-`) ? name.slice(from.length + 1) : name;
  const isTaken = bare !== name && all.some(({ AlarmName }) => AlarmName === bare);
  return `${to}-${isTaken ? name : bare}`.slice(0, 255);
}

/**
 * @param policies ARNs of the clone's policies, by those of the group's
 * @param all the group's alarms
 */
export function clonedAlarm(
  alarm: MetricAlarm,
  renamed: Renamed,
  policies: ReadonlyMap<string, string>,
  all: readonly MetricAlarm[],
): PutMetricAlarmInput {
  const kept = Object.entries(alarm).filter(([key, value]) => FIELDS[key as keyof MetricAlarm] && value !== undefined);
  const same = rewritten(Object.fromEntries(kept) as Partial<PutMetricAlarmInput>, renamed);
  const acts = (arns: readonly string[] = []): string[] => arns.map((one) => policies.get(one) ?? one);
  return {
    ...same,
    AlarmName: alarmName(alarm.AlarmName ?? '', renamed, all),
    EvaluationPeriods: alarm.EvaluationPeriods,
    ComparisonOperator: alarm.ComparisonOperator,
    AlarmActions: acts(alarm.AlarmActions),
    OKActions: acts(alarm.OKActions),
    InsufficientDataActions: acts(alarm.InsufficientDataActions),
  };
}

/** Those that run policies of the clone; AWS deletes only alarms that do nothing else (API reference, DeleteAutoScalingGroup). */
export async function deleteAlarms({ cloudwatch, scaling }: AutoScalingDeps, clone: string): Promise<void> {
  const own = alarmNames({ policies: await scaling.policies(clone) }).filter((name) => name.startsWith(`${clone}-`));
  if (own.length > 0) await (await cloudwatch()).deleteAlarms(own);
}

/** What the plan says of the alarms that a clone gets, and of those that it does not. */
export function alarmNotes(
  { AutoScalingGroupName: name = '' }: AutoScalingGroup,
  parts: Pick<GroupParts, 'policies'>,
  alarms: readonly MetricAlarm[],
): readonly string[] {
  const found = new Set(alarms.map(({ AlarmName }) => AlarmName));
  const missing = alarmNames(parts).filter((one) => !found.has(one));
  const unknown = [...new Set(alarms.flatMap((alarm) => Object.keys(alarm).filter((key) => !(key in FIELDS))))];
  const shared = alarms.filter(({ AlarmActions = [] }) =>
    AlarmActions.some((arn) => arn.includes(':autoscaling:') && !arn.includes(`autoScalingGroupName/${name}:`)),
  );
  return sentences(
    missing.length > 0 && `Not copied: ${list(missing)}, which ${missing.length === 1 ? 'is' : 'are'} no metric alarm.`,
    unknown.length > 0 && `Not copied, as turnout does not know it: ${list(unknown)} of alarms of ${name}.`,
    shared.length > 0 &&
      `${list(shared.map(({ AlarmName = '' }) => AlarmName))} of ${name} runs policies of other groups as well: so does the clone's.`,
    alarms.length > 0 && `Not copied: the tags of its alarms.`,
  );
}
