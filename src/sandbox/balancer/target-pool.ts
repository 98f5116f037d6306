import type { Upstream } from './upstream.ts';

/** A target in the data plane. */
export interface PoolTarget {
  /** `id:port`. */
  readonly key: string;
  readonly id: string;
  readonly port: number;
  readonly upstream: Upstream;
  /** The current release of the instance. */
  release(): string;
}

/**
 * - `out`: gets no requests (still being registered, or its instance is not running)
 * - `failing`: checks have not passed; gets requests only if no target of the group passes (fail-open)
 * - `passing`: gets requests
 */
export type Eligibility = 'out' | 'failing' | 'passing';

/** How a target group distributes requests (target group attributes). */
export interface Balancing {
  readonly algorithm: 'round_robin' | 'least_outstanding_requests';
  /** 0 is off. */
  readonly slowStartMs: number;
  /** With fewer passing targets, or fewer in percent of all, requests go to all that are checked. */
  readonly minimumPassing?: { readonly count: number; readonly percent: number };
  /** Duration of stickiness to a target; 0 is off. */
  readonly stickyMs: number;
}

interface Entry {
  readonly target: PoolTarget;
  eligibility: Eligibility;
  /** Start of its slow start; undefined without one. */
  slowStartFrom: number | undefined;
}

/** The targets of a group in the data plane, and the load balancing among them. */
export class TargetPool {
  balancing: Balancing = { algorithm: 'round_robin', slowStartMs: 0, stickyMs: 0 };
  readonly #entries = new Map<string, Entry>();
  /** Cached, since it is needed for every request and rarely changes. */
  #eligible: { readonly minimumPassing: number; readonly entries: readonly Entry[] } | undefined;
  #turn = 0;

  add(target: PoolTarget): void {
    this.#entries.set(target.key, { target, eligibility: 'out', slowStartFrom: undefined });
    this.#eligible = undefined;
  }

  remove(target: PoolTarget): void {
    if (this.#entries.get(target.key)?.target !== target) return;
    this.#entries.delete(target.key);
    this.#eligible = undefined;
  }

  has(target: PoolTarget): boolean {
    return this.#entries.get(target.key)?.target === target;
  }

  setEligibility(target: PoolTarget, eligibility: Eligibility, now: number): void {
    const entry = this.#entries.get(target.key);
    if (entry?.target !== target || entry.eligibility === eligibility) return;
    if (eligibility === 'passing') entry.slowStartFrom = this.#hasTargetOutOfSlowStart(now) ? now : undefined;
    entry.eligibility = eligibility;
    this.#eligible = undefined;
  }

  /** The target with a key, if it is eligible for requests. */
  sticky(key: string): PoolTarget | undefined {
    return this.#targets().find((entry) => entry.target.key === key)?.target;
  }

  /** The next target; undefined if none is eligible. */
  next(now: number, random: () => number): PoolTarget | undefined {
    const entries = this.#targets();
    if (this.balancing.algorithm === 'least_outstanding_requests') return leastBusy(entries, this.#turn++)?.target;
    let entry = this.#nextInTurn(entries);
    for (let tries = 1; entry && tries < entries.length && this.#slowStartShare(entry, now) < random(); tries += 1) {
      entry = this.#nextInTurn(entries);
    }
    return entry?.target;
  }

  #nextInTurn(entries: readonly Entry[]): Entry | undefined {
    return entries[this.#turn++ % entries.length];
  }

  #targets(): readonly Entry[] {
    const { count = 1, percent = 0 } = this.balancing.minimumPassing ?? {};
    const minimumPassing = Math.max(count, (percent / 100) * this.#entries.size);
    if (this.#eligible?.minimumPassing !== minimumPassing)
      this.#eligible = { minimumPassing, entries: eligible([...this.#entries.values()], minimumPassing) };
    return this.#eligible.entries;
  }

  /** The share of its requests, which grows from 0 to 1 during slow start (ALB user guide, "Slow start mode"). */
  #slowStartShare(entry: Entry, now: number): number {
    const { slowStartMs } = this.balancing;
    return slowStartMs === 0 || entry.slowStartFrom === undefined
      ? 1
      : Math.min(1, (now - entry.slowStartFrom) / slowStartMs);
  }

  /** Slow start applies only if at least one healthy target is not in slow start (ALB user guide, "Slow start mode"). */
  #hasTargetOutOfSlowStart(now: number): boolean {
    for (const entry of this.#entries.values()) {
      if (entry.eligibility === 'passing' && this.#slowStartShare(entry, now) >= 1) return true;
    }
    return false;
  }
}

function eligible(entries: readonly Entry[], minimumPassing: number): Entry[] {
  const passing = entries.filter((entry) => entry.eligibility === 'passing');
  if (passing.length >= minimumPassing) return passing;
  return entries.filter(({ eligibility }) => eligibility === 'passing' || eligibility === 'failing');
}

/** Starts at a different target each time, so that equally busy targets take turns. */
function leastBusy(entries: readonly Entry[], turn: number): Entry | undefined {
  let best = entries[turn % entries.length];
  for (const entry of entries) {
    if (best && entry.target.upstream.inFlight < best.target.upstream.inFlight) best = entry;
  }
  return best;
}
