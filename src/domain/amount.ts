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
