import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { parseDocument, type Document } from 'yaml';

/** The deploy script of the config. */
export const DEPLOY = path.join(import.meta.dirname, 'deploy.ts');
const FOLDER = path.resolve(import.meta.dirname, '../../config');

/** The example config of each kind of traffic. */
export const TEMPLATES = {
  'target-groups': 'sandbox.yml',
  'weighted-listener': 'weighted-listener.yml',
  'weighted-dns': 'weighted-dns.yml',
} as const;
export type Traffic = keyof typeof TEMPLATES;

/** What servers are, beside those of the example configs. */
export const FLEET_SECTIONS = {
  ec2: undefined,
  'auto-scaling': { kind: 'auto-scaling', groups: ['shop-a', 'shop-b'], image: { name: 'shop-{release}' } },
} as const;
export type FleetKind = keyof typeof FLEET_SECTIONS;

/** Writes a copy of an example config with free ports to a folder; returns its path. */
export async function writeConfig(
  folder: string,
  traffic: Traffic = 'target-groups',
  fleet: FleetKind = 'ec2',
): Promise<string> {
  const document = parseDocument(await readFile(path.join(FOLDER, TEMPLATES[traffic]), 'utf8'));
  if (FLEET_SECTIONS[fleet] !== undefined) document.set('fleet', document.createNode(FLEET_SECTIONS[fleet]));
  const [production, test, app, dns] = (await freePorts(4)) as [number, number, number, number];
  document.setIn(['sandbox', 'appPort'], app);
  if (traffic === 'weighted-listener') {
    document.setIn(['traffic', 'production', 0, 'port'], production);
    document.setIn(['traffic', 'test', 0, 'port'], test);
    document.setIn(['release', 'marker', 'url'], `http://127.0.0.1:${production}/`);
    document.setIn(['checks', 0, 'url'], `http://{address}:${app}/`);
    for (const group of [0, 1]) document.setIn(['traffic', 'groups', group, 'port'], app);
  } else {
    document.setIn(['sandbox', 'productionPort'], production);
    document.setIn(['sandbox', 'testPort'], test);
    document.setIn(['sandbox', 'dns', 'port'], dns);
    if (traffic === 'weighted-dns') {
      document.setIn(['traffic', 'nameServers'], [`127.0.0.1:${dns}`]);
      document.setIn(['release', 'marker', 'url'], `http://www.shop.test:${production}/`);
      document.setIn(['release', 'marker', 'nameServers'], [`127.0.0.1:${dns}`]);
    }
    for (const group of GROUPS[traffic]) document.setIn(['traffic', ...group, 'port'], app);
  }
  if (traffic === 'target-groups') {
    document.setIn(['deploy', 'run'], [process.execPath, DEPLOY]);
    document.setIn(['instanceCheck', 'url'], `http://{address}:${app}/health`);
  }
  document.setIn(['store', 'path'], path.join(folder, 'turnout.db'));
  document.setIn(['store', 'inCi'], true);
  const file = path.join(folder, 'turnout.yml');
  await writeFile(file, document.toString());
  return file;
}

/** Changes a config that was written. */
export async function editConfig(file: string, edit: (document: Document) => void): Promise<void> {
  const document = parseDocument(await readFile(file, 'utf8'));
  edit(document);
  await writeFile(file, document.toString());
}

/** Paths of the groups in the example. */
const GROUPS = {
  'target-groups': [
    ['production', 0],
    ['test', 0],
  ],
  'weighted-dns': [
    ['groups', 0],
    ['groups', 1],
  ],
} as const;

/** Free ports on loopback, all different. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
