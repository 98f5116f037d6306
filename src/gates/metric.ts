import type { CloudWatch, Metric } from '../aws/cloudwatch.ts';
import { defined } from '../domain/defined.ts';
import type { Gate, Judged } from '../domain/gates.ts';
import type { Counts } from '../domain/statistics.ts';
import { inconclusive, judgeLatency, worst, type LatencyMinute } from '../domain/verdicts.ts';
import type { Occasion, Side } from './gates.ts';
import { judgeCounts, settledMinutes, type Window } from './shares.ts';

type ComparedGate = Extract<Gate, { kind: 'probe' | 'metric' }>;
type Points = Pick<CloudWatch, 'points'>;

/** What ALB counts by target group, of both sides over the same settled minutes. */
export async function judgeMetric(gate: ComparedGate, occasion: Occasion, cloudwatch: Points): Promise<Judged> {
  const window = settledMinutes(occasion);
  if (window === undefined) return inconclusive('no minute is settled yet');
  const { green, blue } = occasion;
  const [own, others] = await Promise.all([
    countsOf(green, window, cloudwatch),
    blue && countsOf(blue, window, cloudwatch),
  ]);
  const errors = judgeCounts(own, others, gate, window);
  const { latency } = gate;
  if (latency === undefined || blue === undefined) return errors;
  const percentile = `p${latency.percentile}` as const;
  const [ownTimes, otherTimes] = await Promise.all([
    timesOf(green, window, percentile, cloudwatch),
    timesOf(blue, window, percentile, cloudwatch),
  ]);
  const minutes = [...ownTimes.keys()]
    .toSorted((a, b) => a - b)
    .map((at): LatencyMinute => {
      return defined({ green: ownTimes.get(at), blue: otherTimes.get(at) });
    });
  return worst([errors, judgeLatency(minutes, latency)]);
}

/**
 * 5XX answers of targets are not those where a target could not be reached, or closed the connection; both are reported only when there
 * are some, and a minute without RequestCount has no data at all (ALB user guide, CloudWatch metrics).
 */
async function countsOf(side: Side, window: Window, cloudwatch: Points): Promise<Counts> {
  const sum = async (name: string): Promise<number> => {
    const all = await Promise.all(
      metricsOf(side, name).map(async (metric) => cloudwatch.points(metric, 'Sum', window.from, window.to)),
    );
    return all.flatMap((points) => [...points.values()]).reduce((total, value) => total + value, 0);
  };
  const [requests, answered, unreached] = await Promise.all(
    ['RequestCount', 'HTTPCode_Target_5XX_Count', 'TargetConnectionErrorCount'].map(sum),
  );
  return { requests: requests!, failed: Math.min(requests!, answered! + unreached!) };
}

/** By the minute; the slowest of its target groups, since percentiles cannot be added up. */
async function timesOf(side: Side, window: Window, percentile: `p${number}`, cloudwatch: Points) {
  const all = await Promise.all(
    metricsOf(side, 'TargetResponseTime').map(async (metric) =>
      cloudwatch.points(metric, percentile, window.from, window.to),
    ),
  );
  const slowest = new Map<number, number>();
  for (const [at, value] of all.flatMap((points) => [...points]))
    slowest.set(at, Math.max(slowest.get(at) ?? 0, value * 1000));
  return slowest;
}

/** Dimensions are the ends of ARNs. */
function metricsOf({ pools }: Side, name: string): readonly Metric[] {
  return pools.flatMap(({ arn, loadBalancers = [] }) =>
    loadBalancers
      .map((one) => one.split(':loadbalancer/')[1] ?? '')
      .filter((one) => one.startsWith('app/'))
      .map((LoadBalancer) => {
        const dimensions = { LoadBalancer, TargetGroup: arn.split(':').at(-1) ?? '' };
        return { namespace: 'AWS/ApplicationELB', name, dimensions };
      }),
  );
}
