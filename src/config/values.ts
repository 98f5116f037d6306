/** Types of config values. `error` is what was expected, for "expected …; found …". */
import * as z from 'zod';
import { DURATION, isAscending, parseDuration } from '../domain/amount.ts';

// The schema is used once: compiling it would take longer than the validation.
z.config({ jitless: true });

/** A map with known keys only; `error` shows an example. */
export function map<T extends z.ZodRawShape>(shape: T, error: string) {
  return z.strictObject(shape, { error: (issue) => (issue.code === 'invalid_type' ? error : undefined) });
}

export function text(error: string, pattern: RegExp = /\S/) {
  return z.string({ error }).regex(pattern, { error });
}

/** Whether it is a regular expression, of several lines. */
export function compiles(source: string): boolean {
  try {
    return new RegExp(source, 'm') instanceof RegExp;
  } catch {
    return false;
  }
}

export function whole(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export const port = whole(1, 65_535);

export const region = text('a region such as eu-west-1', /^[a-z]{2,}(?:-[a-z]+)+-\d$/);

export const endpoint = z.url({ protocol: /^https?$/, error: 'a URL such as http://127.0.0.1:4566' });

const DURATION_ERROR = 'a duration such as 90s, 10m, 1h30m or 500ms';

/** A duration, parsed to milliseconds. */
export const durationMs = durationText(DURATION_ERROR, DURATION);

/** A duration greater than zero, parsed to milliseconds. */
export const timeLimit = durationText(
  `${DURATION_ERROR}, greater than zero`,
  new RegExp(`(?=.*[1-9])${DURATION.source}`),
);

/** A duration in whole seconds, as TTLs are; parsed to milliseconds. */
export const seconds = durationText(
  'a duration of whole seconds, such as 60s or 5m',
  new RegExp(`(?!.*ms)${DURATION.source}`),
);

function durationText(error: string, pattern: RegExp) {
  return text(error, pattern).transform((value) => parseDuration(value) ?? 0);
}

/** For `transform`: these keys are durations, so their names in the resolved config say the unit: `boot` is `bootMs` there. */
export function inMs<K extends string>(...keys: readonly K[]) {
  return <T extends Partial<Record<K, number>>>(data: T): InMs<T, K> =>
    Object.fromEntries(
      Object.entries(data).map(([key, value]) => [keys.some((one) => one === key) ? `${key}Ms` : key, value]),
    ) as InMs<T, K>;
}

type InMs<T, K extends string> = { [P in keyof T as P extends K ? `${P}Ms` : P]: T[P] };

const SHARE = 'a percentage such as 1% or 0.5%';

/** A percentage greater than zero and up to a half, parsed to a part of 1. */
export const share = text(SHARE, /^\d{1,2}(?:\.\d{1,3})?%$/)
  .transform((value) => Number.parseFloat(value) / 100)
  .refine((value) => value > 0 && value <= 0.5, { error: `${SHARE}, greater than 0% and at most 50%` });

/** A list with at least one entry; `error` is what was expected for the whole, `empty` for its entries. */
export function listOf<T extends z.ZodType>(entry: T, error: string, empty: string) {
  return z.array(entry, { error }).min(1, { error: empty });
}

/** Name servers, in the format of Node's resolver. */
export const servers = listOf(
  text('an address such as 10.0.0.2 or 127.0.0.1:4553', /^[\d.]+(?::\d+)?$|^\[[\da-f:]+\](?::\d+)?$/i),
  'a list of addresses',
  'at least one address',
);

const PERCENTS = 'ascending percents such as [1, 10, 50, 100]';

export const percents = listOf(whole(1, 100), PERCENTS, PERCENTS).refine(isAscending, { error: PERCENTS });

/** A release must not begin with a hyphen (as command-line options do) or contain braces (as placeholders do). */
export const releaseName = text(
  "a release such as '42', in quotes when it is a number",
  /^[A-Za-z0-9_.][A-Za-z0-9_.:+/@-]{0,127}$/,
);
