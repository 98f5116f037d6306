import type { CloudWatch, Metric } from '../../aws/cloudwatch.ts';
import { OperatorError } from '../../errors.ts';
import type { ResidualTrafficConfig } from '../../config/config.ts';
import type { Tail } from '../../domain/snapshot.ts';
import type { Settings } from '../compatibility.ts';

/** Where requests are counted, and what time it is there. */
export interface Counter {
  /** Loaded when it is needed: only `cleanup` and `status` ask. */
  readonly cloudwatch: () => Promise<Pick<CloudWatch, 'sum'>>;
  readonly now: () => number;
}

/** What came to the groups lately. What AWS refuses to tell is unknown; an outage is an error as anywhere. */
export async function readTail(
  { cloudwatch, now }: Counter,
  groups: readonly Settings[],
  { requests: most, withinMs }: ResidualTrafficConfig,
): Promise<Tail> {
  const bare = { withinS: withinMs / 1000, most };
  const metrics = groups.flatMap((one) => metricsOf(one).map((metric) => [one.name, metric] as const));
  if (metrics.length === 0) return { ...bare, requests: {} };
  const counter = await cloudwatch();
  const toMs = now();
  try {
    const sums = await Promise.all(
      metrics.map(async ([name, metric]) => [name, await counter.sum(metric, toMs - withinMs, toMs)] as const),
    );
    return { ...bare, requests: Object.fromEntries(sums) };
  } catch (error) {
    if (!(error instanceof OperatorError) || error.transient) throw error;
    return { ...bare, requests: {}, unknown: error.message };
  }
}

/**
 * A group belongs to one load balancer at the most. Application Load Balancers count requests by group, Network Load Balancers
 * new flows by load balancer (their user guides, CloudWatch metrics); dimensions are the ends of ARNs.
 */
function metricsOf({ arn, group }: Settings): readonly Metric[] {
  const [loadBalancer] = (group.LoadBalancerArns ?? []).map((one) => one.split(':loadbalancer/')[1] ?? '');
  if (loadBalancer === undefined) return [];
  if (loadBalancer.startsWith('net/'))
    return [{ namespace: 'AWS/NetworkELB', name: 'NewFlowCount', dimensions: { LoadBalancer: loadBalancer } }];
  const dimensions = { LoadBalancer: loadBalancer, TargetGroup: arn.split(':').at(-1) ?? '' };
  return [{ namespace: 'AWS/ApplicationELB', name: 'RequestCount', dimensions }];
}
