import type { Upstream } from './upstream.ts';

/** A target as the data plane knows it. */
export interface PoolTarget {
  /** `id:port`. */
  readonly key: string;
  readonly id: string;
  readonly port: number;
  readonly upstream: Upstream;
  /** The release that the instance carries now. */
  release(): string;
}

/**
 * - `out`: never used (still being registered, or its instance is not running)
 * - `failing`: checks have not passed; used only when no member of the group passes (fail-open)
 * - `passing`: used
 */
export type Eligibility = 'out' | 'failing' | 'passing';

/** How a target group spreads requests (target group attributes). */
export interface Balancing {
  readonly algorithm: 'round_robin' | 'least_outstanding_requests';
  /** 0 is off. */
  readonly slowStartMs: number;
  /** How long a client sticks to a target; 0 is off. */
  readonly stickyMs: number;
}

interface Entry {
  readonly member: PoolTarget;
  eligibility: Eligibility;
  /** When it began to warm up (slow start); absent when it doesn't. */
  slowStartFrom: number | undefined;
}

/** The members of one target group, and whose turn it is. */
export class TargetPool {
  balancing: Balancing = { algorithm: 'round_robin', slowStartMs: 0, stickyMs: 0 };
  readonly #entries = new Map<string, Entry>();
  /** Cached, since it is needed for every request and seldom changes. */
  #eligible: Entry[] | undefined;
  #turn = 0;

  add(member: PoolTarget): void {
    this.#entries.set(member.key, { member, eligibility: 'out', slowStartFrom: undefined });
    this.#eligible = undefined;
  }

  remove(member: PoolTarget): void {
    if (this.#entries.get(member.key)?.member !== member) return;
    this.#entries.delete(member.key);
    this.#eligible = undefined;
  }

  has(member: PoolTarget): boolean {
    return this.#entries.get(member.key)?.member === member;
  }

  setEligibility(member: PoolTarget, standing: Eligibility, now: number): void {
    const entry = this.#entries.get(member.key);
    if (entry?.member !== member || entry.eligibility === standing) return;
    if (standing === 'passing') entry.slowStartFrom = this.#hasTargetOutOfSlowStart(now) ? now : undefined;
    entry.eligibility = standing;
    this.#eligible = undefined;
  }

  /** The member that the key names, when requests may be sent to it now. */
  sticky(key: string): PoolTarget | undefined {
    return this.#targets().find((entry) => entry.member.key === key)?.member;
  }

  /** The member whose turn it is; none when the group has none that may be used. */
  next(now: number, random: () => number): PoolTarget | undefined {
    const entries = this.#targets();
    if (this.balancing.algorithm === 'least_outstanding_requests') return leastBusy(entries, this.#turn++)?.member;
    let entry = this.#nextInTurn(entries);
    for (let tries = 1; entry && tries < entries.length && this.#slowStartShare(entry, now) < random(); tries += 1) {
      entry = this.#nextInTurn(entries);
    }
    return entry?.member;
  }

  #nextInTurn(entries: readonly Entry[]): Entry | undefined {
    return entries[this.#turn++ % entries.length];
  }

  #targets(): readonly Entry[] {
    this.#eligible ??= eligible([...this.#entries.values()]);
    return this.#eligible;
  }

  /** A share of the requests from 0 to 1 that grows during slow start (ALB user guide, slow start mode). */
  #slowStartShare(entry: Entry, now: number): number {
    const { slowStartMs } = this.balancing;
    return slowStartMs === 0 || entry.slowStartFrom === undefined
      ? 1
      : Math.min(1, (now - entry.slowStartFrom) / slowStartMs);
  }

  /** Slow start applies only when at least one healthy target is out of it (ALB user guide). */
  #hasTargetOutOfSlowStart(now: number): boolean {
    for (const entry of this.#entries.values()) {
      if (entry.eligibility === 'passing' && this.#slowStartShare(entry, now) >= 1) return true;
    }
    return false;
  }
}

function eligible(entries: readonly Entry[]): Entry[] {
  const passing = entries.filter((entry) => entry.eligibility === 'passing');
  return passing.length > 0 ? passing : entries.filter((entry) => entry.eligibility === 'failing');
}

/** Starts at a different one each time, so that equals take turns. */
function leastBusy(entries: readonly Entry[], turn: number): Entry | undefined {
  let best = entries[turn % entries.length];
  for (const entry of entries) {
    if (best && entry.member.upstream.inFlight < best.member.upstream.inFlight) best = entry;
  }
  return best;
}
