import { liveFleets } from './roles.ts';
import type { Snapshot } from './snapshot.ts';
import { count } from './text.ts';
import type { Verification } from './traffic.ts';

/** The proof of a switch: what production answers, and not what AWS says of it. */

/** How many of the last answers came from the release. */
export function streakOf({ answers }: Snapshot, release: string): number {
  const isIts = answers.state === 'asked' && 'release' in answers.last && answers.last.release === release;
  return isIts ? answers.streak : 0;
}

/** Answers in a row by which it is proven that the release alone serves production; undefined when it is not. */
export function verifiedBy(snapshot: Snapshot, release: string, verification: Verification): number | undefined {
  if (verification.by === 'nothing' || isAmbiguous(snapshot, release)) return undefined;
  const streak = streakOf(snapshot, release);
  return streak >= verification.wanted ? streak : undefined;
}

/** Answers cannot tell the fleets apart. */
function isAmbiguous(snapshot: Snapshot, release: string): boolean {
  return liveFleets(snapshot).filter((fleet) => fleet.release === release).length > 1;
}

/** `41 answered last`. */
export function lastAnswer({ answers }: Snapshot): string {
  if (answers.state !== 'asked') return 'not asked yet';
  return 'release' in answers.last ? `${answers.last.release} answered last` : answers.last.failed;
}

/** The last sentence about a switch: proven, or not and why. */
export function verificationSentence(snapshot: Snapshot, release: string, verification: Verification): string {
  const answers = verifiedBy(snapshot, release, verification);
  if (answers !== undefined) return ` Proven: ${count(answers, 'answer')} in a row came from ${release}.`;
  if (verification.by === 'nothing') return ' Not proven: the config has no `release.marker`.';
  if (isAmbiguous(snapshot, release)) return ` Cannot be proven: two fleets answer with ${release}.`;
  // A command that only looks has not asked.
  return snapshot.answers.state === 'asked' ? ' Not proven yet.' : '';
}
