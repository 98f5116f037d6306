/** What became of the requests that share all of these words. */
export interface TrafficRow {
  readonly loadBalancer: string;
  /** Name of the target group; empty when the load balancer answered by itself. */
  readonly targetGroup: string;
  /** Release of the instance that the request was sent to; empty when it was sent to none. */
  readonly release: string;
  /** HTTP status that the client got; 460 when it was gone before (as in ALB's access log). */
  readonly status: number;
  /** Why it failed, empty when it didn't: see `TrafficError`. */
  readonly error: TrafficError | '';
  readonly count: number;
}

/**
 * - `no-target`: the target group was empty, or no group had a weight (503)
 * - `target-refused`: no connection to the target (502)
 * - `target-closed`: the target closed the connection or sent nonsense (502, or a response that was cut)
 * - `target-timeout`: nothing came for the load balancer's idle timeout (504, or a response that was cut)
 * - `drain-ended`: cut because the deregistration delay was over (502, or a response that was cut)
 * - `client-closed`: the client closed the connection first (460)
 */
export type TrafficError =
  | 'no-target'
  | 'target-refused'
  | 'target-closed'
  | 'target-timeout'
  | 'drain-ended'
  | 'client-closed';

/** Every request of a client that went through a load balancer since the last reset: `total = inFlight + sum of counts`. */
export interface TrafficReport {
  readonly total: number;
  readonly inFlight: number;
  /** How many ended with an error or a 5xx status, whoever said it. */
  readonly failed: number;
  readonly rows: readonly TrafficRow[];
}

/** The account of one request, from its arrival to its end. */
export interface RequestTracker {
  /** Where it is sent. */
  sentTo(targetGroup: string, release: string): void;
  /** How it ended; the first end counts. */
  end(status: number, error?: TrafficError): void;
}

export interface Traffic {
  track(loadBalancer: string): RequestTracker;
  report(): TrafficReport;
  /** Forgets what has ended; requests in flight stay in the count. */
  reset(): void;
}

/** @param sent called for each request that a target is chosen for */
export function createTraffic(sent: (loadBalancer: string, targetGroup: string) => void = () => {}): Traffic {
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
    return {
      sentTo: (group, carried) => {
        [targetGroup, release] = [group, carried];
        if (carried !== '') sent(loadBalancer, group);
      },
      end: (status, error) => {
        if (ended) return;
        ended = true;
        inFlight -= 1;
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
