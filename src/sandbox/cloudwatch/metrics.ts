import type { Datapoint, Dimension } from '@aws-sdk/client-cloudwatch';
import type { CountedMetric, RequestCounts } from '../balancer/counts.ts';

/** What is known of one metric. */
export interface MetricSource {
  readonly counts: Pick<RequestCounts, 'sum' | 'times'>;
  readonly now: () => number;
  /** How late a point appears, in milliseconds. */
  readonly delayMs: () => number;
  /** vCPUs of a class of EC2's usage metrics, such as `Standard/OnDemand`, and their quota. */
  readonly usage: (name: string) => { readonly used: number; readonly most: number };
}

export interface MetricQuery {
  readonly Namespace?: string | undefined;
  readonly MetricName?: string | undefined;
  readonly Dimensions?: readonly Dimension[] | undefined;
}

const COUNTED: Readonly<Record<CountedMetric, true>> = {
  RequestCount: true,
  HTTPCode_Target_5XX_Count: true,
  TargetConnectionErrorCount: true,
};

/** The point of a period; undefined without data, and as long as it has not appeared. */
export function pointOf(
  { counts, now, delayMs }: MetricSource,
  query: MetricQuery,
  [from, to]: readonly [number, number],
): Datapoint | undefined {
  const names = namesIn(query);
  if (names === undefined || (delayMs() > 0 && to > now() - delayMs())) return undefined;
  const Timestamp = new Date(from);
  if (query.MetricName === 'TargetResponseTime') {
    const times = counts.times(...names, from, to);
    if (times.length === 0) return undefined;
    const at = (percent: number): number => times[Math.max(0, Math.ceil((times.length * percent) / 100) - 1)] ?? 0;
    const ExtendedStatistics = { p50: at(50), p90: at(90), p99: at(99) };
    return { Timestamp, Unit: 'Seconds', ExtendedStatistics };
  }
  const Sum = counts.sum(...names, from, to, query.MetricName as CountedMetric);
  return Sum > 0 ? { Timestamp, Unit: 'Count', Sum } : undefined;
}

/** Names of the load balancer and the target group; the dimensions are the last parts of their ARNs. */
function namesIn({ Namespace, MetricName = '', Dimensions = [] }: MetricQuery): [string, string] | undefined {
  const isKnown = Object.hasOwn(COUNTED, MetricName) || MetricName === 'TargetResponseTime';
  if (Namespace !== 'AWS/ApplicationELB' || !isKnown || Dimensions.length !== 2) return undefined;
  const valueOf = (name: string): string => Dimensions.find(({ Name }) => Name === name)?.Value ?? '';
  const loadBalancer = /^app\/([^/]+)\//.exec(valueOf('LoadBalancer'))?.[1];
  const targetGroup = /^targetgroup\/([^/]+)\//.exec(valueOf('TargetGroup'))?.[1];
  return loadBalancer === undefined || targetGroup === undefined ? undefined : [loadBalancer, targetGroup];
}
