/** A number of instances or targets, or a share of them: `3`, `75%`. */
export type Amount = { readonly count: number } | { readonly percent: number };

/** Reads `3` and `75%`; undefined for anything else. */
export function parseAmount(text: string): Amount | undefined {
  const [, digits, percent] = /^(\d{1,4})(%?)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const given = Number(digits);
  if (percent === '') return { count: given };
  return given > 100 ? undefined : { percent: given };
}

/** Whole units in descending order, for example `1h30m`, `90s` or `500ms`. */
export const DURATION = /^(?=\d)(?:(\d{1,4})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,8})s)?(?:(\d{1,11})ms)?$/;

/** The duration in milliseconds; undefined when `text` is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (!match) return undefined;
  const [h, m, s, ms] = match.slice(1).map((digits) => Number(digits ?? 0)) as [number, number, number, number];
  return ((h * 60 + m) * 60 + s) * 1000 + ms;
}

/** Whether each number is greater than the previous one. */
export function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((n, i) => i === 0 || n > (numbers[i - 1] as number));
}
