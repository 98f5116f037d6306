import type { Clock } from '../clock.ts';
import type { Config, DynamoDbStoreConfig } from '../config/config.ts';
import { regionOf } from '../aws/region.ts';
import { Session, type SessionOptions } from '../aws/session.ts';
import { defined } from '../domain/defined.ts';
import { openLocated } from './located.ts';
import type { Store } from './store.ts';

/** Identifies the client in the logs of the store; its credentials are used where the store has the profile of the config. */
export type ClientInfo = Pick<SessionOptions, 'run' | 'version' | 'credentials' | 'mfaCode'>;

/** Opens the store of the config, and in it the records of its location. Only the code of its kind is loaded, and no request is sent yet. */
export async function openStore(config: Config, clock: Clock, client: ClientInfo): Promise<Store> {
  const { environment, account } = config;
  const known = defined({ account, region: await regionOf(config) });
  return openLocated(environment, known, async (key) => openRecords(config, key, clock, client));
}

async function openRecords(config: Config, environment: string, clock: Clock, client: ClientInfo): Promise<Store> {
  const { store } = config;
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
  const session = sessionOf(config, store, clock, client);
  return openDynamoDbStore(session, { environment, table: store.table, timeoutMs });
}

/** Creates the table of the store: true when created, false when it exists already, undefined when the store needs none. */
export async function createStore(config: Config, clock: Clock, client: ClientInfo): Promise<boolean | undefined> {
  const { store } = config;
  if (store.kind !== 'dynamodb') return undefined;
  const { openTable } = await import('./dynamodb/index.ts');
  const options = { table: store.table, timeoutMs: timeoutOf(store.ttlMs) };
  const table = openTable(sessionOf(config, store, clock, client), options);
  return table.create().finally(() => table.close());
}

/**
 * Timeout of one request: several attempts must fit into the time to live of a lease, but a process that has just started may
 * need a second for its first request.
 */
function timeoutOf(ttlMs: number): number {
  return Math.min(5000, Math.max(Math.min(1000, ttlMs / 2), ttlMs / 6));
}

/** A separate session: requests to the store are neither counted nor guarded by the lease. */
function sessionOf(config: Config, store: DynamoDbStoreConfig, clock: Clock, client: ClientInfo): Session {
  const { region, profile, endpoint } = { ...config, ...store };
  const { credentials = {}, ...info } = client;
  return new Session({
    region,
    profile,
    endpoint,
    ...info,
    credentials: profile === config.profile ? credentials : {},
    clock,
    maxAttempts: 3,
    requestsPerSecond: 50,
    changes: 'retried',
    beforeChange: async () => undefined,
    onThrottled: () => undefined,
  });
}
