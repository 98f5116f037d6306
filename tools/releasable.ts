/**
 * Says what a release still lacks, and exits with 1 then:  node tools/releasable.ts
 *
 * The release workflow begins with it, and so does `npm publish` anywhere. It needs no packages.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface ReleaseState {
  readonly manifest: { readonly version: string; readonly repository?: string | { readonly url?: string } };
  /** The names of the changesets that no version has yet. */
  readonly changesets: readonly string[];
  readonly changelog: string;
  /** `owner/name` on GitHub, where a workflow runs there. */
  readonly repository: string | undefined;
  /** The tag that the workflow runs for. */
  readonly tag: string | undefined;
}

/** A sentence for each thing that is to be done before this can be published. */
export function lacking({ manifest, changesets, changelog, repository, tag }: ReleaseState): readonly string[] {
  const { version } = manifest;
  const named = typeof manifest.repository === 'string' ? manifest.repository : (manifest.repository?.url ?? '');
  const url = `git+https://github.com/${repository ?? 'OWNER/turnout'}.git`;
  const isNamed = repository === undefined ? named !== '' : named === url;
  const sentences = [
    isNamed
      ? ''
      : `package.json ${named === '' ? 'has no `repository`' : `has ${named} as \`repository\``}, and npm publishes with provenance only from there: add "repository": { "type": "git", "url": "${url}" }.`,
    changesets.length === 0
      ? ''
      : `No version has ${changesets.join(', ')} yet: run \`npm run release\`, and commit what it changes.`,
    changelog.split('\n').includes(`## ${version}`)
      ? ''
      : `CHANGELOG.md has no heading \`## ${version}\`: what the version in package.json brings has to be there.`,
    tag === undefined || tag === `v${version}`
      ? ''
      : `The tag is ${tag}, and package.json has version ${version}: the tag has to be v${version}.`,
  ];
  return sentences.filter((sentence) => sentence !== '');
}

/** The checkout at `root`, and the workflow that runs there, if one does. */
export function releaseState(root: string, env: Readonly<Record<string, string | undefined>>): ReleaseState {
  const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
  return {
    manifest: JSON.parse(read('package.json')) as ReleaseState['manifest'],
    changesets: globSync('.changeset/*.md', { cwd: root }).filter((file) => path.basename(file) !== 'README.md'),
    changelog: read('CHANGELOG.md'),
    repository: env['GITHUB_REPOSITORY'],
    tag: env['GITHUB_REF_TYPE'] === 'tag' ? env['GITHUB_REF_NAME'] : undefined,
  };
}

if (import.meta.main) {
  const sentences = lacking(releaseState(path.dirname(import.meta.dirname), process.env));
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`);
  process.exitCode = sentences.length === 0 ? 0 : 1;
}
