import { dnsOf } from '../domain/routes.ts';
import { NOTHING } from '../observe/reads.ts';
import { SYNC_LIMIT_MS } from './await-insync.ts';
import { never, type StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { changeDns } from './dns.ts';
import { atOnce, CALL_S } from './timing.ts';
import { fleetOf } from './world.ts';

/** Ask the zones' own name servers, until `wanted` answers in a row lead to the pool alone. */
export interface AwaitDnsAnswers {
  readonly do: 'await-dns-answers';
  readonly pool: string;
  readonly fleet: string;
  readonly wanted: number;
}

export const awaitDnsAnswers: StepDefinition<AwaitDnsAnswers> = (step) => ({
  ...WAITS,
  effect: () => 'verifies',
  title: (snapshot) =>
    `ask the name servers until they answer with ${step.pool} (${fleetOf(snapshot, step).release}) only`,
  instances: () => [],
  estimateS: () => CALL_S,
  progress: (snapshot) => {
    const { answers } = dnsOf(snapshot);
    if (answers.state !== 'one-pool' || answers.pool !== step.pool) return 'under way';
    return answers.streak >= step.wanted ? 'done' : 'under way';
  },
  cannotSucceed: never,
  count: never,
  lastSeen: (snapshot) => {
    const { answers } = dnsOf(snapshot);
    return `they answer with ${answers.state === 'one-pool' ? answers.pool : 'both, or not at all'}`;
  },
  readsToPoll: () => ({ ...NOTHING, follow: true }),
  timeLimitMs: () => SYNC_LIMIT_MS,
  pollEveryMs: atOnce,
  simulate: (snapshot) => changeDns(snapshot, { answers: { state: 'one-pool', pool: step.pool, streak: step.wanted } }),
});
