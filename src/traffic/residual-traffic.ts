import type { CloudWatch, Metric } from '../aws/cloudwatch.ts';
import type { Session } from '../aws/session.ts';
import { OperatorError } from '../errors.ts';
import type { ResidualTrafficConfig } from '../config/config.ts';
import type { ResidualTraffic } from '../domain/traffic.ts';
import type { Settings } from './target-groups.ts';

/** Where requests are counted, and what time it is there. */
export interface Counter {
  /** Loaded when it is needed: only `cleanup` and `status` ask. */
  readonly cloudwatch: () => Promise<Pick<CloudWatch, 'sum'>>;
  readonly now: () => number;
}

export function counterOf(session: Session): Counter {
  const cloudwatch = async () => new (await import('../aws/cloudwatch.ts')).CloudWatch(session);
  return { cloudwatch, now: () => session.clock.now() };
}

/** Requests that reached the groups lately. What AWS refuses to tell is unreadable; an outage is an error as anywhere. */
export async function countResidual(
  { cloudwatch, now }: Counter,
  groups: readonly Settings[],
  { withinMs }: ResidualTrafficConfig,
): Promise<ResidualTraffic> {
  const withinS = withinMs / 1000;
  const metrics = groups.flatMap((one) => metricsOf(one).map((metric) => [one.name, metric] as const));
  if (metrics.length === 0) return { state: 'counted', requests: {}, withinS };
  const counter = await cloudwatch();
  const toMs = now();
  try {
    const sums = await Promise.all(
      metrics.map(async ([name, metric]) => [name, await counter.sum(metric, toMs - withinMs, toMs)] as const),
    );
    return { state: 'counted', requests: Object.fromEntries(sums), withinS };
  } catch (error) {
    if (!(error instanceof OperatorError) || error.transient) throw error;
    return { state: 'unreadable', why: error.message, next: error.next };
  }
}

/**
 * A group belongs to at most one load balancer. Application Load Balancers count requests by group, Network Load Balancers
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
