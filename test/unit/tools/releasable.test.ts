import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { lacking, releaseState, type ReleaseState } from '../../../tools/releasable.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const URL = 'git+https://github.com/acme/turnout.git';

const READY: ReleaseState = {
  manifest: { version: '0.2.0', repository: { url: URL } },
  changesets: [],
  changelog: '# Changelog\n\n## 0.2.0\n\n- More\n',
  repository: 'acme/turnout',
  tag: 'v0.2.0',
};

test('what is ready lacks nothing, in the workflow and at a desk', () => {
  expect(lacking(READY)).toEqual([]);
  expect(lacking({ ...READY, repository: undefined, tag: undefined })).toEqual([]);
});

test.for<[string, Partial<ReleaseState>, RegExp]>([
  [
    'no repository',
    { manifest: { version: '0.2.0' } },
    /has no `repository`.*add "repository": .*"git\+https:\S+acme\/turnout\.git"/,
  ],
  ['no repository, at a desk', { manifest: { version: '0.2.0' }, repository: undefined }, /has no `repository`.*OWNER/],
  [
    'another repository',
    { repository: 'fork/turnout' },
    /has git\+https:\S+acme\/turnout\.git as `repository`.*fork\/turnout\.git/,
  ],
  [
    'changesets without a version',
    { changesets: ['.changeset/one.md'] },
    /No version has \.changeset\/one\.md yet: run `npm run release`/,
  ],
  [
    'a changelog without the version',
    { changelog: '# Changelog\n\n## 0.2.0 (not released yet)\n' },
    /has no heading `## 0\.2\.0`/,
  ],
  ['another tag', { tag: 'v0.3.0' }, /The tag is v0\.3\.0.*has to be v0\.2\.0/],
])('%s is said', ([, change, says]) => {
  const sentences = lacking({ ...READY, ...change });
  expect(sentences).toHaveLength(1);
  expect(sentences[0]).toMatch(says);
});

test('the workflow of a release begins with it, and so does a publish by hand', () => {
  const workflow = parse(readFileSync(path.join(root, '.github/workflows/release.yml'), 'utf8')) as {
    readonly jobs: { readonly publish: { readonly steps: readonly { readonly run?: string }[] } };
  };
  const [first] = workflow.jobs.publish.steps.flatMap(({ run }) => run ?? []);
  expect(first).toBe('node tools/releasable.ts');
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  expect(scripts['prepublishOnly']).toBe(first);
});

test('each changeset says how far it takes the version, and has text', () => {
  const example = /```\n(---[\s\S]*?)```/.exec(readFileSync(path.join(root, '.changeset/README.md'), 'utf8'))?.[1];
  const { changesets } = releaseState(root, {});
  for (const text of [example ?? '', ...changesets.map((file) => readFileSync(path.join(root, file), 'utf8'))]) {
    const [, front = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? [];
    expect(parse(front), text).toEqual({ turnout: expect.stringMatching(/^(?:patch|minor|major)$/) as string });
    expect(body.trim(), text).not.toBe('');
  }
});
