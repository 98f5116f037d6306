import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import { startRig, type Rig } from '../../tools/rig/sandbox.ts';

/** The README is what a newcomer sees: its commands are run as they stand there, its outputs compared. */

const root = path.resolve(import.meta.dirname, '../..');
const readme = await readFile(path.join(root, 'README.md'), 'utf8');

/** Blocks between fences, by the language that is named. */
function blocks(language: string): readonly string[] {
  // Every second piece lies between an opening and a closing fence.
  const inside = readme.split(/^```/m).filter((_, index) => index % 2 === 1);
  const fenced = inside.map((piece) => ({ named: piece.split('\n')[0], text: piece.slice(piece.indexOf('\n') + 1) }));
  return fenced.filter(({ named }) => named === language).map(({ text }) => text);
}

const TURNOUT = 'npm run -s turnout -- ';

/** The commands of the section "Try it by hand", the one that starts the sandbox left out. */
function session(): readonly string[] {
  const lines = blocks('sh').flatMap((block) => block.trim().split('\n'));
  return lines
    .filter((line) => line.startsWith(TURNOUT))
    .map((line) => line.slice(TURNOUT.length))
    .slice(1);
}

async function npm(rig: Rig, args: readonly string[]): Promise<string> {
  const env = { ...rig.env, TURNOUT_CONFIG: rig.config, NO_COLOR: '1', COLUMNS: '110' };
  const { stdout } = await promisify(execFile)('npm', ['run', '-s', ...args], { cwd: root, env });
  return stdout;
}

/** Ids, times and names differ from run to run. */
function normal(text: string): string {
  return text
    .replaceAll(/^\d\d:\d\d:\d\dZ /gm, '')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1')
    .replaceAll(/i-[0-9a-f]{17}/g, 'i-0')
    .replaceAll(/by \S+ \(run [\w-]+\)/g, 'by somebody')
    .trim();
}

test('the session "try it by hand" works as it stands, and shows the plan that the README shows', async () => {
  await using rig = await startRig();
  const [status = '', up = '', ...rest] = session();
  for (const command of [status, up]) await npm(rig, ['turnout', '--', ...command.split(' ')]);
  const plan = blocks('').find((block) => block.startsWith('$ turnout promote --plan')) ?? 'no such block';
  expect(normal(await npm(rig, ['turnout', '--', 'promote', '--plan']))).toContain(normal(plan.replace(/^.*\n/, '')));
  for (const command of rest) await npm(rig, ['turnout', '--', ...command.split(' ')]);
  expect(await npm(rig, ['turnout', '--', 'history'])).toContain('42 serves production and is the only fleet.');
  expect([status, up, ...rest]).toHaveLength(7);
}, 120_000);

test('the main command shows a deploy without a failed request', async () => {
  expect(blocks('sh')[0]?.trim()).toBe('npm ci && npm run demo');
  // Without its first half: the other tests are using what it would build again.
  expect(await script('demo')).toBe('node tools/build.ts --quiet && node tools/demo/main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['tools/demo/main.ts', '--json'], { cwd: root });
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { requests: { total: number; failed: number } };
  expect(result.requests.failed).toBe(0);
  expect(result.requests.total).toBeGreaterThan(1000);
}, 120_000);

test('it is short, and leads to every page', async () => {
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  const pages = (await readdir(path.join(root, 'docs'))).filter((name) => name.endsWith('.md'));
  for (const name of pages) expect(readme).toContain(`(docs/${name})`);
});

test('every exit code is told, and every npm script that it names exists', async () => {
  const guarantees = await readFile(path.join(root, 'docs/guarantees.md'), 'utf8');
  const codes = [...guarantees.matchAll(/^\| +(\d+) +\|/gm)].map(([, code]) => Number(code));
  expect(codes).toEqual(Object.values(ExitCode));
  const named = [...readme.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name = '']) => name);
  for (const name of named) expect(await script(name), name).toBeDefined();
});

async function script(name: string): Promise<string | undefined> {
  const text = await readFile(path.join(root, 'package.json'), 'utf8');
  return (JSON.parse(text) as { scripts: Record<string, string> }).scripts[name];
}
