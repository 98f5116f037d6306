/** Closed times: when nothing new may get production, and what is not a way back must not begin. */

/** A moment, and how people in the config's time zone say it. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `Mon 30 Nov 08:00 Europe/Berlin`. */
  readonly words: string;
}

/** What the config's closed times say of now. */
export type Freeze =
  /** The config has none. */
  | { readonly state: 'none' }
  /** `closes`: absent where it is not known when. */
  | { readonly state: 'open'; readonly closes?: Moment }
  /** `until`: absent where it is not known, or never. */
  | { readonly state: 'closed'; readonly why: string; readonly until?: Moment }
  /** It could not be found out, so it is not open. `why` is a sentence. */
  | { readonly state: 'unreadable'; readonly why: string };

/** Why nothing new may begin now, as a sentence; undefined while that is open. */
export function closedText(freeze: Freeze | undefined): string | undefined {
  if (freeze?.state === 'unreadable') return `Whether this is a closed time could not be read. ${freeze.why}`;
  if (freeze?.state !== 'closed') return undefined;
  const until = freeze.until === undefined ? '' : ` until ${freeze.until.words}`;
  return `This is a closed time${until}: ${freeze.why}.`;
}
