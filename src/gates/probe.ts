import { PROBE_LOOK_S } from '../domain/bake.ts';
import { defined } from '../domain/defined.ts';
import type { Gate, Judged } from '../domain/gates.ts';
import type { Counts } from '../domain/statistics.ts';
import { count } from '../domain/text.ts';
import { inconclusive, judgeLatency, worst, type LatencyMinute } from '../domain/verdicts.ts';
import { percentile, type Sample } from '../probe/seen.ts';
import type { Occasion } from './gates.ts';
import { judgeCounts, windowOf, type Window } from './shares.ts';

type ComparedGate = Extract<Gate, { kind: 'probe' | 'metric' }>;

const LOOK_MS = PROBE_LOOK_S * 1000;
const MINUTE_MS = 60_000;

/** What the run's own client has met, by release. */
export function judgeProbe(gate: ComparedGate, samples: readonly Sample[], occasion: Occasion): Judged {
  const window = windowOf(occasion, LOOK_MS, 0);
  if (window === undefined) return inconclusive('its client has only begun');
  const seen = samples.filter(({ at }) => at >= window.from && at < window.to);
  const errors = judgeErrors(gate, seen, occasion, window);
  const { latency } = gate;
  if (latency === undefined || occasion.blue === undefined) return errors;
  return worst([errors, judgeLatency(minutesOf(seen, occasion, window, latency.percentile), latency)]);
}

function judgeErrors(gate: ComparedGate, seen: readonly Sample[], { green, blue }: Occasion, window: Window): Judged {
  const own = countsOf(seen.filter(({ release }) => release === green.release));
  const unknown = seen.filter(({ release }) => release === undefined).length;
  // Where nothing else serves, what names no release is green's as well.
  if (blue === undefined) return judgeCounts(plus(own, unknown), undefined, gate, window);
  const others = countsOf(seen.filter(({ release }) => release === blue.release));
  const judged = judgeCounts(own, others, gate, window);
  if (judged.verdict !== 'pass' || judgeCounts(plus(own, unknown), others, gate, window).verdict === 'pass')
    return judged;
  const why = `${judged.why}, and ${count(unknown, 'request')} failed without naming a release`;
  return inconclusive(why, { ...judged.numbers, unknown });
}

function countsOf(samples: readonly Sample[]): Counts {
  return { requests: samples.length, failed: samples.filter(({ failed }) => failed !== undefined).length };
}

function plus({ requests, failed }: Counts, more: number): Counts {
  return { requests: requests + more, failed: failed + more };
}

function minutesOf(
  seen: readonly Sample[],
  { green, blue }: Occasion,
  { from }: Window,
  percent: number,
): readonly LatencyMinute[] {
  const byMinute = Map.groupBy(seen, ({ at }) => Math.floor((at - from) / MINUTE_MS));
  return [...byMinute.keys()]
    .toSorted((a, b) => a - b)
    .map((minute) => {
      const of = (release: string | undefined) => latencyOf(byMinute.get(minute) ?? [], release, percent);
      return defined({ green: of(green.release), blue: of(blue?.release) });
    });
}

/** Of answers only: a request that failed may have failed at once. */
function latencyOf(samples: readonly Sample[], wanted: string | undefined, percent: number): number | undefined {
  const times = samples.filter(({ release, failed }) => release === wanted && failed === undefined).map(({ ms }) => ms);
  return times.length === 0
    ? undefined
    : percentile(
        times.toSorted((a, b) => a - b),
        percent,
      );
}
