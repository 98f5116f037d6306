import path from 'node:path';
import { defineConfig } from 'vitepress';
import { CHAPTERS } from '../../docs/chapters.ts';
import { slugOf } from '../../docs/links.ts';

const root = path.resolve(import.meta.dirname, '../../..');

export default defineConfig({
  title: 'turnout',
  description: 'Moves production traffic from the old servers to the new ones, and back, without losing a request.',
  lang: 'en',
  // The pages are read where they are; the README is the first one.
  srcDir: root,
  srcExclude: ['config', 'dist', 'tasks', 'test', 'tools', '**/node_modules'].map((name) => `${name}/**`),
  rewrites: { 'README.md': 'index.md' },
  outDir: './dist',
  cacheDir: './node_modules/.cache/vitepress',
  cleanUrls: true,
  // A file without an ending, which looks like a page: tools/site.ts copies it.
  ignoreDeadLinks: [/(^|\/)Containerfile$/],
  // Vue is not where the pages are: what renders them is bundled.
  vite: { ssr: { noExternal: true } },
  // The same anchors as on the repository's host.
  markdown: { anchor: { slugify: slugOf } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: CHAPTERS.map(({ title, pages: own }) => ({
      text: title,
      items: own.map(({ file, title: text }) => ({
        text,
        link: file === 'README.md' ? '/' : `/${file.replace(/\.md$/, '')}`,
      })),
    })),
  },
});
