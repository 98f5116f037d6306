/** Whole units in descending order, for example `1h30m`, `90s` or `500ms`. */
export const DURATION = /^(?=\d)(?:(\d{1,4})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,8})s)?(?:(\d{1,11})ms)?$/;

/** The duration in milliseconds; undefined when `text` is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (!match) return undefined;
  const [h, m, s, ms] = match.slice(1).map((digits) => Number(digits ?? 0)) as [number, number, number, number];
  return ((h * 60 + m) * 60 + s) * 1000 + ms;
}
