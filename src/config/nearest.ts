/** Number of edits (insert, delete, replace, swap of two neighbours) from `a` to `b`. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row.push(cell(rows, row, a, b, i, j));
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

function cell(rows: number[][], row: number[], a: string, b: string, i: number, j: number): number {
  const above = rows[i - 1]!;
  const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
  const swapped =
    i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? rows[i - 2]![j - 2]! + 1 : Infinity;
  return Math.min(above[j]! + 1, row[j - 1]! + 1, replaced, swapped);
}

/** The most similar of `words`; undefined when none is similar. Ignores case, hyphens and underscores. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, '');
  const ranked = words
    .map((candidate) => ({ candidate, edits: distance(plain(word), plain(candidate)) }))
    .toSorted((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** Keys that have been renamed, by their former name. */
const RENAMED_KEYS: Readonly<Record<string, string>> = {
  hold: 'retention',
  tail: 'residualTraffic',
  limits: 'timeouts',
  released: 'drained',
  delivery: 'deliveryTimeout',
  limit: 'timeout',
  settle: 'consistencyDelay',
};

/** The known key that `key` was probably meant to be: its new name, or the most similar one. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const renamed = Object.hasOwn(RENAMED_KEYS, key) ? RENAMED_KEYS[key] : undefined;
  return renamed !== undefined && known.includes(renamed) ? renamed : nearest(key, known);
}
