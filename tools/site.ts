/**
 * Builds the docs site into `tools/site/dist`, and looks whether every link in it leads somewhere:  node tools/site.ts
 *
 * VitePress fails on links between pages that lead nowhere. Links to other files of the repository, such as the examples in
 * `config/`, lead to copies of these, and each page is there as Markdown, too, for programs that read (`llms.txt`).
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { CHAPTERS } from './docs/chapters.ts';
import { linksOf } from './docs/links.ts';

const root = path.dirname(import.meta.dirname);
const site = path.join(import.meta.dirname, 'site');
const dist = path.join(site, 'dist');

/** The pages, and the files of the repository to which they lead. */
function copied(): ReadonlySet<string> {
  const pages = CHAPTERS.flatMap((chapter) => chapter.pages.map(({ file }) => file));
  const linked = pages.flatMap((page) =>
    linksOf(readFileSync(path.join(root, page), 'utf8')).map(([link]) => path.join(path.dirname(page), link)),
  );
  return new Set(['llms.txt', ...pages, ...linked].filter((file) => statSync(path.join(root, file)).isFile()));
}

/** `page: link` of each link and picture of the built site that leads to no file, or to no heading of its page. */
function deadLinks(): readonly string[] {
  const pages = globSync('**/*.html', { cwd: dist });
  const texts = new Map(pages.map((page) => [page, readFileSync(path.join(dist, page), 'utf8')]));
  return pages.flatMap((page) =>
    [...(texts.get(page) ?? '').matchAll(/ (?:href|src)="(?!\w+:|\/\/)([^"#?]*)(?:#([^"]*))?"/g)]
      .filter(([, link = '', anchor = '']) => {
        const file = builtFile(link === '' ? `/${page}` : new URL(link, `file:///${page}`).pathname);
        const text = file === undefined ? undefined : (texts.get(file) ?? '');
        return text === undefined || (anchor !== '' && !text.includes(` id="${decodeURIComponent(anchor)}"`));
      })
      .map(([whole]) => `${page}:${whole}`),
  );
}

/** As a static host finds it: the file, its page without `.html`, or the index of a folder. */
function builtFile(url: string): string | undefined {
  const name = decodeURIComponent(url).slice(1);
  const isFile = (file: string): boolean =>
    statSync(path.join(dist, file), { throwIfNoEntry: false })?.isFile() === true;
  return [name, `${name}.html`, path.join(name, 'index.html')].find(isFile);
}

const vitepress = path.join(site, 'node_modules/vitepress/bin/vitepress.js');
if (!existsSync(vitepress)) throw new Error('Its packages are not installed: `npm run site` does both.');
execFileSync(process.execPath, [vitepress, 'build', site], { stdio: 'inherit' });
for (const file of copied()) cpSync(path.join(root, file), path.join(dist, file));
const dead = deadLinks();
if (dead.length > 0) throw new Error(`Links that lead nowhere:\n${dead.join('\n')}`);
process.stdout.write(`${globSync('**/*.html', { cwd: dist }).length} pages in ${path.relative(root, dist)}\n`);
