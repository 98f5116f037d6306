import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { parseDocument } from 'yaml';

/** The deploy script of its config. */
export const DEPLOY = path.join(import.meta.dirname, 'deploy.ts');
const TEMPLATE = path.resolve(import.meta.dirname, '../../config/sandbox.yml');

/** A copy of `config/sandbox.yml` in a folder, with ports that are free now; returns its path. */
export async function writeConfig(folder: string): Promise<string> {
  const document = parseDocument(await readFile(TEMPLATE, 'utf8'));
  const [production, test, app, dns] = await freePorts(4);
  document.setIn(['sandbox', 'productionPort'], production);
  document.setIn(['sandbox', 'testPort'], test);
  document.setIn(['sandbox', 'appPort'], app);
  document.setIn(['sandbox', 'dns', 'port'], dns);
  for (const pool of ['production', 'test']) document.setIn(['traffic', pool, 0, 'port'], app);
  document.setIn(['deploy', 'run'], [process.execPath, DEPLOY]);
  document.setIn(['instanceCheck', 'url'], `http://{address}:${app}/health`);
  document.setIn(['store', 'path'], path.join(folder, 'turnout.db'));
  const file = path.join(folder, 'turnout.yml');
  await writeFile(file, document.toString());
  return file;
}

/** Ports on loopback that nobody listens at, all different. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
