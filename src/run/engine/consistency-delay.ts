import type { Clock } from '../../clock.ts';
import { duration } from '../../domain/text.ts';
import type { JournalEntry } from '../../stores/store.ts';
import type { Emit } from '../event.ts';

/**
 * AWS's answers are eventually consistent: what was changed a moment ago may not show yet. Adding to production on an old
 * answer does no harm; deciding what to take away, what to undo or what is done by one does. So before those a run waits until
 * nothing has been changed for as long as answers may be old. While it waits, nothing is taken away.
 */
export class ConsistencyDelay {
  readonly #clock: Clock;
  readonly #settleMs: number;
  #changedAt = Number.NEGATIVE_INFINITY;

  /** @param settleMs how old answers may be */
  constructor(clock: Clock, settleMs: number) {
    this.#clock = clock;
    this.#settleMs = settleMs;
  }

  /** Something was changed `agoMs` ago, at the latest. */
  changed(agoMs = 0): void {
    this.#changedAt = Math.max(this.#changedAt, this.#clock.monotonic() - agoMs);
  }

  /** Milliseconds until answers show all of it. */
  get leftMs(): number {
    return Math.max(0, this.#changedAt + this.#settleMs - this.#clock.monotonic());
  }

  /** Resolves when an observation that begins now shows all of it. */
  async wait(emit: Emit, signal: AbortSignal): Promise<void> {
    const { leftMs } = this;
    if (leftMs === 0) return;
    const message = `Waiting ${duration(leftMs / 1000)}, until AWS's answers show for certain what was changed before.`;
    emit({ type: 'warning', message });
    await this.#clock.sleep(leftMs, signal);
  }
}

/** Verbs that change nothing in AWS. */
const RECORDS: ReadonlySet<string> = new Set(['abandon', 'approve', 'reject']);

/** The last run that may have changed something. */
export function lastRun(journal: readonly JournalEntry[]): JournalEntry | undefined {
  return journal.find(({ verb }) => !RECORDS.has(verb));
}

/** AWS dates its answers to the second, so two machines that go by them may be a second apart. */
const MACHINES_APART_MS = 1000;

/**
 * Milliseconds since its last change, at least: it is not known when a run that did not end sent its last request.
 * @param what any change, or one of what serves production
 */
export function quietFor({ outcome, until, movedAt }: JournalEntry, what: 'any' | 'move', now: number): number {
  if (outcome === 'running' || until === undefined) return 0;
  const last = what === 'move' ? (movedAt ?? until) : until;
  return Math.max(0, now - Date.parse(last) - MACHINES_APART_MS);
}
