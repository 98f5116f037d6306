import { ExitCode, OperatorError } from '../../../src/errors.ts';
import type { AcquireResult, Holder, JournalEntry, Lease, RecordedGoal, Store } from '../../../src/stores/store.ts';
import type { Approval } from '../../../src/domain/approval.ts';
import type { StoreIdentity } from '../../../src/domain/store-mark.ts';
import { EPOCH, type WorldClock } from './clock.ts';
import type { LittleProcess } from './process.ts';

/** What the store can do to a call. */
export const STORE_FAULTS = [
  /** It fails, once, and from now on. */
  'fails',
  'is dead',
  /** It fails after the write took place. */
  'fails after writing',
  /** Its answer comes after 30 s, or after 100 s: longer than a lease lives. */
  'takes 30 s',
  'takes 100 s',
] as const;

const CALL_MS = 2;
/** How long a person takes to approve. */
const APPROVED_MS = 3000;
const SLOW: Readonly<Record<string, number>> = { 'takes 30 s': 30_000, 'takes 100 s': 100_000 };

/** The store that the scenes' fleets name. */
export const FIRST_STORE: StoreIdentity = { id: 'first', words: 'little store' };

/** What is kept: it outlives every process. */
export class LittleStore {
  readonly #clock: WorldClock;
  /** Whether the lease of a process that died is free at once, as on one machine. */
  readonly #seesDeath: boolean;
  #fence = 0;
  #lease: { readonly lease: Lease; readonly process: LittleProcess } | undefined;
  goal: RecordedGoal | undefined;
  #approval: Approval | undefined;
  /** Approvals that were given, and shares that needed one. */
  given = 0;
  used = 0;
  /** What the person says, a while after it was asked for; absent: nothing. */
  answer: (asked: Approval) => 'approved' | 'rejected' | undefined = () => 'approved';
  /** It was asked for. */
  onAsked: (asked: Approval) => void = () => {};
  journal: readonly JournalEntry[] = [];
  isDead = false;
  readonly id: string;
  readonly #users = new WeakSet<LittleProcess>();

  constructor(clock: WorldClock, { seesDeath, id = FIRST_STORE.id }: { readonly seesDeath: boolean; id?: string }) {
    this.id = id;
    this.#clock = clock;
    this.#seesDeath = seesDeath;
  }

