import type { Clock } from '../clock.ts';
import type { Sample } from './seen.ts';

/** What one request to production came to. */
export type ProbeResult =
  | { readonly release: string }
  /** `release`: where the failed answer named it all the same. */
  | { readonly failed: string; readonly release?: string };

export interface TrafficProbeOptions {
  readonly clock: Clock;
  /** One request over a connection of its own; never rejects. */
  readonly ask: () => Promise<ProbeResult>;
}

/** Milliseconds between two requests. */
const EVERY_MS = 100;

/** Asks production steadily, however slow the answers are, until it is ended. */
export class TrafficProbe {
  /** In the order in which they were due. */
  readonly samples: Sample[] = [];
  readonly #options: TrafficProbeOptions;
  readonly #ended = new AbortController();
  readonly #open = new Set<Promise<void>>();
  #going: Promise<void> | undefined;

  constructor(options: TrafficProbeOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#going ??= this.#go();
  }

  /** Asks once more, since the last word is what the run leaves behind, and waits for the answers that are due. */
  async end(): Promise<void> {
    if (this.#going === undefined) return;
    this.#ended.abort();
    await this.#going;
    await Promise.all([...this.#open, this.#ask()]);
    this.samples.sort((a, b) => a.at - b.at);
  }

  async #go(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#ended;
    for (let due = clock.monotonic(); !signal.aborted; due += EVERY_MS) {
      const asking = this.#ask();
      this.#open.add(asking);
      void asking.finally(() => this.#open.delete(asking));
      const pause = due + EVERY_MS - clock.monotonic();
      await clock.sleep(Math.max(0, pause), signal).catch(() => {});
    }
  }

  async #ask(): Promise<void> {
    const { clock, ask } = this.#options;
    const [at, startedAt] = [clock.now(), clock.monotonic()];
    const outcome = await ask();
    this.samples.push({ at, ms: Math.round(clock.monotonic() - startedAt), ...outcome });
  }
}
