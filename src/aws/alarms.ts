import type * as sdk from '@aws-sdk/client-cloudwatch';
import type { AlarmState } from '../domain/gates.ts';

/** An alarm of any type, as DescribeAlarms returns it. */
export type DescribedAlarm = sdk.MetricAlarm & sdk.CompositeAlarm & sdk.LogAlarm;

/** Words of a rule that name no alarm (CloudWatch API, PutCompositeAlarm; CloudWatch user guide, "Create a composite alarm"). */
const RULE_WORDS = new Set(['AND', 'OR', 'NOT', 'TRUE', 'FALSE', 'ALARM', 'OK', 'INSUFFICIENT_DATA', 'AT_LEAST']);

/** Names of the alarms on which a composite one rests; those of others are given by name or by ARN, with or without quotes. */
export function childrenOf({ AlarmRule: rule = '' }: Pick<DescribedAlarm, 'AlarmRule'>): readonly string[] {
  const words = [...rule.matchAll(/"([^"]*)"|[^\s()",]+/g)].flatMap(([word, quoted]) => {
    if (quoted !== undefined) return [quoted];
    return RULE_WORDS.has(word.toUpperCase()) || /^\d+%?$/.test(word) ? [] : [word];
  });
  return [...new Set(words.map((word) => word.replace(/^arn:[^"]*?:alarm:/, '')))];
}

/**
 * What is known of the alarm. A composite one shows a change once one of its children does, and its `OK` means nothing where none of
 * them has data, or where one could not be evaluated.
 * @param all the alarm's children and theirs, as far as they are there
 */
export function alarmState(name: string, all: ReadonlyMap<string, DescribedAlarm>): AlarmState {
  const alarm = all.get(name);
  if (alarm === undefined) return { name, state: 'not-found', why: '', needsS: 0, isPartial: false };
  const leaves = leavesOf(name, all);
  const { StateValue: state = 'INSUFFICIENT_DATA', StateReason = '', ActionsSuppressedReason } = alarm;
  const isBlind = leaves.every(({ StateValue }) => StateValue === 'INSUFFICIENT_DATA');
  const suppressed =
    ActionsSuppressedReason === undefined ? '' : ` Its actions are suppressed: ${ActionsSuppressedReason}`;
  return {
    name,
    state,
    why: `${StateReason}${suppressed}`,
    needsS: Math.max(0, ...leaves.map(lookBackS)),
    isPartial:
      [alarm, ...leaves].some(({ EvaluationState }) => EvaluationState !== undefined) || (state === 'OK' && isBlind),
  };
}

/** The alarms that look at data themselves. A rule may lead back to itself. */
function leavesOf(
  name: string,
  all: ReadonlyMap<string, DescribedAlarm>,
  seen: Set<string> = new Set(),
): readonly DescribedAlarm[] {
  const alarm = all.get(name);
  if (alarm === undefined || seen.has(name)) return [];
  seen.add(name);
  if (alarm.AlarmRule === undefined) return [alarm];
  return childrenOf(alarm).flatMap((child) => leavesOf(child, all, seen));
}

/**
 * Seconds of data that an alarm evaluates: periods of a metric, or of the metrics and queries of an expression (`MetricDataQuery`); the
 * pending period of a PromQL query; results of a scheduled query of logs.
 */
function lookBackS(alarm: DescribedAlarm): number {
  const { Period, Metrics = [], EvaluationPeriods = 0, EvaluationCriteria, EvaluationInterval = 0 } = alarm;
  const { ScheduledQueryConfiguration, QueryResultsToEvaluate = 1 } = alarm;
  const promQl = EvaluationCriteria?.PromQLCriteria;
  if (promQl !== undefined) return (promQl.PendingPeriod ?? 0) + EvaluationInterval;
  if (ScheduledQueryConfiguration !== undefined) {
    const { ScheduleExpression, StartTimeOffset = 0 } = ScheduledQueryConfiguration.ScheduleConfiguration ?? {};
    return rateS(ScheduleExpression) * QueryResultsToEvaluate + StartTimeOffset;
  }
  const periods = Metrics.map((query) => query.MetricStat?.Period ?? query.Period ?? 0);
  return Math.max(Period ?? 0, ...periods) * EvaluationPeriods;
}

const UNITS_S: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** `rate(5 minutes)`. */
function rateS(expression = ''): number {
  const [, value = '0', unit = ''] = /^rate\((\d+)\s+(minute|hour|day)s?\)$/.exec(expression.trim()) ?? [];
  return Number(value) * (UNITS_S[unit] ?? 0);
}
