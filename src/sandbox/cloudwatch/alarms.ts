import type {
  AlarmType,
  CompositeAlarm,
  DeleteAlarmsInput,
  DescribeAlarmsInput,
  LogAlarm,
  MetricAlarm,
  PutCompositeAlarmInput,
  PutLogAlarmInput,
  PutMetricAlarmInput,
  SetAlarmStateInput,
  StateValue,
} from '@aws-sdk/client-cloudwatch';
import { ACCOUNT } from '../ec2/state.ts';
import { ApiError, type StateOperation } from '../service.ts';
import { compositeState } from './composite.ts';
import { pointOf, type MetricSource } from './metrics.ts';

/** Alarms, evaluated when they are described: see src/sandbox/BEHAVIOUR.md, "CloudWatch". */

interface Alarm {
  readonly input: PutMetricAlarmInput | PutCompositeAlarmInput | PutLogAlarmInput;
  state: StateValue;
  reason: string;
  changedAt: number;
  /** The newest point of the evaluation; or what SetAlarmState says, for the policies that it runs (API reference, SetAlarmState). */
  value?: number | undefined;
  /** Set by hand, until the next evaluation. */
  setUntil: number;
}

export interface AlarmsState {
  readonly source: MetricSource;
  readonly region: string;
  readonly alarms: Map<string, Alarm>;
}

/** Alarms are evaluated once a minute. */
const MINUTE_MS = 60_000;

