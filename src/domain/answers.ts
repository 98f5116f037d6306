import type { Answers, Snapshot } from './snapshot.ts';
import { count } from './text.ts';

/** The proof of a switch: what production answers, and not what AWS says of it. */

/** How many of the last answers came from the release. */
export function streakOf({ answers }: Snapshot, release: string): number {
  return answers?.release === release ? answers.streak : 0;
}

/** Answers in a row by which it is proven that the release alone serves production; undefined when it is not. */
export function verifiedBy(snapshot: Snapshot, release: string): number | undefined {
  const streak = streakOf(snapshot, release);
  return snapshot.answers !== undefined && streak >= snapshot.answers.wanted ? streak : undefined;
}

/** `41 answered last`. */
export function lastAnswer({ release, failed, asked }: Answers): string {
  if (asked === 0) return 'not asked yet';
  return failed === undefined ? `${release} answered last` : failed;
}

/** The last sentence about a switch: proven, or not and why. */
export function verificationSentence(snapshot: Snapshot, release: string): string {
  const answers = verifiedBy(snapshot, release);
  if (answers !== undefined) return ` Proven: ${count(answers, 'answer')} in a row came from ${release}.`;
  if (snapshot.answers === undefined) return ' Not proven: the config has no `release.marker`.';
  // A command that only looks has not asked.
  return snapshot.answers.asked === 0 ? '' : ' Not proven yet.';
}
