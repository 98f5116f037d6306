import type { GreenCheck } from '../domain/green-checks.ts';

/** A fleet that does not serve yet, as its checks ask it. */
export interface GreenPort {
  /** What the config asks for. */
  readonly checks: readonly GreenCheck[];
  /** One request. `ok`, or what was wrong with the response; never rejects. */
  ask(check: GreenCheck, url: string, release: string): Promise<string>;
}

/** The config asks for nothing. */
export const NO_CHECKS: GreenPort = { checks: [], ask: async () => 'ok' };
