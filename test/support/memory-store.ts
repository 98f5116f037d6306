import type { Approval } from '../../src/domain/approval.ts';
import type { Clock } from '../../src/clock.ts';
import type { Holder, JournalEntry, Lease, RecordedGoal, Store } from '../../src/stores/store.ts';
import { OWN_STORE } from './own-store.ts';

/** A store that forgets; it tells `wrote` of each write: `goal 1/4`, `no goal`, `journal done`, `lease`, `no lease`. */
export class MemoryStore implements Store {
  readonly kind = 'memory';
  readonly place = 'file /ann/shop.db on desk';
  id: Store['id'] = async () => OWN_STORE.id;
  readonly facts = new Map<string, string>();
  fact: Store['fact'] = async (name, value) => {
    if (value !== undefined && !this.facts.has(name)) this.facts.set(name, value);
    return this.facts.get(name);
  };
  readonly journal = new Map<string, JournalEntry>();
  lease: Lease | undefined;
  recorded: RecordedGoal | undefined;
  waiting: readonly Holder[] = [];
  readonly #clock: Clock;
  readonly #wrote: (what: string) => void;
  #fence = 0;

  constructor(clock: Clock, wrote: (what: string) => void = () => {}) {
    this.#clock = clock;
    this.#wrote = wrote;
  }

  /** No process dies here: a place never expires. */
  acquire: Store['acquire'] = async (holder, ttlMs, placeMs = 0) => {
    if (placeMs > 0 && !this.waiting.some(({ run }) => run === holder.run)) this.waiting = [...this.waiting, holder];
    const before = this.waiting.filter(
      (_, place, all) => !all.slice(0, place + 1).some(({ run }) => run === holder.run),
    );
    if (this.lease !== undefined) return { heldBy: this.lease, queue: before };
    if (before.length > 0) return { queue: before };
    this.waiting = this.waiting.slice(1);
    const now = this.#clock.now();
    this.#fence += 1;
    this.lease = { holder, fence: this.#fence, doing: '', renewedAt: now, expiresAt: now + ttlMs };
    this.#wrote('lease');
    return { lease: this.lease };
  };

  dequeue: Store['dequeue'] = async ({ run }) => {
    this.waiting = this.waiting.filter((waiter) => waiter.run !== run);
    if (this.lease?.holder.run === run) await this.release(this.lease);
  };

  queue: Store['queue'] = async () => this.waiting;

  takeOver: Store['takeOver'] = async (holder, ttlMs, from) => {
    if (this.lease?.fence !== from.fence) return undefined;
    this.lease = undefined;
    const waiting = this.waiting;
    this.waiting = [];
    await this.acquire(holder, ttlMs);
    this.waiting = waiting;
    return this.lease;
  };

  renew: Store['renew'] = async ({ fence }, ttlMs, doing) => {
    if (this.lease?.fence !== fence) return false;
    const now = this.#clock.now();
    this.lease = { ...this.lease, doing, renewedAt: now, expiresAt: now + ttlMs };
    return true;
  };

  release: Store['release'] = async ({ fence }) => {
    if (this.lease?.fence !== fence) return;
    this.lease = undefined;
    this.#wrote('no lease');
  };

  held: Store['held'] = async () => this.lease;
  goal: Store['goal'] = async () => this.recorded;

  putGoal: Store['putGoal'] = async (_lease, recorded) => {
    // As a store keeps it: a copy, of what JSON can say.
    this.recorded = JSON.parse(JSON.stringify(recorded)) as RecordedGoal;
    this.#wrote(`goal ${recorded.stepsDone}/${recorded.stepsAll}`);
  };

  clearGoal: Store['clearGoal'] = async () => {
    this.recorded = undefined;
    this.#wrote('no goal');
  };

  asked: Approval | undefined;
  approval: Store['approval'] = async () => this.asked;

  putApproval: Store['putApproval'] = async (_lease, approval) => {
    this.asked = approval;
    this.#wrote(`approval ${approval.share}${approval.spent ? ' spent' : ''}`);
  };

  decideApproval: Store['decideApproval'] = async (seen, decision) => {
    if (this.asked !== seen || seen.decision !== undefined || seen.spent) return false;
    this.asked = { ...seen, decision };
    return true;
  };

  log: Store['log'] = async (entry) => {
    this.journal.set(entry.run, entry);
    this.#wrote(`journal ${entry.outcome}`);
  };

  history: Store['history'] = async (limit) => [...this.journal.values()].toReversed().slice(0, limit);
  close: Store['close'] = async () => {};
}
