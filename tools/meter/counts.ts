/** What a meter counts. Always: sent = ok + httpErrors + transportErrors + bodyErrors + inFlight. */
export interface Counts {
  readonly sent: number;
  /** Answered with a 2xx status and a whole JSON body that names a release. */
  readonly ok: number;
  /** Answered with another status. */
  readonly httpErrors: number;
  /** Not answered in full: refused, reset, cut off, timed out. */
  readonly transportErrors: number;
  /** Answered 2xx, but with a body that names no release. */
  readonly bodyErrors: number;
  readonly inFlight: number;
  /** Good answers by release. */
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

/** Milliseconds from the moment a request was due to its last byte. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** One failed request, to be found again in a server's log by its id (`x-request-id`). */
export interface Failure {
  readonly id: string;
  /** Seconds since the meter began. */
  readonly seconds: number;
  readonly connection: 'kept' | 'fresh';
  /** `HTTP 503`, `UND_ERR_SOCKET: other side closed`, `body: no release`. */
  readonly why: string;
}

/** What a meter reports every 250 ms. */
export interface Sample {
  readonly type: 'sample';
  /** Seconds since the meter began. */
  readonly seconds: number;
  /** Since the meter began. */
  readonly total: Counts;
  /** Since the last sample. */
  readonly byRelease: Readonly<Record<string, number>>;
  readonly failed: number;
  readonly latencyMs: Latency;
}

/** What a meter reports last: nothing is in flight any more. */
export interface MeterResult {
  readonly type: 'result';
  readonly seconds: number;
  readonly total: Counts;
  readonly failed: number;
  readonly latencyMs: Latency;
  /** The first failures, 20 at most. */
  readonly failures: readonly Failure[];
}

/** Requests that did not end in a good answer. */
export function failedOf(counts: Counts): number {
  return counts.httpErrors + counts.transportErrors + counts.bodyErrors;
}

/** What was counted between two readings of one meter. */
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

/** Good answers by release between two readings; releases without any are left out. */
export function releasesBetween(before: Counts['byRelease'], after: Counts['byRelease']): Record<string, number> {
  const rows = Object.entries(after).map(([release, count]) => [release, count - (before[release] ?? 0)] as const);
  return Object.fromEntries(rows.filter(([, count]) => count > 0));
}
