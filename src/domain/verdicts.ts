import type { GateVerdict, Judged, LatencyLimits } from './gates.ts';
import { percentText } from './shares.ts';
import {
  failedShare,
  probabilityAbove,
  probabilityOfMore,
  requestsNeeded,
  requestsNeededAt,
  type Counts,
} from './statistics.ts';
import { count } from './text.ts';

/** What a gate says of failed requests. Shares are parts of 1. */
export interface ErrorLimits {
  /** The smallest rise over the release before that must be found, while both serve. */
  readonly rise: number;
  /** The most that may fail where nothing else serves that it could be compared with. */
  readonly max?: number;
}

export function inconclusive(why: string, numbers: Judged['numbers'] = {}): Judged {
  return { verdict: 'inconclusive', why, numbers };
}

/** One release against the other, over the same time. `spent`: see `spentAt`. */
export function judgeRise(green: Counts, blue: Counts, { rise }: ErrorLimits, spent: number): Judged {
  const share = { green: failedShare(green), blue: failedShare(blue) };
  const ratio = blue.requests / Math.max(1, green.requests);
  const needed = requestsNeeded(share.blue, rise, ratio > 0 ? ratio : 1);
  const probability = probabilityOfMore(green, blue);
  const numbers = {
    ...numbersOf(green),
    blueRequests: blue.requests,
    blueFailed: blue.failed,
    needed,
    probability,
  };
  const seen = `${partText(green)} failed, and ${partText(blue)} of the release before`;
  // With more traffic than is needed, a rise that does not matter is found as well.
  if (probability <= spent && share.green - share.blue >= rise / 2)
    return { verdict: 'fail', why: `${seen} (p = ${probability.toPrecision(2)})`, numbers };
  if (green.requests < needed || blue.requests === 0) return inconclusive(tooFew(seen, green, needed), numbers);
  return { verdict: 'pass', why: `${seen} (${count(needed, 'request')} needed)`, numbers };
}

/** One release alone, against a limit. */
export function judgeAlone(green: Counts, { max }: ErrorLimits, spent: number): Judged {
  const seen = `${partText(green)} failed`;
  if (max === undefined)
    return inconclusive(`${seen}, and nothing serves that it could be compared with`, numbersOf(green));
  const needed = requestsNeededAt(max);
  const probability = probabilityAbove(green, max);
  const numbers = { ...numbersOf(green), needed, probability };
  const limit = `at most ${percentText(max * 100)}`;
  if (probability <= spent)
    return { verdict: 'fail', why: `${seen}, ${limit} allowed (p = ${probability.toPrecision(2)})`, numbers };
  if (green.requests < needed) return inconclusive(tooFew(seen, green, needed), numbers);
  return { verdict: 'pass', why: `${seen}, ${limit} allowed (${count(needed, 'request')} needed)`, numbers };
}

function numbersOf({ requests, failed }: Counts): Judged['numbers'] {
  return { requests, failed };
}

function tooFew(seen: string, { requests }: Counts, needed: number): string {
  return `${seen}; ${count(needed, 'request')} needed, ${requests} seen`;
}

function partText(counts: Counts): string {
  const { failed, requests } = counts;
  return `${failed} of ${count(requests, 'request')} (${Number((failedShare(counts) * 100).toFixed(2))} %)`;
}

/** A minute of both sides, in milliseconds; absent where nothing was measured. */
export interface LatencyMinute {
  readonly green?: number;
  readonly blue?: number;
}

/** One release against the other, minute by minute. */
export function judgeLatency(
  minutes: readonly LatencyMinute[],
  { times, over, of }: Omit<LatencyLimits, 'percentile'>,
): Judged {
  const both = minutes.flatMap(({ green, blue }) => (green === undefined || blue === undefined ? [] : { green, blue }));
  const last = both.slice(-of);
  const slow = last.filter(({ green, blue }) => green > blue * times);
  const numbers = { minutes: last.length, slowMinutes: slow.length };
  const seen = `slower than ${times} times the release before in ${slow.length} of ${count(last.length, 'minute')}`;
  if (slow.length >= over) return { verdict: 'fail', why: seen, numbers };
  if (last.length < of) return inconclusive(`${seen}; ${of} needed`, numbers);
  return { verdict: 'pass', why: seen, numbers };
}

/** The worst of them: one failure is a failure, and one that is inconclusive is no pass. */
export function worst(all: readonly Judged[]): Judged {
  const by = (verdict: GateVerdict) => all.filter((one) => one.verdict === verdict);
  const [first] = [by('fail'), by('inconclusive'), by('pass')].filter((some) => some.length > 0);
  if (first === undefined) return inconclusive('nothing was judged');
  const numbers = Object.assign({}, ...all.map((one) => one.numbers)) as Judged['numbers'];
  return { verdict: first[0]!.verdict, why: first.map(({ why }) => why).join('; '), numbers };
}
