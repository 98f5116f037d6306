/** Which packages are in a bundle, and the text that their licences ask us to pass on. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { OutputChunk } from 'rolldown';

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly license: string;
  /** The licence (and notice) files' text; for a package that ships none, who wrote it. */
  readonly text: string;
}

/** The packages of which at least one byte is in the chunks, by name. Throws when one says no licence. */
export async function bundledPackages(chunks: readonly OutputChunk[]): Promise<readonly BundledPackage[]> {
  const used = chunks.flatMap((chunk) =>
    Object.entries(chunk.modules).filter(([, module]) => module.renderedLength > 0),
  );
  const folders = new Set(used.map(([id]) => packageFolder(id)).filter((folder) => folder !== undefined));
  const packages = await Promise.all([...folders].map(readPackage));
  return packages.toSorted((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
}

/** `/x/node_modules/@a/b` of `/x/node_modules/@a/b/c/d.js`; nothing for a module of ours. */
export function packageFolder(moduleId: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(moduleId.replaceAll('\\', '/'))?.[0];
}

async function readPackage(folder: string): Promise<BundledPackage> {
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as Manifest;
  const { name, version, license } = manifest;
  if (typeof license !== 'string' || license === '') throw new Error(`${name}@${version} says no licence`);
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  const text = texts.map((each) => each.replaceAll('\r\n', '\n').trim()).join('\n\n');
  return { name, version, license, text: text || `Copyright ${authorOf(manifest)}. It ships no licence file.` };
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
  readonly author?: string | { readonly name: string };
}

function authorOf({ name, author }: Manifest): string {
  return (typeof author === 'string' ? author : author?.name) ?? `the authors of ${name}`;
}

/** The text of THIRD-PARTY-NOTICES.md; packages with the same licence text share it. */
export function notices(packages: readonly BundledPackage[]): string {
  const unique = new Map(packages.map((each) => [`${each.name} ${each.version}`, each]));
  const byText = Map.groupBy(unique.values(), ({ license, text }) => `${license}\n${text}`);
  const sections = [...byText.values()].map((group) => {
    const names = group.map(({ name, version }) => `- ${name} ${version}`).join('\n');
    return `## ${group[0]!.license}\n\n${names}\n\n\`\`\`text\n${group[0]!.text}\n\`\`\`\n`;
  });
  const head = 'The program in `dist/` contains these packages, in whole or in part, under the licences given here.';
  return `# Third-party notices\n\n${head}\n\n${sections.join('\n')}`;
}
