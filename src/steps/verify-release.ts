import { lastAnswer, streakOf, verifiedBy } from '../domain/answers.ts';
import { count } from '../domain/text.ts';
import { NOTHING } from '../observe/reads.ts';
import { never, WAITS, type StepDefinition } from './definition.ts';
import { atOnce, limit } from './timing.ts';

/** Ask production, over fresh connections, until enough answers in a row come from the fleet's release. */
export interface VerifyRelease {
  readonly do: 'verify-release';
  readonly fleet: string;
  readonly release: string;
}

/** Answers a second, roughly. */
const PACE = 50;

export const verifyRelease: StepDefinition<VerifyRelease> = ({ release }) => ({
  ...WAITS,
  effect: () => 'verifies',
  title: ({ answers }) =>
    `ask ${answers?.url ?? 'production'} until ${count(answers?.wanted ?? 0, 'answer')} in a row come from ${release}`,
  instances: () => [],
  estimateS: ({ answers }) => Math.ceil((answers?.wanted ?? 0) / PACE),
  progress: (snapshot) =>
    snapshot.answers === undefined || verifiedBy(snapshot, release) !== undefined ? 'done' : 'under way',
  cannotSucceed: never,
  count: (snapshot) => {
    const { answers } = snapshot;
    const have = streakOf(snapshot, release);
    const waiting = answers === undefined || have > 0 ? [] : [{ id: answers.url, why: lastAnswer(answers) }];
    return { have, want: answers?.wanted ?? 0, word: 'answers', waiting };
  },
  lastSeen: ({ answers }) => answers && lastAnswer(answers),
  readsBefore: () => NOTHING,
  readsToPoll: { ...NOTHING, answers: true },
  timeLimitMs: limit('provenMs'),
  pollEveryMs: atOnce,
  simulate: (snapshot) => {
    const { answers } = snapshot;
    if (answers === undefined) return snapshot;
    const { wanted, asked } = answers;
    return { ...snapshot, answers: { ...answers, release, streak: wanted, asked: asked + wanted } };
  },
});
