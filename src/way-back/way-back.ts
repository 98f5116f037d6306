import type { WayBack, WayBackQuestion } from '../domain/way-back.ts';

/** Knows whether the data lets production go back. */
export interface WayBackPort {
  /** What cannot be found out is `unknown`, and not an error. */
  ask(question: WayBackQuestion): Promise<WayBack>;
}

/** The config has no `schema` section. */
export const NO_SCHEMA: WayBackPort = { ask: async () => ({ state: 'none' }) };
