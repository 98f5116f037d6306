import type { Datapoint, GetMetricStatisticsCommandOutput, GetMetricStatisticsInput } from '@aws-sdk/client-cloudwatch';
import type { EmulatedElbv2 } from '../elbv2/index.ts';
import { ApiError, type Service } from '../service.ts';

export type CloudWatchOptions = Pick<EmulatedElbv2, 'requests'>;

/** CloudWatch with one metric, the RequestCount of load balancers. For its behaviour see src/sandbox/BEHAVIOUR.md, "CloudWatch". */
export function createCloudWatch(elbv2: CloudWatchOptions): Service {
  return {
    id: 'cloudwatch',
    operations: {
      GetMetricStatistics: (input: GetMetricStatisticsInput): Partial<GetMetricStatisticsCommandOutput> => ({
        Label: input.MetricName,
        Datapoints: datapoints(input, elbv2),
      }),
    },
    close: async () => {},
  };
}

/** One datapoint for each period with requests. */
function datapoints(input: GetMetricStatisticsInput, { requests }: CloudWatchOptions): Datapoint[] {
  const [from, to, period] = periodOf(input);
  const [loadBalancer, targetGroup] = namesIn(input);
  if (loadBalancer === undefined || targetGroup === undefined) return [];
  const points: Datapoint[] = [];
  for (let at = from; at < to; at += period) {
    const Sum = requests(loadBalancer, targetGroup, at, Math.min(at + period, to));
    if (Sum > 0) points.push({ Timestamp: new Date(at), Unit: 'Count', ...(includesSum(input) && { Sum }) });
  }
  return points;
}

function includesSum({ Statistics }: GetMetricStatisticsInput): boolean {
  return Statistics?.includes('Sum') === true;
}

/** Limit of one request (CloudWatch API, GetMetricStatistics). */
const DATAPOINTS_MAX = 1440;

function periodOf({ StartTime, EndTime, Period = 0 }: GetMetricStatisticsInput): readonly [number, number, number] {
  const [from, to, period] = [StartTime?.getTime() ?? 0, EndTime?.getTime() ?? 0, Period * 1000];
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

/** Names of the load balancer and the target group; the dimensions are the last parts of their ARNs. */
function namesIn({
  Namespace,
  MetricName,
  Dimensions = [],
}: GetMetricStatisticsInput): readonly (string | undefined)[] {
  if (Namespace !== 'AWS/ApplicationELB' || MetricName !== 'RequestCount' || Dimensions.length !== 2) return [];
  const valueOf = (name: string): string => Dimensions.find(({ Name }) => Name === name)?.Value ?? '';
  return [
    /^app\/([^/]+)\//.exec(valueOf('LoadBalancer'))?.[1],
    /^targetgroup\/([^/]+)\//.exec(valueOf('TargetGroup'))?.[1],
  ];
}
