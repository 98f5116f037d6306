import { createHistogram } from 'node:perf_hooks';
import type { RecordableHistogram } from 'node:perf_hooks';
import { failedOf, releasesBetween } from './counts.ts';
import type { Counts, Failure, Latency, MeterResult, Sample } from './counts.ts';

/** The outcome of a request. */
export type Outcome =
  | { readonly kind: 'ok'; readonly release: string }
  | { readonly kind: 'httpErrors' | 'transportErrors' | 'bodyErrors'; readonly why: string };

const FAILURES_KEPT = 20;

/** Counts outcomes, in total and since the last sample. */
export class Tally {
  readonly #sums = { sent: 0, ok: 0, httpErrors: 0, transportErrors: 0, bodyErrors: 0 };
  readonly #byRelease = new Map<string, number>();
  readonly #failures: Failure[] = [];
  readonly #all = createHistogram({ figures: 3 });
  readonly #window = createHistogram({ figures: 3 });
  #last: Counts | undefined;

  sent(): void {
    this.#sums.sent += 1;
  }

  ended(outcome: Outcome, latencyMs: number, where: Omit<Failure, 'why'>): void {
    this.#sums[outcome.kind] += 1;
    // Histograms accept integers from 1: microseconds.
    const micros = Math.max(1, Math.round(latencyMs * 1000));
    this.#all.record(micros);
    this.#window.record(micros);
    if (outcome.kind === 'ok') this.#byRelease.set(outcome.release, (this.#byRelease.get(outcome.release) ?? 0) + 1);
    else if (this.#failures.length < FAILURES_KEPT) this.#failures.push({ ...where, why: outcome.why });
  }

  counts(): Counts {
    const { sent, ok, httpErrors, transportErrors, bodyErrors } = this.#sums;
    const inFlight = sent - ok - httpErrors - transportErrors - bodyErrors;
    return { ...this.#sums, inFlight, byRelease: Object.fromEntries(this.#byRelease) };
  }

  /** The sample since the last one. */
  sample(seconds: number): Sample {
    const total = this.counts();
    const sample: Sample = {
      type: 'sample',
      seconds,
      total,
      byRelease: releasesBetween(this.#last?.byRelease ?? {}, total.byRelease),
      failed: failedOf(total) - (this.#last ? failedOf(this.#last) : 0),
      latencyMs: latencyOf(this.#window),
    };
    this.#last = total;
    this.#window.reset();
    return sample;
  }

  result(seconds: number): MeterResult {
    const total = this.counts();
    const latencyMs = latencyOf(this.#all);
    return { type: 'result', seconds, total, failed: failedOf(total), latencyMs, failures: this.#failures };
  }
}

function latencyOf(histogram: RecordableHistogram): Latency {
  if (histogram.count === 0) return { p50: 0, p90: 0, p99: 0, max: 0 };
  const ms = (micros: number): number => Math.round(micros / 10) / 100;
  return {
    p50: ms(histogram.percentile(50)),
    p90: ms(histogram.percentile(90)),
    p99: ms(histogram.percentile(99)),
    max: ms(histogram.max),
  };
}
