import type { Clock } from '../../clock.ts';

/** Requests that were sent to a target, by load balancer and target group, over the last hour. */
export interface RequestCounts {
  add(loadBalancer: string, targetGroup: string): void;
  /** The requests from `fromMs` to before `toMs`, in milliseconds since the epoch. */
  sum(loadBalancer: string, targetGroup: string, fromMs: number, toMs: number): number;
}

/** Shorter than CloudWatch's periods, so that a rehearsal does not have to wait for minutes. */
const SLICE_MS = 100;
const SLICES = 36_000;

export function createCounts(clock: Clock): RequestCounts {
  const all = new Map<string, Map<number, number>>();
  return {
    add(...key) {
      const id = key.join('/');
      const slices = all.get(id) ?? new Map<number, number>();
      all.set(id, slices);
      const slice = Math.floor(clock.now() / SLICE_MS);
      slices.set(slice, (slices.get(slice) ?? 0) + 1);
      // The slices are in order of time.
      for (const old of slices.keys()) if (old > slice - SLICES || !slices.delete(old)) break;
    },
    sum(loadBalancer, targetGroup, fromMs, toMs) {
      const slices = [...(all.get(`${loadBalancer}/${targetGroup}`) ?? [])];
      const within = slices.filter(([slice]) => slice >= Math.floor(fromMs / SLICE_MS) && slice * SLICE_MS < toMs);
      return within.reduce((sum, [, count]) => sum + count, 0);
    },
  };
}
