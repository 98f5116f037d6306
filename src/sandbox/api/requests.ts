/** One request to the API, as it was answered. */
export interface RequestRecord {
  /** ISO time at which it came in. */
  readonly at: string;
  /** Its place in the order in which requests came in; they are kept in the order in which they were answered. */
  readonly arrival: number;
  readonly service: string;
  readonly operation: string;
  readonly agent: string;
  /** HTTP status; 0 when the connection was cut instead. */
  readonly status: number;
  /** AWS's error code, when it was refused. */
  readonly code?: string;
  /** Kinds of the faults that it met. */
  readonly faults?: readonly string[];
  /** Milliseconds that the answer took. */
  readonly ms: number;
}

export interface RequestLog {
  readonly all: readonly RequestRecord[];
  /** The next place in the order of arrival. */
  arrive(): number;
  add(record: RequestRecord): void;
  reset(): void;
}

/** Keeps the newest requests; the oldest are dropped beyond `max`. */
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
