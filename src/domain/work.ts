/** Work that must not run twice (queues, schedulers): one side takes it, or nobody, as a record beside the servers says. */

export interface SeenWork {
  readonly state: 'seen';
  /** The release whose servers take work; null: nobody. */
  readonly owner: string | null;
  /** Grows with each change of the owner: a worker with a smaller one is late, and can be refused. */
  readonly epoch: number;
  /** Releases of which nothing is under way; asked only for the step that waits for it. */
  readonly idle: readonly string[];
}

export type Work =
  /** The config has no `owner` section. */
  | { readonly state: 'none' }
  | SeenWork
  /** `why` is a sentence. */
  | { readonly state: 'unreadable'; readonly why: string };

/** `42`, or `nobody`. */
export function ownerText(owner: string | null): string {
  return owner ?? 'nobody';
}

/** What is not as it should be where that release serves production, as a sentence; undefined where all is, or there is no such work. */
export function workProblem(work: Work | undefined, release: string): string | undefined {
  if (work === undefined || work.state === 'none') return undefined;
  if (work.state === 'unreadable') return `Who takes work could not be read. ${work.why}`;
  if (work.owner === release) return undefined;
  return `${release} does not take work: ${work.owner === null ? 'nobody does' : `${work.owner} does`} (epoch ${work.epoch}).`;
}
