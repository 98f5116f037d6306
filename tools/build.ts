/**
 * Builds `dist/` and `THIRD-PARTY-NOTICES.md`:  node tools/build.ts [--quiet]
 *
 * Chunks lie in `dist/chunks/`, so that a module there is as deep below the package as its source in `src/<folder>/`:
 * a path relative to `import.meta.url` is true both from source and bundled.
 */
import { readFileSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { isolatedDeclarationSync } from 'rolldown/experimental';
import type { InputOptions, OutputChunk } from 'rolldown';
import { bundledPackages, notices } from './build/notices.ts';
import { plainNodeHttp } from './build/node-http.ts';
import { ownCopy } from './build/own-copy.ts';
import { oneStringWidth } from './build/string-width.ts';

const root = path.dirname(import.meta.dirname);
/** The module that is `turnout/sandbox`; its types are self-contained. */
const SANDBOX = path.join(root, 'src/commands/start-sandbox.ts');
const SHEBANG = '#!/usr/bin/env node\n';

export interface BuildOptions {
  /** The module that becomes `turnout.js`; `src/cli.ts` unless said otherwise. */
  readonly input?: string;
  /** Where to; `dist` unless said otherwise. Emptied first. */
  readonly outDir?: string;
}

export interface Built {
  readonly chunks: readonly OutputChunk[];
  /** Text of THIRD-PARTY-NOTICES.md: the licences of what was really bundled. */
  readonly notices: string;
}

/**
 * What is loaded together lies in one file, since every file costs time to start: the command line, what tells of an
 * environment's record, and what looks at an environment of the usual kind. The rest is divided by what asks for it.
 */
const TOGETHER = [
  { name: 'version', test: /\/src\/commands\/version\.ts$/ },
  { name: 'main', test: /\/src\/main\.ts$/ },
  { name: 'record', test: /\/src\/(?:commands\/(?:lock|history)|stores\/file)\.ts$/ },
  {
    name: 'environment',
    test: /\/src\/(?:commands\/status(?:-report)?|fleets\/ec2\/index|aws\/(?:ec2|elbv2)|traffic\/target-groups)\.ts$/,
  },
];

/** Bundles the program. Throws on the bundler's warnings and when a bundled package says no licence. */
export async function build(options: BuildOptions = {}): Promise<Built> {
  const input = options.input ?? path.join(root, 'src/cli.ts');
  const dir = options.outDir ?? path.join(root, 'dist');
  await rm(dir, { recursive: true, force: true });
  const chunks = await bundle(input, dir);
  await makeExecutable(path.join(dir, 'turnout.js'));
  await writeFile(path.join(dir, 'sandbox.d.ts'), await typesOf(SANDBOX));
  return { chunks, notices: notices(await bundledPackages(chunks)) };
}

/** What does not depend on where the bundle goes. */
export function bundlerOptions(): InputOptions {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    platform: 'node',
    // The SDK's ESM builds (`module`) can be tree-shaken, its CommonJS ones (`main`) can't.
    resolve: { mainFields: ['module', 'main'] },
    transform: {
      define: { TURNOUT_COMMIT: JSON.stringify(commit()), TURNOUT_VERSION: JSON.stringify(version) },
    },
    plugins: [
      ownCopy({ importers: /\/src\/sandbox\//, packages: /\/node_modules\/@aws-sdk\/client-.*\.js$/ }),
      oneStringWidth(),
      plainNodeHttp(),
    ],
    // A warning here is a fault later: an import that was not resolved, a cycle, an eval. But what the sandbox imports
    // statically, and turnout only where it is needed, is right, and is warned of in some builds only.
    onLog: (level, log, report) => {
      if (level === 'warn' && log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') throw new Error(`bundler: ${log.message}`);
      report(level, log);
    },
  };
}

async function bundle(input: string, dir: string): Promise<readonly OutputChunk[]> {
  await using bundler = await rolldown({ ...bundlerOptions(), input: { turnout: input, sandbox: SANDBOX } });
  // Not minified: it costs no time to start (measured), and a stack trace in a bug report stays readable.
  const { output } = await bundler.write({
    dir,
    format: 'esm',
    comments: false,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    codeSplitting: { groups: TOGETHER },
  });
  return output.filter((file) => file.type === 'chunk');
}

/** The declarations of a module, which must not depend on those of others. */
async function typesOf(file: string): Promise<string> {
  const { code, errors } = isolatedDeclarationSync(file, await readFile(file, 'utf8'));
  if (errors.length > 0 || /\bimport\b/.test(code))
    throw new Error(`The types of ${file} cannot stand alone:\n${code}`);
  return code;
}

/** With `-dirty` where files were changed; `unknown` outside of a checkout. */
function commit(): string {
  const args = ['describe', '--always', '--dirty', '--abbrev=10', '--exclude=*'];
  try {
    return execFileSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}

async function makeExecutable(file: string): Promise<void> {
  const code = await readFile(file, 'utf8');
  if (!code.startsWith('#!')) await writeFile(file, SHEBANG + code);
  await chmod(file, 0o755);
}

/** Sizes of all chunks, the largest first, and their sum. */
export function sizes(chunks: readonly OutputChunk[]): string {
  const rows = chunks.map(({ fileName, code }) => ({
    fileName,
    bytes: Buffer.byteLength(code),
    zipped: gzipSync(code).length,
  }));
  const sum = (pick: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((total, row) => total + pick(row), 0);
  const all = { fileName: `${rows.length} files`, bytes: sum((row) => row.bytes), zipped: sum((row) => row.zipped) };
  return [...rows.toSorted((a, b) => b.bytes - a.bytes), all]
    .map((row) => `${kilobytes(row.bytes)}  ${kilobytes(row.zipped)} gzip  ${row.fileName}`)
    .join('\n');
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1).padStart(8)} kB`;
}

if (import.meta.main) {
  const built = await build();
  await writeFile(path.join(root, 'THIRD-PARTY-NOTICES.md'), built.notices);
  if (!process.argv.includes('--quiet')) process.stdout.write(`${sizes(built.chunks)}\n`);
}
