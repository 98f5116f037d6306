import type { RunEvent } from '../run/event.ts';
import { countText } from './waiting.ts';

/** The least time between two reports on one wait: in a long one they need not come as often. */
const [SHORTEST_MS, LONGEST_MS, SHARE] = [2000, 30_000, 1 / 10];
/** So many changes of a count are reported at once: a short wait shows each of them. */
const AT_ONCE = 4;
/** Reasons change more often than they are worth reading. */
const REASONS_MS = 5000;
/** CI services end a job that writes nothing for too long. */
export const HEARTBEAT_MS = 60_000;

/** How often a wait is reported: often enough to see that it goes on, and seldom enough to be read. */
export class WaitPace {
  #startedMs = 0;
  #told = 0;
  #last = { index: -1, count: '', reasons: '', atMs: Number.NEGATIVE_INFINITY };

  /** A step has begun. */
  begin(nowMs: number): void {
    this.#startedMs = nowMs;
    this.#told = 0;
    this.#last = { ...this.#last, index: -1 };
  }

  /** Since when the step is waited for. */
  get startedMs(): number {
    return this.#startedMs;
  }

  /** `news`: to be reported; `alive`: nothing new for a minute, which is to be reported too; `later`: not now. */
  next(event: Extract<RunEvent, { type: 'step-waiting' }>, nowMs: number): 'news' | 'alive' | 'later' {
    const { index, waiting } = event;
    const sinceMs = nowMs - this.#last.atMs;
    // A countdown alone is not a change.
    const reasons = waiting.map(({ id, why }) => `${id} ${why.replaceAll(/\d+ (s|min|h)\b/g, '#')}`).join();
    const next = { index, count: countText(event), reasons, atMs: nowMs };
    const isFirst = index !== this.#last.index;
    const isNew =
      (next.count !== this.#last.count &&
        (this.#told < AT_ONCE || event.have >= event.want || sinceMs >= this.#leastMs(nowMs))) ||
      (reasons !== this.#last.reasons && sinceMs >= Math.max(REASONS_MS, this.#leastMs(nowMs)));
    if (!isFirst && !isNew && sinceMs < HEARTBEAT_MS) return 'later';
    const isChanged = isFirst || next.count !== this.#last.count || reasons !== this.#last.reasons;
    this.#last = next;
    this.#told += 1;
    return isChanged ? 'news' : 'alive';
  }

  #leastMs(nowMs: number): number {
    return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (nowMs - this.#startedMs) * SHARE));
  }
}
