import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeConfig } from '../tools/rig/config.ts';
import { firstJsonLine, keepErrors } from '../tools/rig/lines.ts';
import { nodeBinary, nodePackage, npm } from '../tools/rig/node.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '..');
let folder = '';
let tarball = '';

// The package as people get it: packed, and installed where nothing else is.
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'turnout-pack-'));
  // Without scripts, since `prepack` builds what the global setup has just built.
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
  });
  tarball = path.join(folder, (JSON.parse(stdout) as [{ filename: string }])[0].filename);
  await npm(['install', '--no-package-lock', tarball], folder, 60_000);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function turnout(node: string, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const env = { PATH: path.dirname(node), HOME: folder, NODE_COMPILE_CACHE: path.join(folder, 'cache') };
  return run(node, [path.join(folder, 'node_modules/turnout/dist/turnout.js'), ...args], { cwd: folder, env });
}

async function expectToRun(node: string): Promise<void> {
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const says = new RegExp(`^${manifest.version} \\(commit [0-9a-f]{10}(?:-dirty)?, Node \\d+\\.\\d+\\.\\d+\\)\n$`);
  expect(await turnout(node, '--version')).toEqual({ stdout: expect.stringMatching(says) as string, stderr: '' });
  const help = await turnout(node, '--help');
  expect(help.stderr).toBe('');
  for (const verb of ['up', 'promote', 'rollback', 'cleanup', 'status']) expect(help.stdout).toContain(verb);
  // These load what is loaded lazily: the config's reader, the store, the sandbox with the AWS clients.
  const config = ['--config', path.join(folder, 'node_modules/turnout/config/sandbox.yml')];
  expect(await turnout(node, 'history', ...config)).toEqual({ stdout: 'No runs yet.\n', stderr: '' });
  await expectSandbox(node, await writeConfig(folder));
}

/** A whole task against a sandbox, both run by this Node. */
async function expectSandbox(node: string, config: string): Promise<void> {
  const program = path.join(folder, 'node_modules/turnout/dist/turnout.js');
  const sandbox = spawn(node, [program, 'sandbox', '--json', '--port', '0', '--config', config], { cwd: folder });
  try {
    const ready = await firstJsonLine<{ exports: Record<string, string> }>(sandbox, 30_000, keepErrors(sandbox));
    const env = { PATH: path.dirname(node), HOME: folder, ...ready.exports };
    const { stdout, stderr } = await run(node, [program, 'up', '--release', '42', '-y', '--config', config], { env });
    expect(stdout).toContain('Done. 42 is healthy');
    expect(stderr).toBe('');
  } finally {
    const ended = once(sandbox, 'exit');
    sandbox.kill('SIGTERM');
    await ended;
  }
}

test('the package installs as one package, with all that it needs', async () => {
  const installed = await readdir(path.join(folder, 'node_modules'));
  expect(installed.filter((name) => !name.startsWith('.'))).toEqual(['turnout']);
  expect(await readdir(path.join(folder, 'node_modules/.bin'))).toEqual(['turnout']);
  const files = await readdir(path.join(folder, 'node_modules/turnout'));
  expect(files).toEqual(
    expect.arrayContaining(['dist', 'config', 'LICENSE', 'CHANGELOG.md', 'THIRD-PARTY-NOTICES.md']),
  );
  expect(files).not.toEqual(expect.arrayContaining(['src']));
});

test('its command runs by name', async () => {
  const bin = path.join(folder, 'node_modules/.bin');
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${path.dirname(process.execPath)}` };
  const { stdout, stderr } = await run('turnout', ['--version'], { env, cwd: folder });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+/);
  expect(stderr).toBe('');
});

test(`it runs without a warning on Node ${process.versions.node}`, async () => {
  await expectToRun(process.execPath);
});

test.for([22, 26] as const)('it runs without a warning on Node %d', { timeout: 240_000 }, async (major, context) => {
  const node = await nodeBinary(major).catch((error: unknown) => {
    if (process.env.TURNOUT_REQUIRE_ALL === '1') throw error;
    return context.skip(`npm could not install ${nodePackage(major)}; it needs a registry that has it`);
  });
  await expectToRun(node);
});

test('npx runs it by name', async () => {
  const stdout = await npm(['exec', '--offline', '--', 'turnout', '--version'], folder, 60_000);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+ \(/);
});

const OTHER_PROJECT = `
import { startSandbox, type LocalSandbox } from 'turnout/sandbox';
const sandbox: LocalSandbox = await startSandbox({ config: process.argv[2]! });
const [group] = sandbox.production;
const end = sandbox.fault({ kind: 'throttle', operation: 'Describe*', count: 1 });
end();
sandbox.resetTraffic();
const { status } = await fetch(group!.url);
const { total, failed } = sandbox.traffic();
await sandbox.close();
const refused = await fetch(group!.url).then(() => false, () => true);
console.log(JSON.stringify({ status, total, failed, refused, env: Object.keys(sandbox.env) }));
`;

test('another project starts the sandbox in its tests, with types', async () => {
  await writeFile(path.join(folder, 'own.mts'), OTHER_PROJECT);
  const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
  const types = ['--typeRoots', path.join(root, 'node_modules/@types')];
  await run(path.join(root, 'node_modules/.bin/tsc'), [...options, ...types, 'own.mts'], { cwd: folder });
  const { stdout, stderr } = await run(process.execPath, ['own.mts', await writeConfig(folder)], { cwd: folder });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    status: 200,
    total: 1,
    failed: 0,
    refused: true,
    env: expect.arrayContaining(['AWS_ENDPOINT_URL', 'TURNOUT_CONFIG']) as string[],
  });
});
