/** What a steady probe of production has met, in numbers. */

/** One request. */
export interface Sample {
  /** Milliseconds since the epoch at which it was due. */
  readonly at: number;
  /** Milliseconds from then to the last byte, or to the failure. */
  readonly ms: number;
  /** The release that answered; `answered` where the config does not say how to read it. */
  readonly release?: string;
  /** Why it failed. */
  readonly failed?: string;
}

/** What clients met during a run. */
export interface TrafficSeen {
  readonly url: string;
  readonly requests: number;
  readonly failed: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Parts of the run of the same length, in order. */
  readonly timeline: readonly Part[];
  /** The first few, each once. */
  readonly failures: readonly string[];
}

export interface Part {
  /** Milliseconds since the epoch at which it begins. */
  readonly at: number;
  /** Answers by release. */
  readonly releases: Readonly<Record<string, number>>;
  readonly failed: number;
}

const FAILURES_MAX = 5;

/** @param parts how many parts the time is divided into, at most */
export function summarize(url: string, samples: readonly Sample[], parts: number): TrafficSeen {
  const failed = samples.filter((sample) => sample.failed !== undefined);
  const times = samples.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return {
    url,
    requests: samples.length,
    failed: failed.length,
    latencyMs: { p50: percentile(times, 50), p99: percentile(times, 99), max: times.at(-1) ?? 0 },
    timeline: partsOf(samples, parts),
    failures: [...new Set(failed.map((sample) => sample.failed ?? ''))].slice(0, FAILURES_MAX),
  };
}

/** The smallest value that this percentage of them do not exceed. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}

const PART_MS = 200;

function partsOf(samples: readonly Sample[], most: number): readonly Part[] {
  const [first, last] = [samples[0]?.at ?? 0, samples.at(-1)?.at ?? 0];
  const width = Math.max(PART_MS, (last - first) / most);
  const byPart = Map.groupBy(samples, ({ at }) => Math.min(most - 1, Math.floor((at - first) / width)));
  return [...byPart.keys()].toSorted((a, b) => a - b).map((n) => partOf(first + n * width, byPart.get(n) ?? []));
}

function partOf(at: number, samples: readonly Sample[]): Part {
  const releases: Record<string, number> = {};
  for (const { release } of samples) if (release !== undefined) releases[release] = (releases[release] ?? 0) + 1;
  return { at: Math.round(at), releases, failed: samples.filter(({ failed }) => failed !== undefined).length };
}
