import type { Tasks } from '../../../tasks/index.ts';
import type { Task } from '../../../tasks/task.ts';
import type { ProductionRecord } from '../../domain/production-record.ts';
import type { JournalEntry } from '../../stores/store.ts';

/** How many entries are searched for the last run that was about production. */
export const JOURNAL_LOOK = 20;

/** What production was after the last run that was about it; undefined also where that run may have moved it, and did not see what it left. */
export function lastProduction(tasks: Tasks, journal: readonly JournalEntry[]): ProductionRecord | undefined {
  const moving = new Set<string>(
    Object.values<Task>(tasks).flatMap(({ movesProduction, verb }) => (movesProduction ? verb : [])),
  );
  const last = journal.find(({ verb, production }) => production !== undefined || moving.has(verb));
  if (last?.production === undefined) return undefined;
  const { verb, release = '', who, since, until: at = since, production } = last;
  return { verb, release, who, at, production };
}
