import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseDocument } from 'yaml';
import { Program } from '../support/program.ts';

const SAMPLE = path.resolve(import.meta.dirname, '../../config/sandbox.yml');

/** A copy of the example config whose load balancer listens at that port, or at free ones. */
async function folderWith(productionPort?: number): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'turnout-sandbox-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'sandbox.yml');
  const document = parseDocument(await readFile(SAMPLE, 'utf8'));
  const [one, two, name] = await freePorts();
  document.setIn(['sandbox', 'productionPort'], productionPort ?? one);
  document.setIn(['sandbox', 'testPort'], two);
  document.setIn(['sandbox', 'dns', 'port'], name);
  await writeFile(file, document.toString());
  return folder;
}

async function freePorts(): Promise<readonly number[]> {
  const servers = Array.from({ length: 3 }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}

function sandboxIn(folder: string, flags = '--port 0 --json'): Program {
  const env = { PATH: process.env['PATH'] ?? '' };
  const command = `sandbox --config sandbox.yml ${flags}`;
  const program = new Program(command, command.split(' ').filter(Boolean), { cwd: folder, env });
  onTestFinished(() => program[Symbol.asyncDispose]());
  return program;
}

test('the sandbox says where it is, serves the old release, and is gone after Ctrl-C', async () => {
  const folder = await folderWith();
  const sandbox = sandboxIn(folder);
  const ready = await sandbox.line(({ type }) => type === 'sandbox-ready');
  const { production, test: trial } = ready['urls'] as { production: readonly string[]; test: readonly string[] };
  expect(await (await fetch(production[0]!)).json()).toMatchObject({ release: '41' });
  expect((await fetch(trial[0]!)).status, 'the test group is empty').toBe(503);
  const env = { PATH: process.env['PATH'] ?? '', ...(ready['exports'] as Record<string, string>) };
  const status = new Program('status', ['status', '--config', 'sandbox.yml'], { cwd: folder, env });
  expect(await status.ended).toMatchObject({ exitCode: 0, stderr: '' });
  sandbox.kill('SIGINT');
  expect(await sandbox.ended).toMatchObject({ exitCode: 0, stderr: '' });
  await expect(fetch(production[0]!)).rejects.toThrow('fetch failed');
});

test('the sandbox refuses a port that is taken, with a sentence', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ended = await sandboxIn(await folderWith(port)).ended;
  expect(ended.lines).toMatchObject([{ type: 'finished', result: 'refused', exitCode: 2 }]);
  expect(ended.stdout).toContain(`Port ${port} of 127.0.0.1`);
  expect(ended.exitCode).toBe(2);
});
