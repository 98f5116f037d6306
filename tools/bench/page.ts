import { readFile, writeFile } from 'node:fs/promises';
import { table } from '../docs/markdown.ts';
import type { Grid } from './table.ts';

const PAGE = new URL('../../docs/speed.md', import.meta.url);

/** The part between the marks of these names. */
function partOf(name: string): RegExp {
  return new RegExp(`(<!-- bench: ${name} -->\n)[^]*?(<!-- end -->)`);
}

/** The page with these tables in the place of those that it had. @throws Error where it has no place for one */
export function withTables(page: string, tables: ReadonlyMap<string, Grid>): string {
  return [...tables].reduce((text, [name, { head, rows }]) => {
    if (!partOf(name).test(text)) throw new Error(`docs/speed.md has no place for "${name}".`);
    return text.replace(partOf(name), (_, begin: string, end: string) => `${begin}\n${table(head, rows)}\n\n${end}`);
  }, page);
}

/** Writes what was measured into docs/speed.md; what was not stays as it was. */
export async function writePage(tables: ReadonlyMap<string, Grid>): Promise<void> {
  await writeFile(PAGE, withTables(await readFile(PAGE, 'utf8'), tables));
}
