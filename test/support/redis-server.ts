import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { TestContext } from 'vitest';
import { poll } from './poll.ts';

/** What starts a server; undefined where it is not installed. Valkey's takes the same arguments. */
export const REDIS = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);

const ABSENT = 'there is no redis-server on the PATH; get it with: apt-get install redis-server';

/** Says in one line, where there is no Redis, that a file's tests did not run; with TURNOUT_REQUIRE_ALL=1 it fails. */
export function needsRedis(context: TestContext): void {
  if (REDIS !== undefined) return;
  if (process.env.TURNOUT_REQUIRE_ALL === '1') throw new Error(ABSENT);
  context.skip(`no test that needs a Redis ran here, as ${ABSENT}`);
}

/** They end with this process. */
const started = new Set<RedisServer>();
process.once('exit', () => {
  for (const server of started) server.signal('SIGKILL');
});

/**
 * A server of our own, on a free port and a socket, that keeps its data in a folder only where its options say so. The
 * arguments may begin with a config file.
 */
export class RedisServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'turnout-redis-'));
  readonly socket = join(this.folder, 'redis.sock');
  readonly args: readonly string[];
  port = 0;
  #process: ChildProcess | undefined;

  constructor(...args: readonly string[]) {
    this.args = args;
  }

  get url(): string {
    return `${this.args.includes('--tls-cert-file') ? 'rediss' : 'redis'}://127.0.0.1:${this.port}`;
  }

  /** Starts it, or starts it again on the same port. */
  async start(): Promise<this> {
    if (this.port === 0) this.port = await freePort();
    const isTls = this.args.includes('--tls-cert-file');
    const place = [
      ...(isTls ? ['--port', '0', '--tls-port'] : ['--port']),
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--unixsocket',
      this.socket,
      '--dir',
      this.folder,
    ];
    const quiet = ['--save', '', '--loglevel', 'warning', '--daemonize', 'no'];
    if (this.#process === undefined) started.add(this);
    this.#process = spawn(REDIS!, [...this.args, ...place, ...quiet], { stdio: 'ignore' });
    await poll(() => this.#answers(), 'an answer of redis-server', 10_000);
    return this;
  }

  async #answers(): Promise<boolean> {
    const redis = new Redis({ path: this.socket, lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => undefined);
    try {
      return (await redis.ping()) === 'PONG';
    } catch (error) {
      // It answers, though not to everybody.
      return /NOAUTH/.test(String(error));
    } finally {
      redis.disconnect();
    }
  }

  /** Sends it a command, past what it asks of its clients. */
  async call(command: string, ...args: readonly string[]): Promise<unknown> {
    const redis = new Redis({
      path: this.socket,
      lazyConnect: true,
      retryStrategy: () => null,
      enableReadyCheck: false,
    });
    redis.on('error', () => undefined);
    try {
      return await redis.call(command, ...args);
    } finally {
      redis.disconnect();
    }
  }

  async configure(name: string, value: string): Promise<void> {
    await this.call('CONFIG', 'SET', name, value);
  }

  /** SIGSTOP freezes it, SIGCONT lets it go on. */
  signal(name: NodeJS.Signals): void {
    this.#process!.kill(name);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    started.delete(this);
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
