import * as sdk from '@aws-sdk/client-cloudwatch';
import type { MetricAlarm, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { AlarmState } from '../domain/gates.ts';
import { alarmState, childrenOf, type DescribedAlarm } from './alarms.ts';
import { chunk } from './batches.ts';
import type { Send, Session } from './session.ts';

export type { MetricAlarm, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Load balancers report metrics once a minute (ELB user guides, CloudWatch metrics). */
const PERIOD_S = 60;

/** Usage is reported every few minutes. */
const USAGE_PERIOD_S = 300;
const USAGE_WITHIN_MS = 30 * 60_000;

/** Names of one request (CloudWatch API, DescribeAlarms). */
const ALARMS_MAX = 100;

/** The CloudWatch calls that turnout makes. Errors are `OperatorError`s. */
export class CloudWatch {
  readonly #send: Send;
  readonly #now: () => number;

  constructor(session: Session) {
    this.#send = session.connect('cloudwatch', new sdk.CloudWatchClient(session.clientConfig()));
    this.#now = () => session.clock.now();
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

  /**
   * What is used of a quota that has this usage metric, and the quota, as they were a few minutes ago; undefined where CloudWatch has neither
   * (CloudWatch user guide, metric math, `SERVICE_QUOTA`).
   */
  async quota({
    namespace,
    name,
    dimensions,
  }: Metric): Promise<{ used: number; most: number; at: number } | undefined> {
    const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
    const Metric = { Namespace: namespace, MetricName: name, Dimensions };
    const now = this.#now();
    const { MetricDataResults: results = [] } = await this.#send(
      new sdk.GetMetricDataCommand({
        MetricDataQueries: [
          { Id: 'used', MetricStat: { Metric, Period: USAGE_PERIOD_S, Stat: 'Maximum' } },
          { Id: 'most', Expression: 'SERVICE_QUOTA(used)' },
        ],
        StartTime: new Date(now - USAGE_WITHIN_MS),
        EndTime: new Date(now),
        ScanBy: 'TimestampDescending',
      }),
    );
    const newest = (id: string) => results.find((one) => one.Id === id);
    const [used, most] = [newest('used')?.Values?.[0], newest('most')?.Values?.[0]];
    if (used === undefined || most === undefined) return undefined;
    return { used, most, at: newest('used')?.Timestamps?.[0]?.getTime() ?? now };
  }

  /** The state of these alarms, of whatever type. One request for 100 of them, and for each level of composite ones. */
  async alarms(names: readonly string[]): Promise<readonly AlarmState[]> {
    const known = new Map<string, DescribedAlarm>();
    for (let asked = [...new Set(names)]; asked.length > 0;) {
      const found = await this.#describe(asked);
      for (const alarm of found) known.set(alarm.AlarmName ?? '', alarm);
      asked = [...new Set(found.flatMap(childrenOf))].filter((name) => !known.has(name) && !asked.includes(name));
    }
    return names.map((name) => alarmState(name, known));
  }

  /** The metric alarms of these names. One request for 100 of them. */
  async metricAlarms(names: readonly string[]): Promise<readonly MetricAlarm[]> {
    return this.#describe(names, ['MetricAlarm']);
  }

  /** Makes the alarm, or makes it like this (CloudWatch API, PutMetricAlarm). */
  async putMetricAlarm(input: PutMetricAlarmInput): Promise<void> {
    await this.#send(new sdk.PutMetricAlarmCommand(input));
  }

  /** Those that are not there are no error (CloudWatch API, DeleteAlarms). One request for 100 of them. */
  async deleteAlarms(names: readonly string[]): Promise<void> {
    for (const AlarmNames of chunk(names, ALARMS_MAX)) await this.#send(new sdk.DeleteAlarmsCommand({ AlarmNames }));
  }

  /** Without `AlarmTypes` only metric alarms are returned (CloudWatch API, DescribeAlarms). */
  async #describe(
    names: readonly string[],
    AlarmTypes: sdk.AlarmType[] = ['MetricAlarm', 'CompositeAlarm', 'LogAlarm'],
  ): Promise<readonly DescribedAlarm[]> {
    const pages = await Promise.all(
      chunk(names, ALARMS_MAX).map(async (AlarmNames) =>
        this.#send(new sdk.DescribeAlarmsCommand({ AlarmNames, AlarmTypes, MaxRecords: ALARMS_MAX })),
      ),
    );
    return pages.flatMap(({ MetricAlarms = [], CompositeAlarms = [], LogAlarms = [] }) => [
      ...MetricAlarms,
      ...CompositeAlarms,
      ...LogAlarms,
    ]);
  }

  /** Sum of the metric between two times, in milliseconds since the epoch. A minute without data counts as 0. */
  async sum({ namespace, name, dimensions }: Metric, fromMs: number, toMs: number): Promise<number> {
    const points = await this.points({ namespace, name, dimensions }, 'Sum', fromMs, toMs);
    return [...points.values()].reduce((sum, value) => sum + value, 0);
  }
}
