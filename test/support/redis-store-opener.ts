import { systemClock } from '../../src/clock.ts';
import { parseRedisUrl } from '../../src/config/redis-url.ts';
import { openRedisStore } from '../../src/stores/redis/index.ts';
import type { Store } from '../../src/stores/store.ts';

/** Opens the Redis store at `URL#prefix`, for the contract and for its processes. */
export async function open(location: string, environment = 'shop'): Promise<Store> {
  const [url = '', prefix = 'turnout'] = location.split('#');
  const server = parseRedisUrl(url);
  if (server === undefined) throw new Error(`${url} is no URL of a Redis`);
  return openRedisStore({ environment, clock: systemClock, server, prefix, timeoutMs: 2000 });
}
