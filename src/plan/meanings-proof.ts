import type { Answers, Snapshot } from '../domain/snapshot.ts';
import { count } from '../domain/text.ts';
import type { Meaning } from './meaning.ts';
import type { StepOf } from './step.ts';

/** The proof of a switch: what production answers, and not what AWS says of it. */

/** Answers a second, roughly. */
const PACE = 50;

/** So many of the last answers came from the release. */
function streakOf({ answers }: Snapshot, release: string): number {
  return answers?.release === release ? answers.streak : 0;
}

/** Answers in a row by which it is proven that the release alone serves production; undefined when it is not. */
export function verifiedBy(snapshot: Snapshot, release: string): number | undefined {
  const streak = streakOf(snapshot, release);
  return snapshot.answers !== undefined && streak >= snapshot.answers.wanted ? streak : undefined;
}

/** `41 answered last`. */
function lastSeen({ release, failed, asked }: Answers): string {
  if (asked === 0) return 'not asked yet';
  return failed === undefined ? `${release} answered last` : failed;
}

export const proofMeaning: Meaning<StepOf<'prove'>> = {
  progress: (snapshot, { release }) =>
    snapshot.answers === undefined || verifiedBy(snapshot, release) !== undefined ? 'done' : 'under way',
  title: ({ answers }, { release }) =>
    `ask ${answers?.url ?? 'production'} until ${count(answers?.wanted ?? 0, 'answer')} in a row come from ${release}`,
  touches: () => [],
  seconds: ({ answers }) => Math.ceil((answers?.wanted ?? 0) / PACE),
  count: (snapshot, { release }) => {
    const { answers } = snapshot;
    const have = streakOf(snapshot, release);
    const waiting = answers === undefined || have > 0 ? [] : [{ id: answers.url, why: lastSeen(answers) }];
    return { have, want: answers?.wanted ?? 0, word: 'answers', waiting };
  },
  late: ({ answers }) => (answers === undefined ? undefined : lastSeen(answers)),
};

/** The last sentence about a switch: proven, or not and why. */
export function verificationSentence(snapshot: Snapshot, release: string): string {
  const answers = verifiedBy(snapshot, release);
  if (answers !== undefined) return ` Proven: ${count(answers, 'answer')} in a row came from ${release}.`;
  if (snapshot.answers === undefined) return ' Not proven: the config has no `release.marker`.';
  // Who only looks has not asked.
  return snapshot.answers.asked === 0 ? '' : ' Not proven yet.';
}
