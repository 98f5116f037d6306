import type { Clock } from '../clock.ts';
import type { Config, DynamoDbStoreConfig } from '../config/config.ts';
import { Session, type SessionOptions } from '../aws/session.ts';
import type { Store } from './store.ts';

/** Who asks, for the logs of a store that keeps some. */
export type Agent = Pick<SessionOptions, 'run' | 'version'>;

/** Opens the store that the config names; only that kind's code is loaded, and nothing is asked of it yet. */
export async function openStore(config: Config, clock: Clock, agent: Agent): Promise<Store> {
  const { environment, store } = config;
  if (store.kind === 'file') {
    const { openFileStore } = await import('./file.ts');
    return openFileStore(store.path, { environment, clock });
  }
  const timeoutMs = timeoutOf(store.ttlMs);
  if (store.kind === 'redis') {
    const { openRedisStore } = await import('./redis/index.ts');
    return openRedisStore({ environment, clock, server: store.server, prefix: store.prefix, timeoutMs });
  }
  const { openDynamoDbStore } = await import('./dynamodb/index.ts');
  const session = sessionOf(config, store, clock, agent);
  return openDynamoDbStore(session, { environment, table: store.table, timeoutMs });
}

/** Makes what the store needs to be there: true when it was made, false when it was there, undefined when nothing is needed. */
export async function createStore(config: Config, clock: Clock, agent: Agent): Promise<boolean | undefined> {
  const { store } = config;
  if (store.kind !== 'dynamodb') return undefined;
  const { tableOf } = await import('./dynamodb/index.ts');
  const options = { table: store.table, timeoutMs: timeoutOf(store.ttlMs) };
  const table = tableOf(sessionOf(config, store, clock, agent), options);
  return table.create().finally(() => table.close());
}

/**
 * Several tries have to fit into the time after which a lease is no longer surely ours; though a process that has only begun
 * may take a second to hear an answer.
 */
function timeoutOf(ttlMs: number): number {
  return Math.min(5000, Math.max(Math.min(1000, ttlMs / 2), ttlMs / 6));
}

/** A session of its own: the store is what guards changes, and its requests are no traffic to be counted or held back. */
function sessionOf(config: Config, store: DynamoDbStoreConfig, clock: Clock, agent: Agent): Session {
  const { region, profile, endpoint } = { ...config, ...store };
  return new Session({
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...agent,
    clock,
    maxAttempts: 3,
    requestsPerSecond: 50,
    changes: 'retried',
    beforeChange: async () => undefined,
    onThrottled: () => undefined,
  });
}
