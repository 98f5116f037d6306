import type { Snapshot } from '../domain/snapshot.ts';
import type { Verification } from '../domain/traffic.ts';
import { count } from '../domain/text.ts';
import type { Meaning } from './meaning.ts';
import type { StepOf } from './step.ts';

/** The proof of a switch: what production answers, and not what AWS says of it. */

/** Answers a second, roughly. */
const PACE = 50;

/** How many of the last answers came from the release. */
function streakOf({ answers }: Snapshot, release: string): number {
  const names = answers.state === 'asked' && 'release' in answers.last && answers.last.release === release;
  return names ? answers.streak : 0;
}

/** Answers in a row by which it is proven that the release alone serves production; undefined when it is not. */
export function verifiedBy(snapshot: Snapshot, release: string, verification: Verification): number | undefined {
  if (verification.by === 'nothing') return undefined;
  const streak = streakOf(snapshot, release);
  return streak >= verification.wanted ? streak : undefined;
}

/** `41 answered last`. */
function lastSeen({ answers }: Snapshot): string {
  if (answers.state !== 'asked') return 'not asked yet';
  return 'release' in answers.last ? `${answers.last.release} answered last` : answers.last.failed;
}

export const proofMeaning: Meaning<StepOf<'prove'>> = {
  progress: (snapshot, { release, wanted }) => (streakOf(snapshot, release) >= wanted ? 'done' : 'under way'),
  title: (_snapshot, { release, url, wanted }) =>
    `ask ${url} until ${count(wanted, 'answer')} in a row come from ${release}`,
  touches: () => [],
  seconds: (_snapshot, { wanted }) => Math.ceil(wanted / PACE),
  count: (snapshot, { release, url, wanted }) => {
    const have = streakOf(snapshot, release);
    return { have, want: wanted, word: 'answers', waiting: have > 0 ? [] : [{ id: url, why: lastSeen(snapshot) }] };
  },
  late: lastSeen,
};

/** The last sentence about a switch: proven, or not and why. */
export function verificationSentence(snapshot: Snapshot, release: string, verification: Verification): string {
  const answers = verifiedBy(snapshot, release, verification);
  if (answers !== undefined) return ` Proven: ${count(answers, 'answer')} in a row came from ${release}.`;
  if (verification.by === 'nothing') return ' Not proven: the config has no `release.marker`.';
  // Who only looks has not asked.
  return snapshot.answers.state === 'asked' ? ' Not proven yet.' : '';
}
