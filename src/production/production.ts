import type { Instance, ReleaseAnswer, ReleaseAnswers, Trial } from '../domain/snapshot.ts';
import type { Verification } from '../domain/traffic.ts';

/** Production as its clients see it. */
export interface ProductionPort {
  /** What answers are good for. */
  readonly verification: Verification;
  /** Asks a few times, each over a connection of its own; never rejects. */
  ask(): Promise<readonly ReleaseAnswer[]>;
  /**
   * Asks a fleet that does not serve yet, and production once; never rejects.
   * @param routes URLs of listeners that lead to it and to nothing that serves
   */
  askGreen(
    routes: () => Promise<readonly string[]>,
    instances: readonly Instance[],
  ): Promise<Omit<Trial, 'fleet' | 'before'>>;
}

/** The config does not say how production names its release: there is nothing to ask. */
export const NO_MARKER: ProductionPort = {
  verification: { by: 'nothing' },
  ask: async () => [],
  askGreen: async () => ({ at: '', answers: [], production: { failed: 'not asked' } }),
};

export function notAsked({ by }: Verification): ReleaseAnswers {
  return by === 'nothing' ? { state: 'no-marker' } : { state: 'not-asked' };
}

/** Counts on: how many of the last answers came from one and the same release. */
export function counted(before: ReleaseAnswers, answers: readonly ReleaseAnswer[]): ReleaseAnswers {
  return answers.reduce((seen: ReleaseAnswers, last): ReleaseAnswers => {
    const known = seen.state === 'asked' ? seen : { asked: 0, streak: 0, last: undefined };
    const asked = known.asked + 1;
    if ('failed' in last) return { state: 'asked', asked, streak: 0, last };
    const goesOn = known.last !== undefined && 'release' in known.last && known.last.release === last.release;
    return { state: 'asked', asked, streak: goesOn ? known.streak + 1 : 1, last };
  }, before);
}
