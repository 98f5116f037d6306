import { defined } from '../../domain/defined.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { observe, refresh } from '../../observe/observe.ts';
import type { Reads } from '../../observe/reads.ts';
import { OperatorError } from '../../errors.ts';
import type { RunContext } from './context.ts';
import { covers, inOneLook, WHOLE } from './look-ahead.ts';
import { retryTransient } from './retry.ts';
import { WHOLE_MS } from './whole-look.ts';

/** Fleets that the step before has read are as good as read again; a fleet of 1,000 takes half a second to read. */
const FRESH_MS = 1000;
/** Programs and answers are asked for much more often than a fleet should be read. */
const WATCHED_MS = 5000;

/** Reads the world for the steps of one run, and knows how old it is. Transient errors are retried up to a limit. */
export class WorldReader {
  readonly #context: Pick<RunContext, 'ports' | 'signal' | 'emit'>;
  /** By fleet, on the monotonic clock. */
  readonly #readAt: Map<string, number>;
  #lookedFrom = Number.NEGATIVE_INFINITY;
  /** What was read with the last effect, for the step after it, and when that reading ended. */
  #ahead: { readonly seen: Snapshot; readonly reads: Reads; readonly at: number } | undefined;

  constructor(context: Pick<RunContext, 'ports' | 'signal' | 'emit'>, start: Snapshot) {
    const { clock } = context.ports;
    const age = Math.max(0, clock.now() - start.at);
    this.#context = context;
    this.#readAt = new Map(start.fleets.map(({ id }) => [id, clock.monotonic() - age]));
  }

  /** When the last reading began that was answered, on the monotonic clock. */
  get lookedFrom(): number {
    return this.#lookedFrom;
  }

  /** That part, read again; the rest as it was `before`. */
  async read(before: Snapshot, reads: Reads, limitMs: number): Promise<Snapshot> {
    return this.#remember(before, await this.#retry(limitMs, async () => this.#refresh(before, reads)));
  }

  /** The same without the fleets, and the marks of a fleet, that were read a moment ago; nothing where all of it was read ahead. */
  async readFirst(before: Snapshot, reads: Reads, limitMs: number): Promise<Snapshot> {
    const missing = this.#missing(reads, FRESH_MS);
    const isKnown = this.#isReadAhead(before, missing);
    this.#ahead = undefined;
    return isKnown ? before : this.read(before, missing, limitMs);
  }

  /** Whether the snapshot is one look at everything, a moment ago. */
  isWhole(snapshot: Snapshot): boolean {
    return this.#isReadAhead(snapshot, WHOLE);
  }

  /**
   * That part, to see how far it is. What happens on instances themselves is asked for more often than they are listed.
   * @param next read at the same time where it can be; where that fails, it is left to the step that needs it
   */
  async poll(before: Snapshot, reads: Reads, limitMs: number, next?: Reads): Promise<Snapshot> {
    this.#ahead = undefined;
    const both = next && inOneLook(reads, this.#missing(next, FRESH_MS));
    const seen = both && (await this.#tryAhead(before, both));
    if (seen !== undefined) return seen;
    const isOnInstances = reads.deploy !== undefined || reads.checks !== undefined;
    return this.read(before, isOnInstances ? this.#missing(reads, WATCHED_MS) : reads, limitMs);
  }

  async #tryAhead(before: Snapshot, reads: Reads): Promise<Snapshot | undefined> {
    this.#lookedFrom = this.#context.ports.clock.monotonic();
    try {
      const seen = this.#remember(before, await this.#refresh(before, reads));
      this.#ahead = { seen, reads, at: this.#context.ports.clock.monotonic() };
      return seen;
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      return undefined;
    }
  }

  /** A look that the step made by itself would be no newer: nothing was waited for since that one ended. */
  #isReadAhead(snapshot: Snapshot, reads: Reads): boolean {
    const ahead = this.#ahead;
    if (ahead?.seen !== snapshot || !covers(ahead.reads, reads)) return false;
    const now = this.#context.ports.clock.monotonic();
    return now - ahead.at <= FRESH_MS && now - this.#lookedFrom <= WHOLE_MS;
  }

  /** The part of it that was not read a moment ago, as far as fleets and their marks go. */
  #missing(reads: Reads, freshMs: number): Reads {
    const { fleets, marks, ...others } = reads;
    const isFresh = fleets !== 'all' && fleets.every((id) => this.#isFresh(id, freshMs));
    const isMarkFresh = marks === undefined || this.#isFresh(marks.fleet, freshMs);
    return { ...others, fleets: isFresh ? [] : fleets, ...(!isMarkFresh && { marks }) };
  }

  /** Everything. */
  async readAll(before: Snapshot, limitMs: number): Promise<Snapshot> {
    return this.#remember(
      before,
      await this.#retry(limitMs, async () =>
        observe(this.#context.ports, { outside: before.outside, ...defined({ served: before.served }) }),
      ),
    );
  }

  async #retry(limitMs: number, read: () => Promise<Snapshot>): Promise<Snapshot> {
    const { ports, signal, emit } = this.#context;
    return retryTransient({ clock: ports.clock, signal, emit, limitMs }, async () => {
      this.#lookedFrom = ports.clock.monotonic();
      return read();
    });
  }

  async #refresh(before: Snapshot, reads: Reads): Promise<Snapshot> {
    const { ports } = this.#context;
    const seen = await refresh(ports, before, reads);
    const isMissing = reads.fleets !== 'all' && someInstanceLeft(seen, reads);
    return isMissing ? refresh(ports, seen, { pools: [], fleets: 'all' }) : seen;
  }

  #remember(before: Snapshot, seen: Snapshot): Snapshot {
    const known = new Set(before.fleets.map(({ instances }) => instances));
    const now = this.#context.ports.clock.monotonic();
    for (const { id, instances } of seen.fleets) if (!known.has(instances)) this.#readAt.set(id, now);
    return seen;
  }

  #isFresh(id: string, freshMs: number): boolean {
    const at = this.#readAt.get(id) ?? Number.NEGATIVE_INFINITY;
    return this.#context.ports.clock.monotonic() - at <= freshMs;
  }
}

/** ELB calls targets of stopped or terminated instances unused: then the fleet must be read again too. */
function someInstanceLeft({ pools }: Snapshot, { pools: names }: Reads): boolean {
  const seen = pools.filter(({ name }) => names === 'all' || names.includes(name));
  return seen.some(({ targets }) => targets.some(({ reason }) => reason === 'Target.InvalidState'));
}
