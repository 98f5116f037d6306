import type {
  Datapoint,
  GetMetricDataInput,
  GetMetricStatisticsCommandOutput,
  GetMetricStatisticsInput,
} from '@aws-sdk/client-cloudwatch';
import { SLICE_MS } from '../balancer/counts.ts';
import { ApiError, bindOperations, type Service } from '../service.ts';
import { withoutUndefined } from '../records.ts';
import { ALARM_OPERATIONS, alarmsWith, breachesOf, type AlarmsState, type Breach } from './alarms.ts';
import { getMetricData } from './data.ts';
import { pointOf, type MetricSource } from './metrics.ts';

export interface EmulatedCloudWatch extends Service {
  /** Alarms that do this, by its ARN. */
  alarmsWith(action: string): { AlarmName: string; AlarmARN: string }[];
  /** Those of them that are in ALARM, and may act. */
  breachesOf(action: string): readonly Breach[];
}

/** CloudWatch with ALB's metrics by target group, and alarms on them. For its behaviour see src/sandbox/BEHAVIOUR.md, "CloudWatch". */
export function createCloudWatch(source: MetricSource, region: string): EmulatedCloudWatch {
  const alarms: AlarmsState = { source, region, alarms: new Map() };
  return {
    alarmsWith: (action) => alarmsWith(alarms, action),
    breachesOf: (action) => breachesOf(alarms, action),
    id: 'cloudwatch',
    operations: {
      GetMetricStatistics: (input: GetMetricStatisticsInput): Partial<GetMetricStatisticsCommandOutput> => ({
        Label: input.MetricName,
        Datapoints: datapoints(input, source),
      }),
      GetMetricData: (input: GetMetricDataInput) => getMetricData(source, input),
      ...bindOperations(alarms, ALARM_OPERATIONS),
    },
    close: async () => {},
  };
}

/** One datapoint for each period with data. */
function datapoints(input: GetMetricStatisticsInput, source: MetricSource): Datapoint[] {
  const [from, to, period] = periodOf(input);
  const { Statistics = [], ExtendedStatistics: percentiles = [] } = input;
  const points: Datapoint[] = [];
  for (let at = from; at < to; at += period) {
    const point = pointOf(source, input, [at, Math.min(at + period, to)]);
    if (point === undefined) continue;
    const { Sum, ExtendedStatistics, ...rest } = point;
    const wanted = Object.entries(ExtendedStatistics ?? {}).filter(([name]) => percentiles.includes(name));
    points.push(
      withoutUndefined({
        ...rest,
        Sum: Statistics.includes('Sum') ? Sum : undefined,
        ExtendedStatistics: wanted.length > 0 ? Object.fromEntries(wanted) : undefined,
      }),
    );
  }
  return points;
}

/** Limit of one request (CloudWatch API, GetMetricStatistics). */
const DATAPOINTS_MAX = 1440;

function periodOf({ StartTime, EndTime, Period = 0 }: GetMetricStatisticsInput): readonly [number, number, number] {
  const [start, to, period] = [StartTime?.getTime() ?? 0, EndTime?.getTime() ?? 0, Period * 1000];
  // Else what was counted where two periods meet would be in both.
  const from = Math.floor(start / SLICE_MS) * SLICE_MS;
  if (from >= to) throw invalidParameters('Value', 'The parameter StartTime must be less than the parameter EndTime.');
  if (Period < 60 || Period % 60 !== 0)
    throw invalidParameters('Value', `The parameter Period must be a multiple of 60; it is ${Period}.`);
  const wanted = Math.ceil((to - from) / period);
  if (wanted > DATAPOINTS_MAX)
    throw invalidParameters(
      'Combination',
      `You have requested up to ${wanted} datapoints, which exceeds the limit of ${DATAPOINTS_MAX}.`,
    );
  return [from, to, period];
}

function invalidParameters(what: 'Value' | 'Combination', message: string): ApiError {
  return new ApiError(`InvalidParameter${what}`, message);
}
