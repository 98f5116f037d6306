import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CHAPTERS } from '../../../tools/docs/chapters.ts';
import { anchorsOf, linksOf } from '../../../tools/docs/links.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const pages = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
})
  .toString()
  .split('\0')
  .filter((file) => file !== '' && existsSync(path.join(root, file)));
const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** `link` of each link of a page at `file` that leads nowhere. */
function deadLinks(file: string, text: string): readonly string[] {
  return linksOf(text)
    .filter(([link, anchor]) => {
      const to = link === '' ? file : path.join(path.dirname(file), link);
      if (link !== '' && !existsSync(path.join(root, to))) return true;
      return anchor !== '' && !anchorsOf(to === file ? text : textOf(to)).has(anchor);
    })
    .map(([link, anchor]) => `${file}: ${link}#${anchor}`);
}

test('every link of the documentation leads to a file, and to a heading of it', () => {
  expect(pages.length).toBeGreaterThan(25);
  expect(pages.flatMap((file) => deadLinks(file, textOf(file)))).toEqual([]);
});

test('one that leads nowhere is found', () => {
  const text = [
    '## `a.b: c`, and "more"\n',
    '[is there](#ab-c-and-more), [none](#ab-c), [a page](../README.md#install), [no page](nowhere.md),',
    '[no heading](store.md#nowhere), `[code](code.md)`, [elsewhere](https://example.com/a.md)',
    '```\n# no heading\n[code](code.md)\n```',
    '[a comment](#no-heading)',
  ].join('\n');
  expect(deadLinks('docs/page.md', text)).toEqual([
    'docs/page.md: #ab-c',
    'docs/page.md: nowhere.md#',
    'docs/page.md: store.md#nowhere',
    'docs/page.md: #no-heading',
  ]);
});

test('the site has every page, once', () => {
  const listed = CHAPTERS.flatMap((chapter) => chapter.pages.map(({ file }) => file));
  expect(listed.toSorted()).toEqual([...new Set(listed)].toSorted());
  // A changeset is no page: a release makes lines of the changelog of them.
  expect(listed.toSorted()).toEqual(pages.filter((file) => !file.startsWith('.changeset/')).toSorted());
});
