import type { SeenWork, Work } from '../domain/work.ts';

/** The highest epoch that was seen in this process: one that is lower is of a row that was replaced, or restored from a backup. */
export class Epochs {
  #highest: number | undefined;

  readonly highest = (): number | undefined => this.#highest;

  /** What was read, unless its epoch is lower than one before. */
  accept(seen: SeenWork): Work {
    if (this.#highest !== undefined && seen.epoch < this.#highest)
      return unreadableWork(`Its epoch went back from ${this.#highest} to ${seen.epoch}, and must only grow`);
    this.#highest = seen.epoch;
    return seen;
  }
}

/** @param why a sentence without a full stop */
export function unreadableWork(why: string): Work {
  return { state: 'unreadable', why: `${why}.` };
}

/** What counts as a row: an owner or null, and a whole number. */
export function seenWorkOf(owner: unknown, epoch: unknown): SeenWork | undefined {
  const isOwner = owner === null || (typeof owner === 'string' && owner !== '');
  const isEpoch = typeof epoch === 'number' && Number.isSafeInteger(epoch) && epoch >= 0;
  return isOwner && isEpoch ? { state: 'seen', owner, epoch, idle: [] } : undefined;
}
