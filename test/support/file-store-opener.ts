import { systemClock } from '../../src/clock.ts';
import { openFileStore } from '../../src/stores/file.ts';
import { openLocated } from '../../src/stores/located.ts';
import type { Store } from '../../src/stores/store.ts';

/** Opens the file store at a path as a run does, for the contract and for its processes: what a location adds keeps the contract, too. */
export async function open(path: string, environment = 'shop'): Promise<Store> {
  return openLocated(environment, {}, async (key) => openFileStore(path, { environment: key, clock: systemClock }));
}
