import type { Clock } from '../../clock.ts';
import { liveFleets } from '../../domain/roles.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { keptBy, storeMarkOf, type StoreMark } from '../../domain/store-mark.ts';
import { duration } from '../../domain/text.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Reads } from '../../observe/reads.ts';
import type { Effect } from '../../steps/definition.ts';
import type { Emit } from '../event.ts';
import { SEEN_MS } from './decision.ts';

/** Two stores for one environment: each change is made only while the fleets' tags name the store of the run. */

/** Nothing was changed: the environment is kept elsewhere. */
export function keptElsewhere(mark: StoreMark, now: number): OperatorError {
  return new OperatorError('other-store', keptBy(mark, now), {
    next: [
      'Run this where that store is, or set `store` in the config to it.',
      '`--take-over` makes this store the one from now on: for when the other one is lost, or is to be used no more.',
    ],
  });
}

/** Another store has taken the environment over since this run began. */
export function storeReplaced(mark: StoreMark, now: number): OperatorError {
  return new OperatorError('other-store', `${keptBy(mark, now)} Stopped before the next change.`, {
    exitCode: ExitCode.leaseLost,
    next: ['`turnout status` shows what is where.', 'Continue where that store is.'],
  });
}

/** Only these are asked for with a reading of the tags: the others take nothing from production. */
const GRAVE: ReadonlySet<Effect> = new Set<Effect>([
  'launches',
  'adds-capacity',
  'removes-capacity',
  'shifts-traffic',
  'deploys',
  'destroys',
]);

export function needsSoleStore(effect: Effect): boolean {
  return GRAVE.has(effect);
}

/**
 * What is to be read before a change, with the marks of all fleets that have the store's: two runs that mark at the same moment may
 * each have been the last one at another fleet.
 */
export function withStoreMark(snapshot: Snapshot, reads: Reads, effect: Effect, fleet: string): Reads {
  const store = storeMarkOf(snapshot)?.text;
  if (store === undefined || !needsSoleStore(effect)) return reads;
  const marked = liveFleets(snapshot).filter(({ marks }) => marks.store === store);
  const ids = marked.map(({ id }) => id);
  const { fleets } = reads;
  if (fleets === 'all' || ids.every((id) => fleets.includes(id))) return reads;
  if (ids.length > 1) return { ...reads, fleets: [...new Set([...fleets, ...ids])] };
  return { ...reads, marks: { fleet: ids.includes(fleet) ? fleet : (ids[0] as string), marks: { store } } };
}

/** After its first mark, or once it has taken the environment over. */
export async function waitUntilNoticed(
  { clock, settleMs, emit, signal }: { clock: Clock; settleMs: number; emit: Emit; signal: AbortSignal },
  seen: Snapshot,
): Promise<void> {
  const leftMs = unnoticedMs(seen, clock.now(), settleMs);
  if (leftMs === 0) return;
  const message = `Waiting ${duration(leftMs / 1000)}, until a run with another store would have seen the tags of this one.`;
  emit({ type: 'warning', message });
  await clock.sleep(leftMs, signal);
}

/** Milliseconds until every run with another store has seen this one's mark. */
function unnoticedMs(snapshot: Snapshot, now: number, settleMs: number): number {
  const mark = storeMarkOf(snapshot);
  // For so long a run with another store may act on what it has read before, however new AWS's answers are.
  const waitMs = settleMs + SEEN_MS;
  // A mark of the future says nothing of when it was written.
  return mark === undefined ? 0 : Math.min(waitMs, Math.max(0, mark.at + waitMs - now));
}
