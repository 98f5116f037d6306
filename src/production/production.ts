import type { Answers } from '../domain/snapshot.ts';

/** One answer of production, over a connection of its own. */
export type Answer = { readonly release: string } | { readonly failed: string };

/** Production as its clients see it. */
export interface ProductionPort {
  readonly url: string;
  /** So many answers in a row prove which release serves. */
  readonly wanted: number;
  /** Asks a few times, over fresh connections; never rejects. */
  ask(): Promise<readonly Answer[]>;
}

/** Nothing was asked yet. */
export function silence({ url, wanted }: ProductionPort): Answers {
  return { url, wanted, streak: 0, asked: 0 };
}

/** Counts on: how many of the last answers came from one and the same release. */
export function counted(before: Answers, answers: readonly Answer[]): Answers {
  return answers.reduce((seen: Answers, answer): Answers => {
    const { url, wanted, asked } = seen;
    const base = { url, wanted, asked: asked + 1 };
    if ('failed' in answer) return { ...base, streak: 0, failed: answer.failed };
    const { release } = answer;
    return { ...base, release, streak: release === seen.release ? seen.streak + 1 : 1 };
  }, before);
}
