import type { Upstream } from './upstream.ts';

/** A target in the data plane. */
export interface PoolTarget {
  /** `id:port`. */
  readonly key: string;
  readonly id: string;
  readonly port: number;
  readonly zone: string;
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

interface Minimum {
  readonly count: number;
  readonly percent: number;
}

const ONE: Minimum = { count: 1, percent: 0 };

/** How a target group distributes requests (target group attributes). */
export interface Balancing {
  readonly algorithm: 'round_robin' | 'least_outstanding_requests';
  /** 0 is off. */
  readonly slowStartMs: number;
  /** With fewer passing targets, or fewer in percent of all, requests go to all that are checked. */
  readonly minimumPassing?: Minimum;
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
  /** Cached by zone, since they are needed for every request and rarely change. */
  readonly #eligible = new Map<string | undefined, { readonly for: Minimum; readonly entries: readonly Entry[] }>();
  readonly #servedZones = new Set<string>();
  #turn = 0;

  /** Zones in which a target has passed. */
  get servedZones(): ReadonlySet<string> {
    return this.#servedZones;
  }

  add(target: PoolTarget): void {
    this.#entries.set(target.key, { target, eligibility: 'out', slowStartFrom: undefined });
    this.#eligible.clear();
  }

  remove(target: PoolTarget): void {
    if (this.#entries.get(target.key)?.target !== target) return;
    this.#entries.delete(target.key);
    this.#eligible.clear();
  }

  has(target: PoolTarget): boolean {
    return this.#entries.get(target.key)?.target === target;
  }

  setEligibility(target: PoolTarget, eligibility: Eligibility, now: number): void {
    const entry = this.#entries.get(target.key);
    if (entry?.target !== target || entry.eligibility === eligibility) return;
    if (eligibility === 'passing') entry.slowStartFrom = this.#hasTargetOutOfSlowStart(now) ? now : undefined;
    if (eligibility === 'passing') this.#servedZones.add(target.zone);
    entry.eligibility = eligibility;
    this.#eligible.clear();
  }

  /** The target with a key, if it is eligible for requests. */
  sticky(key: string, zone?: string): PoolTarget | undefined {
    return this.#targets(zone).find((entry) => entry.target.key === key)?.target;
  }

  /** The next target, of that zone if one is given; undefined if none is eligible. */
  next(now: number, random: () => number, zone?: string): PoolTarget | undefined {
    const entries = this.#targets(zone);
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

  #targets(zone: string | undefined): readonly Entry[] {
    const { minimumPassing = ONE } = this.balancing;
    const known = this.#eligible.get(zone);
    if (known?.for === minimumPassing) return known.entries;
    const all = [...this.#entries.values()].filter(({ target }) => zone === undefined || target.zone === zone);
    const entries = eligible(all, Math.max(minimumPassing.count, (minimumPassing.percent / 100) * all.length));
    this.#eligible.set(zone, { for: minimumPassing, entries });
    return entries;
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
