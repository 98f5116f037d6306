import { liveFleets } from './roles.ts';
import type { Snapshot } from './snapshot.ts';
import { ago } from './text.ts';

/**
 * Which store keeps the lease of the environment, as the fleets' tags say: two stores have two leases, and a run of each could
 * change production at once. The newest mark counts, also where a run was interrupted while it wrote it.
 */

/** The store of a run, as it is written on fleets. */
export interface StoreIdentity {
  readonly id: string;
  /** Where it is, and who uses it: `file /home/ann/shop/.turnout/shop.db on desk by ann`. */
  readonly words: string;
}

/** The mark `store`: an ISO time, the id, and the words. */
export interface StoreMark extends StoreIdentity {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly text: string;
}

/** Maximum length of a tag's value (OpsWorks user guide, "Tag Limitations"; EC2 allows one more). */
const VALUE_MAX = 255;

/** @param at milliseconds since the epoch */
export function writeStoreMark(at: number, { id, words }: StoreIdentity): string {
  // OpsWorks allows letters, digits, spaces and these characters (OpsWorks user guide, "Tag Limitations").
  const safe = words.replaceAll('@', ' at ').replaceAll(/[^\p{L}\p{N} +\-=._:/]/gu, '-');
  return `${new Date(at).toISOString()} ${id} ${safe}`.slice(0, VALUE_MAX).trim();
}

export function readStoreMark(text: string): StoreMark {
  const [at = '', id = '', ...words] = text.split(' ');
  return { at: Date.parse(at) || 0, id, words: words.join(' '), text };
}

/** The newest mark of a live fleet; undefined when none has one. */
export function storeMarkOf(snapshot: Snapshot): StoreMark | undefined {
  const texts = liveFleets(snapshot).flatMap(({ marks }) => marks.store ?? []);
  const newest = texts.toSorted().at(-1);
  return newest === undefined ? undefined : readStoreMark(newest);
}

/** The mark of another store that keeps the environment; undefined when this one does, or none is known. */
export function otherStore(snapshot: Snapshot, id: string): StoreMark | undefined {
  const mark = storeMarkOf(snapshot);
  return mark?.id === id ? undefined : mark;
}

/** Each live fleet has one and the same mark, of that store. */
export function isMarked(snapshot: Snapshot, id: string): boolean {
  const mark = storeMarkOf(snapshot);
  const fleets = liveFleets(snapshot);
  return fleets.length === 0 || (mark?.id === id && fleets.every(({ marks }) => marks.store === mark.text));
}

/** Who keeps the environment, as a sentence. */
export function keptBy({ words, at }: StoreMark, now: number): string {
  return `Another store keeps this environment: ${words} (${ago((now - at) / 1000)}).`;
}
