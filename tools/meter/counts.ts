/** The counts of a meter: sent = ok + httpErrors + transportErrors + bodyErrors + inFlight. */
export interface Counts {
  readonly sent: number;
  /** Responses with a 2xx status and a complete JSON body that has a release. */
  readonly ok: number;
  /** Responses with another status. */
  readonly httpErrors: number;
  /** Requests without a complete response: refused, reset, closed, timed out. */
  readonly transportErrors: number;
  /** Responses with a 2xx status whose body has no release. */
  readonly bodyErrors: number;
  readonly inFlight: number;
  /** Successful requests by release. */
  readonly byRelease: Readonly<Record<string, number>>;
}

export const NONE: Counts = {
  sent: 0,
  ok: 0,
  httpErrors: 0,
  transportErrors: 0,
  bodyErrors: 0,
  inFlight: 0,
  byRelease: {},
};

/** Milliseconds from the time when a request was due to its last byte. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** A failed request; its id (`x-request-id`) identifies it in a server's log. */
export interface Failure {
  readonly id: string;
  /** Seconds since the start of the meter. */
  readonly seconds: number;
  readonly connection: 'kept' | 'fresh';
  /** `HTTP 503`, `UND_ERR_SOCKET: other side closed`, `body: no release`. */
  readonly why: string;
}

/** The report of a meter every 250 ms. */
export interface Sample {
  readonly type: 'sample';
  /** Seconds since the start of the meter. */
  readonly seconds: number;
  /** Since the start of the meter. */
  readonly total: Counts;
  /** Since the last sample. */
  readonly byRelease: Readonly<Record<string, number>>;
  readonly failed: number;
  readonly latencyMs: Latency;
}

/** The final report of a meter, without requests in flight. */
export interface MeterResult {
  readonly type: 'result';
  readonly seconds: number;
  readonly total: Counts;
  readonly failed: number;
  readonly latencyMs: Latency;
  /** The first failures, at most 20. */
  readonly failures: readonly Failure[];
}

/** Failed requests. */
export function failedOf(counts: Counts): number {
  return counts.httpErrors + counts.transportErrors + counts.bodyErrors;
}

/** The difference of two readings of a meter. */
export function between(before: Counts, after: Counts): Counts {
  return {
    sent: after.sent - before.sent,
    ok: after.ok - before.ok,
    httpErrors: after.httpErrors - before.httpErrors,
    transportErrors: after.transportErrors - before.transportErrors,
    bodyErrors: after.bodyErrors - before.bodyErrors,
    inFlight: after.inFlight,
    byRelease: releasesBetween(before.byRelease, after.byRelease),
  };
}

/** Successful requests by release between two readings; releases without any are omitted. */
export function releasesBetween(before: Counts['byRelease'], after: Counts['byRelease']): Record<string, number> {
  const rows = Object.entries(after).map(([release, count]) => [release, count - (before[release] ?? 0)] as const);
  return Object.fromEntries(rows.filter(([, count]) => count > 0));
}
