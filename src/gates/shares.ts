import type { Judged } from '../domain/gates.ts';
import { SETTLED_S } from '../domain/bake.ts';
import { spentAt, type Counts } from '../domain/statistics.ts';
import { judgeAlone, judgeRise, type ErrorLimits } from '../domain/verdicts.ts';
import type { Occasion } from './gates.ts';

/** What gates that count failed requests have in common. */

const MINUTE_MS = 60_000;

/** Whole parts of a bake, of which all is known: between two of them nothing new is to be judged. */
export interface Window {
  readonly from: number;
  readonly to: number;
  /** Which look it is, and how many there will be. */
  readonly look: number;
  readonly looks: number;
}

/** @param everyMs the length of a part; parts of a minute or more begin with one */
export function windowOf({ since, now, seconds }: Occasion, everyMs: number, settledMs: number): Window | undefined {
  const isByMinute = everyMs >= MINUTE_MS;
  const from = isByMinute ? Math.ceil(since / everyMs) * everyMs : since;
  const look = Math.floor((now - settledMs - from) / everyMs);
  const looks = Math.max(1, Math.floor((seconds * 1000 - settledMs - (from - since)) / everyMs));
  return look < 1 ? undefined : { from, to: from + look * everyMs, look, looks };
}

export function settledMinutes(occasion: Occasion): Window | undefined {
  return windowOf(occasion, MINUTE_MS, SETTLED_S * 1000);
}

/** Green against blue while both serve, or against a limit. */
export function judgeCounts(
  green: Counts,
  blue: Counts | undefined,
  limits: ErrorLimits,
  { look, looks }: Window,
): Judged {
  const spent = spentAt(look, looks);
  return blue === undefined ? judgeAlone(green, limits, spent) : judgeRise(green, blue, limits, spent);
}
