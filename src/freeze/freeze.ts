import type { Freeze } from '../domain/freeze.ts';

/** Where closed times are known. */
export interface FreezePort {
  /** What they say of now. What AWS does not tell is `unreadable`, and no error. */
  read(): Promise<Freeze>;
}

/** The config has no `freeze` section. */
export const NO_FREEZE: FreezePort = { read: async () => ({ state: 'none' }) };
