import { systemClock } from '../../src/clock.ts';
import { openFileStore } from '../../src/stores/file.ts';
import type { Store } from '../../src/stores/store.ts';

/** Opens the file store at a path, for the contract and for its processes. */
export async function open(path: string, environment = 'shop'): Promise<Store> {
  return openFileStore(path, { environment, clock: systemClock });
}
