/** A request to the API and its result. */
export interface RequestRecord {
  /** ISO time of arrival. */
  readonly at: string;
  /** Sequence number of arrival; records are stored in the order of responses. */
  readonly arrival: number;
  readonly service: string;
  readonly operation: string;
  readonly agent: string;
  /** HTTP status; 0 when the connection was closed instead. */
  readonly status: number;
  /** AWS error code, if it failed. */
  readonly code?: string;
  /** Kinds of the faults that affected it. */
  readonly faults?: readonly string[];
  /** Latency in milliseconds. */
  readonly ms: number;
}

export interface RequestLog {
  readonly all: readonly RequestRecord[];
  /** The next sequence number of arrival. */
  arrive(): number;
  add(record: RequestRecord): void;
  reset(): void;
}

/** Keeps the newest `max` requests. */
export function createRequestLog(max = 50_000): RequestLog {
  let records: RequestRecord[] = [];
  let arrivals = 0;
  return {
    get all() {
      return records;
    },
    arrive: () => arrivals++,
    add(record) {
      records.push(record);
      if (records.length > max * 1.2) records = records.slice(-max);
    },
    reset() {
      records = [];
    },
  };
}
