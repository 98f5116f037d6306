import { lastAnswer, streakOf } from '../domain/answers.ts';
import { count } from '../domain/text.ts';
import { NOTHING } from '../observe/reads.ts';
import { never, type StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { atOnce, limit } from './timing.ts';

/** Ask production, over fresh connections, until `wanted` answers in a row come from the fleet's release. */
export interface VerifyRelease {
  readonly do: 'verify-release';
  readonly fleet: string;
  readonly release: string;
  readonly url: string;
  readonly wanted: number;
}

/** Answers a second, roughly. */
const PACE = 50;

export const verifyRelease: StepDefinition<VerifyRelease> = ({ release, url, wanted }) => ({
  ...WAITS,
  effect: () => 'verifies',
  title: () => `ask ${url} until ${count(wanted, 'answer')} in a row come from ${release}`,
  instances: () => [],
  estimateS: () => Math.ceil(wanted / PACE),
  progress: (snapshot) => (streakOf(snapshot, release) >= wanted ? 'done' : 'under way'),
  cannotSucceed: never,
  count: (snapshot) => {
    const have = streakOf(snapshot, release);
    return { have, want: wanted, word: 'answers', waiting: have > 0 ? [] : [{ id: url, why: lastAnswer(snapshot) }] };
  },
  lastSeen: lastAnswer,
  readsToPoll: () => ({ ...NOTHING, answers: true }),
  timeLimitMs: limit('provenMs'),
  pollEveryMs: atOnce,
  simulate: (snapshot) => ({
    ...snapshot,
    answers: { state: 'asked', asked: wanted, streak: wanted, last: { release } },
  }),
});