  /** The lease that counts now. */
  get lease(): Lease | undefined {
    const held = this.#lease;
    if (held === undefined || held.lease.expiresAt <= EPOCH + this.#clock.now) return undefined;
    return this.#seesDeath && held.process.dead ? undefined : held.lease;
  }

  /** Whether the process uses this store. */
  serves(process: LittleProcess): boolean {
    return this.#users.has(process);
  }

  /** Whether that process may change anything now. */
  isHeldBy(process: LittleProcess): boolean {
    return this.lease !== undefined && this.#lease?.process === process;
  }

  acquire(process: LittleProcess, holder: Holder, ttlMs: number): AcquireResult {
    const heldBy = this.lease;
    if (heldBy !== undefined) return { heldBy, queue: [] };
    return { lease: this.#grant(process, holder, ttlMs) };
  }

  /** As in the file store, the former holder may still act, until it is given back. */
  takeOver(holder: Holder, ttlMs: number, from: Lease): Lease | undefined {
    const former = this.#lease;
    if (former === undefined || this.lease?.fence !== from.fence) return undefined;
    return this.#grant(former.process, holder, ttlMs);
  }

  #grant(process: LittleProcess, holder: Holder, ttlMs: number): Lease {
    this.#fence += 1;
    const lease = { holder, fence: this.#fence, doing: '', ...this.#times(ttlMs) };
    this.#lease = { lease, process };
    return lease;
  }

  renew(fence: number, ttlMs: number, doing: string): boolean {
    if (this.#lease?.lease.fence !== fence) return false;
    this.#lease = { ...this.#lease, lease: { ...this.#lease.lease, doing, ...this.#times(ttlMs) } };
    return true;
  }

  release(fence: number): void {
    if (this.#lease?.lease.fence === fence) this.#lease = undefined;
  }

  putGoal(fence: number, goal: RecordedGoal | undefined): void {
    this.#mustHold(fence);
    // As it would come back from a file: nothing is shared with the writer.
    this.goal = goal && (JSON.parse(JSON.stringify(goal)) as RecordedGoal);
  }

  #mustHold(fence: number): void {
    if (this.#lease?.lease.fence !== fence)
      throw new OperatorError('lease-lost', 'This run no longer holds the lease.', { exitCode: ExitCode.leaseLost });
  }

  putApproval(fence: number, approval: Approval): void {
    this.#mustHold(fence);
    this.#approval = approval;
    if (approval.decision === undefined) this.onAsked(approval);
  }

  /** What was asked for; a person answers a while later. */
  decided(): Approval | undefined {
    const asked = this.#approval;
    const now = EPOCH + this.#clock.now;
    if (asked === undefined || asked.decision !== undefined || now < Date.parse(asked.since) + APPROVED_MS)
      return asked;
    const kind = this.answer(asked);
    if (kind === undefined) return asked;
    if (kind === 'approved') this.given += 1;
    this.#approval = { ...asked, decision: { kind, who: 'bob@desk', at: new Date(now).toISOString() } };
    return this.#approval;
  }

  log(entry: JournalEntry): void {
    const others = this.journal.filter(({ run }) => run !== entry.run);
    this.journal = [entry, ...others].toSorted((a, b) => (a.since < b.since ? 1 : -1));
  }

  /** The store as one process has it. */
  open(process: LittleProcess): Store {
    this.#users.add(process);
    const call = async <T>(name: string, act: () => T): Promise<T> => this.#call(process, name, act);
    return {
      kind: 'little',
      place: FIRST_STORE.words,
      id: async () => call('id', () => this.id),
      // Its world has no ARNs that say where it is.
      fact: async () => undefined,
      // No run waits here: the queue has tests of its own, on every store.
      acquire: async (holder, ttlMs) => call('acquire', () => this.acquire(process, holder, ttlMs)),
      dequeue: async () => {},
      queue: async () => [],
      takeOver: async (holder, ttlMs, from) => call('takeOver', () => this.takeOver(holder, ttlMs, from)),
      renew: async (lease, ttlMs, doing) => call('renew', () => this.renew(lease.fence, ttlMs, doing)),
      release: async (lease) => call('release', () => this.release(lease.fence)),
      held: async () => call('held', () => this.lease),
      goal: async () => call('goal', () => this.goal),
      putGoal: async (lease, goal) => call('putGoal', () => this.putGoal(lease.fence, goal)),
      clearGoal: async (lease) => call('clearGoal', () => this.putGoal(lease.fence, undefined)),
      approval: async () => call('approval', () => this.decided()),
      putApproval: async (lease, approval) => call('putApproval', () => this.putApproval(lease.fence, approval)),
      decideApproval: async () => false,
      log: async (entry) => call('log', () => this.log(entry)),
      history: async (limit) => call('history', () => this.journal.slice(0, limit)),
      close: async () => {},
    };
  }

  async #call<T>(process: LittleProcess, name: string, act: () => T): Promise<T> {
    let slowMs = 0;
    const value = await process.call(`store ${name}`, CALL_MS, (fault) => {
      if (fault === 'is dead') this.isDead = true;
      if (this.isDead || fault === 'fails') throw failed();
      slowMs = SLOW[fault ?? ''] ?? 0;
      const result = act();
      if (fault === 'fails after writing') throw failed();
      return result;
    });
    if (slowMs > 0) await process.clock.sleep(slowMs);
    return value;
  }

  #times(ttlMs: number): { renewedAt: number; expiresAt: number } {
    const renewedAt = EPOCH + this.#clock.now;
    return { renewedAt, expiresAt: renewedAt + ttlMs };
  }
}

function failed(): OperatorError {
  return new OperatorError('store-failed', 'The store could not be used: disk I/O error.', {
    next: ['Repair the store, then run this again.'],
  });
}
