import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Store } from './store.ts';

/** Opens the store that the config names; only that kind's code is loaded. */
export async function openStore({ environment, store }: Config, clock: Clock): Promise<Store> {
  const { openFileStore } = await import('./file.ts');
  return openFileStore(store.path, { environment, clock });
}
