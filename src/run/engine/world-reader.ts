import { defined } from '../../domain/defined.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { observe, refresh } from '../../observe/observe.ts';
import type { Reads } from '../../observe/reads.ts';
import type { RunContext } from './context.ts';
import { retryTransient } from './retry.ts';

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

  /** The same without the fleets, and the marks of a fleet, that were read a moment ago. */
  async readAhead(before: Snapshot, reads: Reads, limitMs: number, freshMs = FRESH_MS): Promise<Snapshot> {
    const { fleets, marks, ...others } = reads;
    const isFresh = fleets !== 'all' && fleets.every((id) => this.#isFresh(id, freshMs));
    const isMarkFresh = marks === undefined || this.#isFresh(marks.fleet, freshMs);
    const rest = { ...others, fleets: isFresh ? [] : fleets, ...(!isMarkFresh && { marks }) };
    return this.read(before, rest, limitMs);
  }

  /** That part, to see how far it is. What happens on instances themselves is asked for more often than they are listed. */
  async poll(before: Snapshot, reads: Reads, limitMs: number): Promise<Snapshot> {
    const isOnInstances = reads.deploy !== undefined || reads.checks !== undefined;
    return isOnInstances ? this.readAhead(before, reads, limitMs, WATCHED_MS) : this.read(before, reads, limitMs);
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
