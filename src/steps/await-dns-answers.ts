import { dnsOf } from '../domain/routes.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { NOTHING } from '../observe/reads.ts';
import { never, type StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { changeDns } from './dns.ts';
import { CALL_S, forNameServers, limit } from './timing.ts';
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
  count: (snapshot) => {
    const { answers } = dnsOf(snapshot);
    const have = answers.state === 'one-pool' && answers.pool === step.pool ? answers.streak : 0;
    const want = step.wanted;
    return {
      have: Math.min(have, want),
      want,
      word: 'answers',
      waiting: have > 0 ? [] : [{ id: 'DNS', why: seen(snapshot) }],
    };
  },
  lastSeen: seen,
  readsToPoll: () => ({ ...NOTHING, follow: true }),
  timeLimitMs: limit('dnsMs'),
  pollEveryMs: forNameServers,
  simulate: (snapshot) => changeDns(snapshot, { answers: { state: 'one-pool', pool: step.pool, streak: step.wanted } }),
});

/** What the name servers answered last. */
function seen(snapshot: Snapshot): string {
  const { answers } = dnsOf(snapshot);
  if (answers.state === 'unreachable') return `DNS cannot be asked: ${answers.why}`;
  if (answers.state === 'not-asked') return 'not asked yet';
  return `they answer with ${answers.state === 'one-pool' ? answers.pool : 'both sides, or with neither'}`;
}
