import { OperatorError } from '../../../src/errors.ts';
import type { WorkPort } from '../../../src/work-owner/work.ts';
import type { LittleProcess } from './process.ts';

const CALL_MS = 20;

/** The row that says who takes work: it outlives every process, and notes what must never happen to it. */
export class LittleWork {
  owner: string | null;
  epoch = 7;
  readonly wrong: string[] = [];
  /** Releases that were found idle while nobody took work, by epoch. */
  #idle = new Set<string>();

  constructor(owner: string) {
    this.owner = owner;
  }

  /** The row as one process has it. */
  open(process: LittleProcess, beforeChange: () => Promise<void>): WorkPort {
    return {
      read: async () =>
        process.call('work read', CALL_MS, () => ({ state: 'seen', owner: this.owner, epoch: this.epoch, idle: [] })),
      idle: async (releases) =>
        process.call('work idle', CALL_MS, () => {
          for (const release of releases) this.#idle.add(`${release} at ${this.epoch}`);
          return releases;
        }),
      set: async ({ owner: before, epoch }, owner) => {
        await beforeChange();
        await process.call('work set', CALL_MS, () => this.#set(before, epoch, owner));
      },
      epoch: () => this.epoch,
    };
  }

  /** Compares and sets, as one statement of SQL does. */
  #set(before: string | null, epoch: number, owner: string | null): void {
    if (this.owner !== before || this.epoch !== epoch)
      throw new OperatorError('owner-not-set', 'No row was changed.', { transient: true });
    if (owner !== null && before !== null) this.wrong.push(`from ${before} to ${owner} at once`);
    const others = ['41', '42'].filter((release) => release !== owner);
    if (owner !== null && !others.every((release) => this.#idle.has(`${release} at ${epoch}`)))
      this.wrong.push(`${owner} took the work before the other side was idle`);
    this.owner = owner;
    this.epoch += 1;
  }
}
