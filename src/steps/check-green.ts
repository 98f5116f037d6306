import type { GreenCheck, GreenResult } from '../domain/green-checks.ts';
import { checksPassed, isPastChecks, unfinishedChecks } from '../domain/warm.ts';
import { members } from '../domain/roles.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { count, list } from '../domain/text.ts';
import { NOTHING } from '../observe/reads.ts';
import { never, type StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { byTimeWaited, limit } from './timing.ts';
import { fleetOf } from './world.ts';

/** Ask a fleet that has nothing of production yet until every check was passed in a row at every place: it is warm then. */
export interface CheckGreen {
  readonly do: 'check-green';
  readonly fleet: string;
  /** Where it is tested. */
  readonly pool: string;
  readonly checks: readonly GreenCheck[];
}

/** Requests a second to each place, roughly. */
const PACE = 5;

export const checkGreen: StepDefinition<CheckGreen> = (step) => {
  const { checks, pool } = step;
  const asks = () => ({ ...NOTHING, green: { fleet: step.fleet, pool, checks } });
  const open = (snapshot: Snapshot) => unfinishedChecks(snapshot, fleetOf(snapshot, step), checks);
  return {
    ...WAITS,
    effect: () => 'verifies',
    title: (snapshot) => `check that ${fleetOf(snapshot, step).release} is warm: ${wordsOf(checks)}`,
    instances: () => [],
    estimateS: () => Math.ceil(Math.max(0, ...checks.map(({ inARow }) => inARow)) / PACE),
    progress: (snapshot) => {
      const fleet = fleetOf(snapshot, step);
      if (isPastChecks(snapshot, fleet)) return 'done';
      return members(fleet).length > 0 && open(snapshot).length === 0 ? 'done' : 'under way';
    },
    // With nothing to ask there is nothing that could be wrong.
    guard: (snapshot) => {
      const fleet = fleetOf(snapshot, step);
      return members(fleet).length === 0 ? `No instance of ${fleet.release} is left that could be checked.` : undefined;
    },
    cannotSucceed: never,
    count: (snapshot) => ({
      ...checksPassed(snapshot, fleetOf(snapshot, step), checks),
      word: 'right answers',
      waiting: open(snapshot).map(({ at, last }) => ({ id: at, why: last })),
    }),
    lastSeen: (snapshot) => {
      const [first] = open(snapshot);
      return first && `${first.at}: ${first.last}`;
    },
    readsBefore: asks,
    readsToPoll: asks,
    timeLimitMs: limit('warmMs'),
    pollEveryMs: byTimeWaited,
    simulate: (snapshot) => ({
      ...snapshot,
      details: { ...snapshot.details, checked: { fleet: step.fleet, results: passed(snapshot, step) } },
    }),
  };
};

function wordsOf(checks: readonly GreenCheck[]): string {
  const words = checks.map(({ url, inARow }) => `${url} (${count(inARow, 'right answer')} in a row)`);
  return list(words, 3);
}

function passed(snapshot: Snapshot, step: CheckGreen): readonly GreenResult[] {
  return step.checks.flatMap(({ url, through, inARow: streak }, check) => {
    const places = through === 'route' ? [url] : members(fleetOf(snapshot, step)).map(({ id }) => id);
    return places.map((at) => ({ check, at, streak, last: 'ok' }));
  });
}
