import type {
  GetMetricDataInput,
  GetMetricDataOutput,
  MetricDataQuery,
  MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import { ApiError } from '../service.ts';
import type { MetricSource } from './metrics.ts';

/** GetMetricData: usage of vCPUs, and `SERVICE_QUOTA` of it (CloudWatch user guide, "AWS usage metrics" and "Using metric math"). */
export function getMetricData({ now, usage }: MetricSource, input: GetMetricDataInput): GetMetricDataOutput {
  const { MetricDataQueries: queries = [] } = input;
  const byId = new Map(queries.map((query) => [query.Id ?? '', query]));
  const at = new Date(Math.floor(now() / MINUTE_MS) * MINUTE_MS);
  const results = queries.map((query): MetricDataResult => {
    const quotaOf = /^SERVICE_QUOTA\((\w+)\)$/.exec(query.Expression ?? '')?.[1];
    const asked = quotaOf === undefined ? query : byId.get(quotaOf);
    const name = asked && classIn(asked);
    const found = name === undefined ? undefined : usage(name);
    const value = quotaOf === undefined ? found?.used : found?.most;
    const points = value === undefined ? { Timestamps: [], Values: [] } : { Timestamps: [at], Values: [value] };
    return { Id: query.Id, Label: query.Id, StatusCode: 'Complete', ...points };
  });
  return { MetricDataResults: results, Messages: [] };
}

const MINUTE_MS = 60_000;

function classIn({ MetricStat, Expression }: MetricDataQuery): string | undefined {
  if (Expression !== undefined) throw new ApiError('ValidationError', `The sandbox does not know ${Expression}.`);
  const { Namespace, MetricName, Dimensions = [] } = MetricStat?.Metric ?? {};
  const { Class, Service, Resource } = Object.fromEntries(Dimensions.map(({ Name = '', Value }) => [Name, Value]));
  const isVcpus =
    Namespace === 'AWS/Usage' && MetricName === 'ResourceCount' && Service === 'EC2' && Resource === 'vCPU';
  return isVcpus ? Class : undefined;
}
