import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { poll } from './poll.ts';
import { freePort, RedisServer } from './redis-server.ts';

/** Where Redis may be, besides on one server: behind Sentinel, in a cluster, behind TLS. */

/** What a user of turnout may do, as docs/store.md says it. */
export const RIGHTS = '+@read +@write +@scripting +@connection +time +info -@dangerous +info'.split(' ');

/** Servers that end together. */
export interface Servers extends AsyncDisposable {
  readonly all: readonly RedisServer[];
}

/** Those started up to now end also when the next one does not start. */
async function together<T extends object>(
  start: (
    begin: (server: RedisServer) => Promise<RedisServer>,
  ) => Promise<T & { readonly all: readonly RedisServer[] }>,
): Promise<T & Servers> {
  await using started = new AsyncDisposableStack();
  const servers = await start(async (server) => started.use(server).start());
  const kept = started.move();
  return { ...servers, [Symbol.asyncDispose]: async () => kept.disposeAsync() };
}

/** A cluster with this many masters, which share the slots. */
export async function startCluster(count: number, ...args: readonly string[]): Promise<Servers> {
  return together(async (begin) => {
    const nodes = await Promise.all(Array.from({ length: count }, async () => begin(await node(args))));
    const [first] = nodes as [RedisServer];
    const share = Math.ceil(SLOTS / count);
    for (const [index, one] of nodes.entries()) {
      const last = Math.min(SLOTS, (index + 1) * share) - 1;
      await one.call('CLUSTER', 'ADDSLOTSRANGE', String(index * share), String(last));
      // So that a vote is not a draw.
      await one.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    }
    for (const one of nodes.slice(1)) await one.call('CLUSTER', 'MEET', '127.0.0.1', String(first.port), busOf(first));
    for (const one of nodes) await poll(async () => isWhole(one, count), `a cluster of ${count}`, 20_000);
    return { all: nodes };
  });
}

const SLOTS = 16_384;

/**
 * The bus has a port of its own: Redis's choice, 10000 above the other one, is beyond the last port for many a free one.
 * A node that has met no other does not know its address, and could not tell clients.
 */
async function node(args: readonly string[]): Promise<RedisServer> {
  const bus = ['--cluster-port', String(await freePort())];
  return new RedisServer(...args, '--cluster-enabled', 'yes', ...bus, '--cluster-announce-ip', '127.0.0.1');
}

function busOf({ args }: RedisServer): string {
  return args[args.indexOf('--cluster-port') + 1] ?? '';
}

async function isWhole(one: RedisServer, count: number): Promise<boolean> {
  const info = String(await one.call('CLUSTER', 'INFO'));
  await systemClock.sleep(20);
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${count}\r`);
}

export interface Sentinels extends Servers {
  readonly master: RedisServer;
  readonly sentinel: RedisServer;
}

/** Of all servers; of those with the data; of the sentinel. */
interface Arguments {
  readonly args?: readonly string[];
  readonly users?: readonly string[];
  readonly watchers?: readonly string[];
}

/** A master called `shop`, a replica, and a sentinel that takes the replica as soon as the master is gone. */
export async function startSentinel({ args = [], users = [], watchers = [] }: Arguments): Promise<Sentinels> {
  return together(async (begin) => {
    const master = await begin(new RedisServer(...args, ...users, '--repl-diskless-sync-delay', '0'));
    const replica = await begin(new RedisServer(...args, ...users, '--replicaof', '127.0.0.1', String(master.port)));
    await poll(async () => String(await replica.call('ROLE')).includes('connected'), 'a replica', 20_000);
    const folder = master.folder;
    const config = join(folder, 'sentinel.conf');
    writeFileSync(
      config,
      [
        `sentinel monitor shop 127.0.0.1 ${master.port} 1`,
        // On a busy machine the replica must not be taken for dead, too; and if it is, it is soon tried again.
        'sentinel down-after-milliseconds shop 1500',
        'sentinel failover-timeout shop 1000',
      ].join('\n'),
    );
    const sentinel = await begin(new RedisServer(config, '--sentinel', ...args, ...watchers));
    const replicas = async (): Promise<string> => String(await sentinel.call('SENTINEL', 'REPLICAS', 'shop'));
    await poll(async () => (await replicas()).includes('master-link-status,ok'), 'a sentinel that knows both', 20_000);
    return { all: [sentinel, replica, master], master, sentinel };
  });
}

/** Arguments of a server with a self-signed certificate, and the file to trust it by. */
export function certificate(folder: string): {
  readonly args: readonly string[];
  readonly file: string;
  readonly text: string;
} {
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const name = ['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', file, ...name], { stdio: 'ignore' });
  const files = ['--tls-cert-file', file, '--tls-key-file', key, '--tls-ca-cert-file', file];
  const args = [...files, '--tls-auth-clients', 'no', '--tls-replication', 'yes', '--tls-cluster', 'yes'];
  return { args, file, text: readFileSync(file, 'utf8') };
}
