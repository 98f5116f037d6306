import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { RedisServer } from '../../config/redis-url.ts';
import { defined } from '../../domain/defined.ts';
import { redisError } from './errors.ts';

const RECONNECT_MAX_MS = 1000;

/** A connection with a timeout for every command, made on the first one. Rejects with `OperatorError`s only. */
export class RedisClient {
  readonly #server: RedisServer;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  #redis: Promise<Redis | Cluster> | undefined;
  /** Whether it was ever connected: only then are reconnects retried. */
  #wasReady = false;
  #connectionError: Error | undefined;

  constructor(server: RedisServer, timeoutMs: number, clock: Clock) {
    this.#server = server;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  async script(lua: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const sha = createHash('sha1').update(lua).digest('hex');
    return this.command(async (redis) =>
      redis.evalsha(sha, keys.length, ...keys, ...args).catch((error: unknown) => {
        // Scripts are cached in memory only: a restarted server needs the text again.
        if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
        return redis.eval(lua, keys.length, ...keys, ...args);
      }),
    );
  }

  async command<T>(run: (redis: Redis | Cluster) => Promise<T>): Promise<T> {
    this.#redis ??= this.#open();
    const redis = await this.#redis;
    try {
      return await this.#withTimeout(run(redis));
    } catch (error) {
      // The cause is reported by an event; the command only fails as closed.
      const isClosed = /^(Connection is closed|Failed to refresh slots|no answer)/.test(messageOf(error));
      throw redisError(this.#server, isClosed ? (this.#connectionError ?? error) : error);
    }
  }

  /** Disconnects at once, even from a server that does not respond. */
  close(): void {
    void this.#redis?.then((redis) => redis.disconnect());
  }

  /** ioredis's own timeout does not apply to commands that wait for the nodes of a cluster. */
  async #withTimeout<T>(answer: Promise<T>): Promise<T> {
    const answered = new AbortController();
    const limit = this.#clock.sleep(this.#timeoutMs, answered.signal).then(
      () => Promise.reject(new Error(`no answer within ${this.#timeoutMs / 1000} s`)),
      () => answer,
    );
    return Promise.race([answer, limit]).finally(() => answered.abort());
  }

  async #open(): Promise<Redis | Cluster> {
    const ioredis = await import('ioredis');
    const redis =
      this.#server.mode === 'cluster'
        ? new ioredis.Cluster([...this.#server.hosts], this.#clusterOptions())
        : new ioredis.Redis(this.#options());
    redis.on('ready', () => {
      this.#wasReady = true;
      this.#connectionError = undefined;
    });
    redis.on('error', (error: Error) => (this.#connectionError = error));
    // ioredis has given up, which also happens on a failover while it connects: the next command connects anew.
    redis.on('end', () => (this.#redis = undefined));
    return redis;
  }

  #options() {
    const { hosts, socket, mode, name, db, sentinelUsername, sentinelPassword, tls } = this.#server;
    const sentinels = {
      sentinels: [...hosts],
      ...defined({ name, sentinelUsername, sentinelPassword }),
      sentinelRetryStrategy: this.#retry,
      sentinelCommandTimeout: this.#timeoutMs,
      // Both the server and the sentinels.
      ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
      failoverDetector: true,
    };
    const place = socket === undefined ? (mode === 'sentinel' ? sentinels : { ...hosts[0]! }) : { path: socket };
    return { ...this.#common(), ...place, db, lazyConnect: true, retryStrategy: this.#retry };
  }

  #clusterOptions() {
    return {
      redisOptions: this.#common(),
      lazyConnect: true,
      clusterRetryStrategy: this.#retry,
      slotsRefreshTimeout: this.#timeoutMs,
      // Certificates contain the names that the cluster announces, not their addresses.
      ...(this.#server.tls
        ? { dnsLookup: (host: string, found: (error: null, address: string) => void) => found(null, host) }
        : {}),
    };
  }

  #common() {
    const { username, password, tls } = this.#server;
    return {
      ...defined({ username, password, tls: tls ? {} : undefined }),
      connectTimeout: this.#timeoutMs,
      // Commands wait for a new connection until `#withTimeout` ends.
      maxRetriesPerRequest: null,
      // After a failover the former master is a replica: reconnect to the new master and send the command again.
      reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? (2 as const) : false),
    };
  }

  readonly #retry = (times: number): number | null => {
    if (!this.#wasReady && times > 1) return null;
    return Math.min(50 * times, RECONNECT_MAX_MS);
  };
}
