import type { Snapshot } from '../../domain/snapshot.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Ports } from '../../steps/ports.ts';
import { behaviourOf } from '../../steps/index.ts';

/**
 * An emergency exit begins without a look at what others have. Where one of its steps needs that, it is looked for once while health
 * is waited for; nothing is decided on that. The look of the step repeats all of its readings at once (`RepeatedReads`),
 * instead of one after the other while production waits.
 */
export class OutsideAhead {
  readonly #ports: Pick<Ports, 'outside'>;
  readonly #waits: readonly boolean[];
  readonly #lastLook: number;
  #looking: Promise<unknown> | undefined;

  constructor(ports: Pick<Ports, 'outside'>, { steps }: Plan, snapshot: Snapshot) {
    const isNew = snapshot.outside.state === 'not-asked';
    const behaviours = isNew ? steps.map(behaviourOf) : [];
    this.#ports = ports;
    this.#waits = behaviours.map((one) => one.effect(snapshot) === 'waits');
    this.#lastLook = behaviours.findLastIndex((one) => one.readsBefore(snapshot).outsideOf !== undefined);
  }

  /** The step with that index begins. */
  reached(index: number): void {
    if (this.#looking !== undefined || this.#waits[index] !== true || index > this.#lastLook) return;
    // What fails here is asked again, and told, where it is needed.
    this.#looking = this.#ports.outside.look({ instances: [], among: 'all' }).catch(() => undefined);
  }

  /** Resolves when none of its requests is under way any more. */
  async ended(): Promise<void> {
    await this.#looking;
  }
}
