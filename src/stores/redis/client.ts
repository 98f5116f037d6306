import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { RedisServer } from '../../config/redis-url.ts';
import { redisError } from './errors.ts';

/** A connection that answers in time or rejects, always with an `OperatorError`. */
export interface RedisClient {
  script(lua: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  command<T>(run: (redis: Redis | Cluster) => Promise<T>): Promise<T>;
  /** Hangs up at once, also on a server that does not answer. */
  close(): void;
}

/** Opens no connection before the first command. */
export function connectRedis(server: RedisServer, timeoutMs: number, clock: Clock): RedisClient {
  return new Client(server, timeoutMs, clock);
}

const RECONNECT_MAX_MS = 1000;

class Client implements RedisClient {
  readonly #server: RedisServer;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  #redis: Promise<Redis | Cluster> | undefined;
  /** Whether it was ever connected: only then a broken connection is worth being made again and again. */
  #wasReady = false;
  #trouble: Error | undefined;

  constructor(server: RedisServer, timeoutMs: number, clock: Clock) {
    this.#server = server;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  async script(lua: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const sha = createHash('sha1').update(lua).digest('hex');
    return this.command(async (redis) =>
      redis.evalsha(sha, keys.length, ...keys, ...args).catch((error: unknown) => {
        // Scripts are kept in memory only: a server that was restarted has to be told again.
        if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
        return redis.eval(lua, keys.length, ...keys, ...args);
      }),
    );
  }

  async command<T>(run: (redis: Redis | Cluster) => Promise<T>): Promise<T> {
    this.#redis ??= this.#open();
    const redis = await this.#redis;
    try {
      return await this.#inTime(run(redis));
    } catch (error) {
      // What ends a connection is told by an event; the command only learns that it is closed.
      const isClosed = /^(Connection is closed|Failed to refresh slots|no answer)/.test(messageOf(error));
      throw redisError(this.#server, isClosed ? (this.#trouble ?? error) : error);
    }
  }

  close(): void {
    void this.#redis?.then((redis) => redis.disconnect());
  }

  /** ioredis's own limit does not hold for commands that wait for a cluster's nodes. */
  async #inTime<T>(answer: Promise<T>): Promise<T> {
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
      this.#trouble = undefined;
    });
    redis.on('error', (error: Error) => (this.#trouble = error));
    // It has given up, as it does also when a failover is told while it connects: the next command begins anew.
    redis.on('end', () => (this.#redis = undefined));
    return redis;
  }

  #options() {
    const { hosts, socket, mode, name, db, sentinelUsername, sentinelPassword, tls } = this.#server;
    const sentinels = {
      sentinels: [...hosts],
      ...(name === undefined ? {} : { name }),
      ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
      ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
      sentinelRetryStrategy: this.#retry,
      sentinelCommandTimeout: this.#timeoutMs,
      // Both the server and those who know where it is.
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
      // The names in a certificate are those that the cluster tells, not the addresses behind them.
      ...(this.#server.tls
        ? { dnsLookup: (host: string, found: (error: null, address: string) => void) => found(null, host) }
        : {}),
    };
  }

  #common() {
    const { username, password, tls } = this.#server;
    return {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls ? { tls: {} } : {}),
      connectTimeout: this.#timeoutMs,
      // Commands wait for a new connection, for as long as `#inTime` lets them.
      maxRetriesPerRequest: null,
      // After a failover the former master is a replica: look for the new one, and ask it.
      reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? (2 as const) : false),
    };
  }

  readonly #retry = (times: number): number | null => {
    if (!this.#wasReady && times > 1) return null;
    return Math.min(50 * times, RECONNECT_MAX_MS);
  };
}
