import { NOTHING } from '../observe/reads.ts';
import { SYNC_LIMIT_MS } from './await-insync.ts';
import { never, WAITS, type StepDefinition } from './definition.ts';
import { changeNames } from './names.ts';
import { atOnce, CALL_S } from './timing.ts';
import { fleetOf } from './world.ts';

/** Ask the zones' own name servers, until enough answers in a row lead to the pool alone. */
export interface AwaitDnsAnswers {
  readonly do: 'await-dns-answers';
  readonly pool: string;
  readonly fleet: string;
}

export const awaitDnsAnswers: StepDefinition<AwaitDnsAnswers> = (step) => ({
  ...WAITS,
  effect: () => 'verifies',
  title: (snapshot) =>
    `ask the name servers until they answer with ${step.pool} (${fleetOf(snapshot, step).release}) only`,
  instances: () => [],
  estimateS: () => CALL_S,
  progress: ({ routing }) => {
    const { names } = routing ?? {};
    if (names === undefined) return 'done';
    return names.pool === step.pool && names.streak >= names.wanted ? 'done' : 'under way';
  },
  cannotSucceed: never,
  count: never,
  lastSeen: ({ routing }) => `they answer with ${routing?.names?.pool ?? 'both, or not at all'}`,
  readsBefore: () => NOTHING,
  readsToPoll: { ...NOTHING, follow: true },
  timeLimitMs: () => SYNC_LIMIT_MS,
  pollEveryMs: atOnce,
  simulate: (snapshot) => changeNames(snapshot, { pool: step.pool, streak: snapshot.routing?.names?.wanted ?? 0 }),
});
