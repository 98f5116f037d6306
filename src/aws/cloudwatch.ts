import * as sdk from '@aws-sdk/client-cloudwatch';
import type { AlarmState } from '../domain/gates.ts';
import type { Send, Session } from './session.ts';

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Load balancers report metrics once a minute (ELB user guides, CloudWatch metrics). */
const PERIOD_S = 60;

/** Names of one request (CloudWatch API, DescribeAlarms). */
const ALARMS_MAX = 100;

/** The CloudWatch calls that turnout makes. Errors are `OperatorError`s. */
export class CloudWatch {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('cloudwatch', new sdk.CloudWatchClient(session.clientConfig()));
  }

  /**
   * A statistic of the metric by minute, between two times, in milliseconds since the epoch; only minutes with data.
   * @param statistic `Sum`, or a percentile such as `p99`
   */
  async points(
    { namespace, name, dimensions }: Metric,
    statistic: 'Sum' | `p${number}`,
    fromMs: number,
    toMs: number,
  ): Promise<ReadonlyMap<number, number>> {
    const { Datapoints = [] } = await this.#send(
      new sdk.GetMetricStatisticsCommand({
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        StartTime: new Date(fromMs),
        EndTime: new Date(toMs),
        Period: PERIOD_S,
        ...(statistic === 'Sum' ? { Statistics: ['Sum'] } : { ExtendedStatistics: [statistic] }),
      }),
    );
    return new Map(
      Datapoints.map(({ Timestamp, Sum, ExtendedStatistics }) => [
        Timestamp?.getTime() ?? 0,
        Sum ?? ExtendedStatistics?.[statistic] ?? 0,
      ]),
    );
  }

  /** The state of these alarms, of whatever type: without `AlarmTypes` only metric alarms are told (CloudWatch API, DescribeAlarms). */
  async alarms(names: readonly string[]): Promise<readonly AlarmState[]> {
    const found = await this.#send(
      new sdk.DescribeAlarmsCommand({
        AlarmNames: names.slice(0, ALARMS_MAX),
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm', 'LogAlarm'],
        MaxRecords: ALARMS_MAX,
      }),
    );
    const all = [...(found.MetricAlarms ?? []), ...(found.CompositeAlarms ?? []), ...(found.LogAlarms ?? [])];
    return names.map((name) => {
      const alarm = all.find(({ AlarmName }) => AlarmName === name);
      return alarm === undefined
        ? { name, state: 'not-found', why: '', needsS: 0, isPartial: false }
        : stateOf(name, alarm);
    });
  }

  /** Sum of the metric between two times, in milliseconds since the epoch. A minute without data counts as 0. */
  async sum({ namespace, name, dimensions }: Metric, fromMs: number, toMs: number): Promise<number> {
    const points = await this.points({ namespace, name, dimensions }, 'Sum', fromMs, toMs);
    return [...points.values()].reduce((sum, value) => sum + value, 0);
  }
}

/** `Period` times `EvaluationPeriods` is what an alarm looks back (CloudWatch user guide, evaluating an alarm). */
function stateOf(name: string, alarm: sdk.MetricAlarm & sdk.CompositeAlarm & sdk.LogAlarm): AlarmState {
  const {
    StateValue = 'INSUFFICIENT_DATA',
    StateReason = '',
    Period = 0,
    EvaluationPeriods = 0,
    EvaluationState,
  } = alarm;
  return {
    name,
    state: StateValue,
    why: StateReason,
    needsS: Period * EvaluationPeriods,
    isPartial: EvaluationState !== undefined,
  };
}
