import type { SeenWork, Work } from '../domain/work.ts';

/** The record of who takes work that must not run twice. */
export interface WorkPort {
  /** What cannot be read is `unreadable`, and no error. */
  read(): Promise<Work>;
  /** Those of the releases of which nothing is under way any more. */
  idle(releases: readonly string[]): Promise<readonly string[]>;
  /**
   * Compare and set: `owner` instead of what was seen, with the next epoch. Needs the lease.
   * @throws OperatorError `owner-not-set`, transient: look again, and ask again
   */
  set(seen: SeenWork, owner: string | null): Promise<void>;
  /** The highest one that was seen: a fencing token for hooks. */
  epoch(): number | undefined;
}

/** The config has no `owner` section. */
export const NO_WORK: WorkPort = {
  read: async () => ({ state: 'none' }),
  idle: async () => [],
  set: async () => {},
  epoch: () => undefined,
};
