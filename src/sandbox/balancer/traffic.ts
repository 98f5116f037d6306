import type { RequestCounts, RequestEnded } from './counts.ts';

/** The number of requests with the same attributes. */
export interface TrafficRow {
  readonly loadBalancer: string;
  /** Name of the target group; empty if the load balancer itself sent the response. */
  readonly targetGroup: string;
  /** Release of the target; empty if there was none. */
  readonly release: string;
  /** HTTP status of the response; 460 if the client closed the connection first (as in ALB's access log). */
  readonly status: number;
  /** The error; empty without one. */
  readonly error: TrafficError | '';
  readonly count: number;
}

/**
 * - `no-target`: the target group was empty, or all groups had weight 0 (503)
 * - `target-refused`: no connection to the target (502)
 * - `target-closed`: the target closed the connection or sent an invalid response (502, or an incomplete response)
 * - `target-timeout`: no data for the load balancer's idle timeout (504, or an incomplete response)
 * - `drain-ended`: closed because the deregistration delay had ended (502, or an incomplete response)
 * - `client-closed`: the client closed the connection first (460)
 */
export type TrafficError =
  | 'no-target'
  | 'target-refused'
  | 'target-closed'
  | 'target-timeout'
  | 'drain-ended'
  | 'client-closed';

/** Client requests to load balancers since the last reset: `total = inFlight + sum of counts`. */
export interface TrafficReport {
  readonly total: number;
  readonly inFlight: number;
  /** Requests with an error or a 5xx status, of the target or of the load balancer. */
  readonly failed: number;
  readonly rows: readonly TrafficRow[];
}

/** Records one request, from its arrival to its end. */
export interface RequestTracker {
  /** The target was chosen. */
  sentTo(targetGroup: string, release: string): void;
  /** The request ended; later calls are ignored. */
  end(status: number, error?: TrafficError): void;
}

export interface DataPlaneTraffic {
  track(loadBalancer: string): RequestTracker;
  report(): TrafficReport;
  /** Resets the counts, except those of requests in flight. */
  reset(): void;
}

/** @param sent called for each request for which a target is chosen; returns what is called at its end */
export function createTraffic(sent: RequestCounts['sent'] = () => () => {}): DataPlaneTraffic {
  const rows = new Map<string, { -readonly [K in keyof TrafficRow]: TrafficRow[K] }>();
  let total = 0;
  let inFlight = 0;

  function count(row: Omit<TrafficRow, 'count'>): void {
    const key = JSON.stringify(row);
    const known = rows.get(key);
    if (known) known.count += 1;
    else rows.set(key, { ...row, count: 1 });
  }

  function begin(loadBalancer: string): RequestTracker {
    total += 1;
    inFlight += 1;
    let [targetGroup, release, ended] = ['', '', false];
    let onEnd: RequestEnded = () => {};
    return {
      sentTo: (group, carried) => {
        [targetGroup, release] = [group, carried];
        if (carried !== '') onEnd = sent(loadBalancer, group);
      },
      end: (status, error) => {
        if (ended) return;
        ended = true;
        inFlight -= 1;
        onEnd(status, error ?? '');
        count({ loadBalancer, targetGroup, release, status, error: error ?? '' });
      },
    };
  }

  function report(): TrafficReport {
    const all = [...rows.values()].map((row) => ({ ...row }));
    const failed = all.filter((row) => row.error !== '' || row.status >= 500);
    return { total, inFlight, failed: failed.reduce((sum, row) => sum + row.count, 0), rows: all };
  }

  function reset(): void {
    rows.clear();
    total = inFlight;
  }
  return { track: begin, report, reset };
}
