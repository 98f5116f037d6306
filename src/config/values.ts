/** The kinds of values of a config file. `error` is always what was expected, as it stands in "expected …; found …". */
import * as z from 'zod';
import { DURATION, parseDuration } from '../domain/duration.ts';
import { isAscending } from '../domain/ascending.ts';

// A file is checked once: compiling a checker for each object would take longer than the check.
z.config({ jitless: true });

/** A map whose keys are all known; `error` says how one looks. */
export function map<T extends z.ZodRawShape>(shape: T, error: string) {
  return z.strictObject(shape, { error: (issue) => (issue.code === 'invalid_type' ? error : undefined) });
}

export function text(error: string, pattern: RegExp = /\S/) {
  return z.string({ error }).regex(pattern, { error });
}

export function whole(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function yesOrNo() {
  return z.boolean({ error: 'true or false' });
}

export const port = whole(1, 65_535);

export const region = text('a region such as eu-west-1', /^[a-z]{2,}(?:-[a-z]+)+-\d$/);

export const endpoint = z.url({ protocol: /^https?$/, error: 'a URL such as http://127.0.0.1:4566' });

const DURATION_ERROR = 'a duration such as 90s, 10m, 1h30m or 500ms';

/** Read as milliseconds. */
export const durationMs = text(DURATION_ERROR, DURATION).transform((value) => parseDuration(value) ?? 0);

/** A duration in which something can happen. */
export const timeLimit = text(
  `${DURATION_ERROR}, longer than nothing`,
  new RegExp(`(?=.*[1-9])${DURATION.source}`),
).transform((value) => parseDuration(value) ?? 0);

/** Name servers, as Node's resolver takes them. */
export const servers = z
  .array(text('an address such as 10.0.0.2 or 127.0.0.1:4553', /^[\d.]+(?::\d+)?$|^\[[\da-f:]+\](?::\d+)?$/i), {
    error: 'a list of addresses',
  })
  .min(1, { error: 'at least one address' });

const PERCENTS = 'ascending percents such as [1, 10, 50, 100]';

export const percents = z
  .array(whole(1, 100), { error: PERCENTS })
  .min(1, { error: PERCENTS })
  .refine(isAscending, { error: PERCENTS });

/** A duration without milliseconds: DNS knows no parts of a second. */
export const seconds = text(
  'a duration of whole seconds, such as 60s or 5m',
  new RegExp(`(?!.*ms)${DURATION.source}`),
).transform((value) => parseDuration(value) ?? 0);

/** No release begins with a hyphen (it would be an option on a command line), or has a brace of ours in it. */
export const releaseName = text(
  "a release such as '42', in quotes when it is a number",
  /^[A-Za-z0-9_.][A-Za-z0-9_.:+/@-]{0,127}$/,
);
