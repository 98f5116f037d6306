import type { Clock } from '../../clock.ts';

/** ALB's metrics by load balancer and target group, under CloudWatch's names. */
export type CountedMetric = 'RequestCount' | 'HTTPCode_Target_5XX_Count' | 'TargetConnectionErrorCount';

/** Called once the response of a request has ended; `error` is a `TrafficError`, or empty. */
export type RequestEnded = (status: number, error: string) => void;

/** What targets were sent, and what came back, by load balancer and target group, over the last hour. */
export interface RequestCounts {
  sent(loadBalancer: string, targetGroup: string): RequestEnded;
  /** From `fromMs` to before `toMs`, in milliseconds since the epoch. */
  sum(loadBalancer: string, targetGroup: string, fromMs: number, toMs: number, metric?: CountedMetric): number;
  /** Response times in that time, in seconds, ascending. */
  times(loadBalancer: string, targetGroup: string, fromMs: number, toMs: number): readonly number[];
}

/** Shorter than CloudWatch's periods, so that a rehearsal does not have to wait for minutes. */
export const SLICE_MS = 100;
const SLICES = 36_000;

type Slices<T> = Map<number, T>;

export function createCounts(clock: Clock): RequestCounts {
  const counts = new Map<string, Slices<number>>();
  const times = new Map<string, Slices<number[]>>();
  const count = (metric: CountedMetric, id: string): void =>
    put(counts, `${metric} ${id}`, clock.now(), (before = 0) => before + 1);
  return {
    sent(loadBalancer, targetGroup) {
      const id = `${loadBalancer}/${targetGroup}`;
      const startedAt = clock.monotonic();
      count('RequestCount', id);
      return (status, error) => {
        if (error === 'target-refused') count('TargetConnectionErrorCount', id);
        if (error !== '') return;
        if (status >= 500) count('HTTPCode_Target_5XX_Count', id);
        const seconds = (clock.monotonic() - startedAt) / 1000;
        put(times, id, clock.now(), (before = []) => [...before, seconds]);
      };
    },
    sum: (loadBalancer, targetGroup, fromMs, toMs, metric = 'RequestCount') =>
      within(counts.get(`${metric} ${loadBalancer}/${targetGroup}`), fromMs, toMs).reduce((all, one) => all + one, 0),
    times: (loadBalancer, targetGroup, fromMs, toMs) =>
      within(times.get(`${loadBalancer}/${targetGroup}`), fromMs, toMs)
        .flat()
        .toSorted((a, b) => a - b),
  };
}

function put<T>(all: Map<string, Slices<T>>, id: string, now: number, change: (before: T | undefined) => T): void {
  const slices = all.get(id) ?? new Map<number, T>();
  all.set(id, slices);
  const slice = Math.floor(now / SLICE_MS);
  slices.set(slice, change(slices.get(slice)));
  // The slices are in order of time.
  for (const old of slices.keys()) if (old > slice - SLICES || !slices.delete(old)) break;
}

function within<T>(slices: Slices<T> | undefined, fromMs: number, toMs: number): readonly T[] {
  return [...(slices ?? [])]
    .filter(([slice]) => slice >= Math.floor(fromMs / SLICE_MS) && slice * SLICE_MS < toMs)
    .map(([, value]) => value);
}
