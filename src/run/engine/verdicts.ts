import type { Clock } from '../../clock.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { Emit } from '../event.ts';

/** A verdict that has not changed is reported again after this long, with its newer numbers. */
const AGAIN_MS = 60_000;

interface Told {
  readonly verdict: string;
  readonly why: string;
  readonly at: number;
}

/** Reports the verdicts of gates as they change. One for each run, so that none is reported twice. */
export class VerdictTeller {
  readonly #emit: Emit;
  readonly #clock: Clock;
  readonly #told = new Map<string, Told>();

  constructor(emit: Emit, clock: Clock) {
    this.#emit = emit;
    this.#clock = clock;
  }

  /** @param isLast whether nothing comes after this, so that the newest numbers count */
  tell({ details }: Snapshot, isLast = false): void {
    const { baked } = details ?? {};
    for (const { gate, verdict, why, numbers, dryRun } of baked?.judgements ?? []) {
      const key = `${baked?.percent} ${gate}`;
      const before = this.#told.get(key);
      const at = this.#clock.monotonic();
      const isNew = before?.verdict !== verdict || (before.why !== why && (isLast || at >= before.at + AGAIN_MS));
      if (!isNew) continue;
      this.#told.set(key, { verdict, why, at });
      this.#emit({ type: 'verdict', gate, verdict, why, numbers, dryRun, percent: baked?.percent ?? 0 });
    }
  }
}
