import type { Path } from './problem.ts';

/** Entries whose id occurred before, with the path of the first occurrence; entries without an id are ignored. */
export function repeated(entries: readonly { path: Path; id: unknown }[]): readonly { path: Path; first: Path }[] {
  return entries.flatMap(({ path, id }, index) => {
    const first = entries.findIndex((other) => other.id === id);
    return id === undefined || first === index ? [] : [{ path, first: entries[first]!.path }];
  });
}