export const ALARM_OPERATIONS: Readonly<Record<string, StateOperation<AlarmsState>>> = {
  PutMetricAlarm: (state, input: PutMetricAlarmInput) => put(state, input),
  PutCompositeAlarm: (state, input: PutCompositeAlarmInput) => put(state, input),
  PutLogAlarm: (state, input: PutLogAlarmInput) => put(state, input),
  DescribeAlarms: describeAlarms,
  SetAlarmState: (state, input: SetAlarmStateInput) => {
    const { AlarmName = '', StateValue: value, StateReason = '', StateReasonData } = input;
    const alarm = state.alarms.get(AlarmName);
    if (alarm === undefined || value === undefined) throw new ApiError('ResourceNotFound', 'Unknown alarm.', 404);
    const now = state.source.now();
    change(alarm, value, StateReason, now);
    alarm.value = newestPoint(StateReasonData);
    alarm.setUntil = (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS;
    return {};
  },
  DeleteAlarms: (state, { AlarmNames = [] }: DeleteAlarmsInput) => {
    for (const name of AlarmNames) state.alarms.delete(name);
    return {};
  },
};

function put({ source, alarms }: AlarmsState, input: Alarm['input']): object {
  const name = input.AlarmName ?? '';
  const before = alarms.get(name);
  const start = { state: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', setUntil: 0 } as const;
  alarms.set(name, { ...start, changedAt: source.now(), ...before, input });
  return {};
}

/** Without `AlarmTypes` composite and log alarms are left out, as on AWS. */
function describeAlarms(state: AlarmsState, { AlarmNames, AlarmTypes = ['MetricAlarm'] }: DescribeAlarmsInput): object {
  const wanted = [...state.alarms.values()].filter(({ input }) => AlarmNames?.includes(input.AlarmName ?? '') ?? true);
  for (const alarm of wanted) evaluate(state, alarm);
  const shown = (type: AlarmType): object[] =>
    wanted
      .filter(({ input }) => typeOf(input) === type && AlarmTypes.includes(type))
      .map(({ input, state: StateValue, reason: StateReason, changedAt }) => {
        const at = new Date(changedAt);
        const times = { StateUpdatedTimestamp: at, StateTransitionedTimestamp: at };
        const AlarmArn = alarmArn(state, input.AlarmName);
        return { ...input, AlarmArn, StateValue, StateReason, ...times, ...suppressionOf(state, input, StateValue) };
      });
  return {
    MetricAlarms: shown('MetricAlarm'),
    CompositeAlarms: shown('CompositeAlarm'),
    LogAlarms: shown('LogAlarm'),
  } satisfies { MetricAlarms: MetricAlarm[]; CompositeAlarms: CompositeAlarm[]; LogAlarms: LogAlarm[] };
}

function alarmArn({ region }: AlarmsState, name = ''): string {
  return `arn:aws:cloudwatch:${region}:${ACCOUNT}:alarm:${name}`;
}

/** Alarms that do this when they go into ALARM, as other services name them. */
export function alarmsWith(state: AlarmsState, action: string): { AlarmName: string; AlarmARN: string }[] {
  const all = [...state.alarms.values()].filter(({ input }) => input.AlarmActions?.includes(action));
  return all.map(({ input: { AlarmName = '' } }) => ({ AlarmName, AlarmARN: alarmArn(state, AlarmName) }));
}

/** An alarm that is in ALARM. */
export interface Breach {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Of its metric; the threshold where the metric has none. */
  readonly value: number;
  readonly threshold: number;
}

/** Composite and log alarms run no scaling policies (CloudWatch user guide, "Alarm actions"). */
export function breachesOf(state: AlarmsState, action: string): readonly Breach[] {
  return [...state.alarms.values()].flatMap((alarm): readonly Breach[] => {
    const { input } = alarm;
    if (!isMetric(input) || input.ActionsEnabled === false || !input.AlarmActions?.includes(action)) return [];
    evaluate(state, alarm);
    const { Threshold: threshold = 0 } = input;
    return alarm.state === 'ALARM' ? [{ since: alarm.changedAt, value: alarm.value ?? threshold, threshold }] : [];
  });
}

function isMetric(input: Alarm['input']): input is PutMetricAlarmInput {
  return typeOf(input) === 'MetricAlarm';
}

/** `{ "recentDatapoints": [1, 2] }`, oldest first. */
function newestPoint(data: string | undefined): number | undefined {
  if (data === undefined) return undefined;
  try {
    const { recentDatapoints: points }: { recentDatapoints?: unknown } = JSON.parse(data) ?? {};
    const newest: unknown = Array.isArray(points) ? points.at(-1) : undefined;
    return typeof newest === 'number' ? newest : undefined;
  } catch {
    throw new ApiError('InvalidFormat', 'StateReasonData must be valid JSON.');
  }
}

function typeOf(input: Alarm['input']): AlarmType {
  if ('AlarmRule' in input) return 'CompositeAlarm';
  return 'ScheduledQueryConfiguration' in input ? 'LogAlarm' : 'MetricAlarm';
}

/** A composite alarm keeps its state, and does nothing about it, while its suppressor is in ALARM; the periods around it are not kept. */
function suppressionOf(state: AlarmsState, input: Alarm['input'], value: StateValue): Partial<CompositeAlarm> {
  const name = 'ActionsSuppressor' in input ? alarmName(input.ActionsSuppressor) : undefined;
  const suppressor = name === undefined ? undefined : state.alarms.get(name);
  if (suppressor === undefined || value !== 'ALARM') return {};
  evaluate(state, suppressor);
  if (suppressor.state !== 'ALARM') return {};
  return { ActionsSuppressedBy: 'Alarm', ActionsSuppressedReason: `Actions suppressed by ${name}` };
}

/** Of an alarm that is given by name, or by ARN. */
function alarmName(name = ''): string {
  return name.replace(/^arn:.*?:alarm:/, '');
}

function evaluate(state: AlarmsState, alarm: Alarm): void {
  const now = state.source.now();
  if (now < alarm.setUntil) return;
  if ('AlarmRule' in alarm.input) {
    const stateOf = (name: string): StateValue | undefined => {
      const other = state.alarms.get(alarmName(name));
      if (other !== undefined && other !== alarm) evaluate(state, other);
      return other?.state;
    };
    return change(alarm, compositeState(alarm.input.AlarmRule ?? '', stateOf), alarm.input.AlarmRule ?? '', now);
  }
  // There are no logs here: what SetAlarmState says.
  if (typeOf(alarm.input) === 'LogAlarm') return;
  const [value, reason, newest] = metricState(state.source, alarm.input, alarm.state);
  alarm.value = newest;
  change(alarm, value, reason, now);
}

function change(alarm: Alarm, value: StateValue, reason: string, now: number): void {
  if (alarm.state === value) return;
  Object.assign(alarm, { state: value, reason, changedAt: now });
}

/** M of the last N periods (CloudWatch user guide, "Evaluating an alarm" and "Configuring how alarms treat missing data"). */
function metricState(
  source: MetricSource,
  input: PutMetricAlarmInput,
  before: StateValue,
): [StateValue, string, (number | undefined)?] {
  const { Period = 60, EvaluationPeriods = 1, DatapointsToAlarm = EvaluationPeriods, TreatMissingData } = input;
  const ms = Period * 1000;
  const end = Math.floor((source.now() - source.delayMs()) / ms) * ms;
  const values = Array.from({ length: EvaluationPeriods }, (_, n) => {
    const from = end - (n + 1) * ms;
    const point = pointOf(source, input, [from, from + ms]);
    return input.ExtendedStatistic === undefined ? point?.Sum : point?.ExtendedStatistics?.[input.ExtendedStatistic];
  });
  const missing = values.filter((value) => value === undefined).length;
  const breaching = values.filter((value) => value !== undefined && isBreaching(value, input)).length;
  const counted = breaching + (TreatMissingData === 'breaching' ? missing : 0);
  const shown = values.map((value) => value ?? 'missing').join(', ');
  if (counted >= DatapointsToAlarm)
    return [
      'ALARM',
      `Threshold Crossed: ${counted} out of the last ${EvaluationPeriods} datapoints [${shown}].`,
      values.find((value) => value !== undefined),
    ];
  if (missing === EvaluationPeriods && (TreatMissingData ?? 'missing') === 'missing')
    return ['INSUFFICIENT_DATA', `Insufficient Data: ${missing} datapoints were unknown.`];
  if (missing === EvaluationPeriods && TreatMissingData === 'ignore') return [before, ''];
  return ['OK', `Threshold not crossed: [${shown}].`];
}

function isBreaching(value: number, { ComparisonOperator, Threshold = 0 }: PutMetricAlarmInput): boolean {
  switch (ComparisonOperator) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= Threshold;
    case 'LessThanThreshold':
      return value < Threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= Threshold;
    default:
      return value > Threshold;
  }
}
