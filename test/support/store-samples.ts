import { PLAIN } from './worlds.ts';
import type { AcquireResult, Holder, JournalEntry, Lease, RecordedGoal, Store } from '../../src/stores/store.ts';

/** The store of one test. */
export interface World {
  location: string;
  readonly opener: URL;
  /** A handle on it, closed after the test. */
  readonly open: (environment?: string) => Promise<Store>;
}

export function holder(run: string, more: Partial<Holder> = {}): Holder {
  return {
    run,
    who: 'ann@desk',
    host: 'desk',
    pid: process.pid,
    verb: 'promote',
    since: '2026-01-01T10:00:00.000Z',
    ...more,
  };
}

export function goal(run: string, stepsDone = 0): RecordedGoal {
  return {
    goal: {
      run,
      who: 'ann@desk',
      since: '2026-01-01T10:00:00.000Z',
      verb: 'promote',
      fleet: 'f-42',
      release: '42',
      minimumHealthy: { 'shop-production': { total: 2, zones: { 'eu-west-1a': 2 } } },
      settings: PLAIN,
    },
    stepsDone,
    stepsAll: 6,
    updatedAt: '2026-01-01T10:00:01.000Z',
  };
}

export function entry(run: string, since: string, more: Partial<JournalEntry> = {}): JournalEntry {
  return {
    run,
    verb: 'up',
    who: 'ann@desk',
    host: 'desk',
    since,
    outcome: 'running',
    message: '',
    awsRequests: 0,
    ...more,
  };
}

/** The acquired lease; throws when another run holds it. */
export function leaseOf(acquired: AcquireResult): Lease {
  if ('lease' in acquired) return acquired.lease;
  throw new Error(`held by ${acquired.heldBy?.holder.run}, awaited by ${acquired.queue.map(({ run }) => run).join()}`);
}

/** The goal on record; throws when it cannot be read. */
export async function recordedIn(store: Store): Promise<RecordedGoal | undefined> {
  const recorded = await store.goal();
  if (recorded !== undefined && 'unreadable' in recorded) throw new Error(recorded.unreadable);
  return recorded;
}
