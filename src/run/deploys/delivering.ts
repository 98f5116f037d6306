import type { Snapshot } from '../../domain/snapshot.ts';
import type { Step } from '../../plan/step.ts';
import { isDelivery } from './deliveries.ts';
import type { RunContext } from '../engine/run-steps.ts';
import { pollIntervalMs } from '../engine/wait.ts';

/** How a run waits for what a deployer does, and leaves it. */

type Delivering = Pick<RunContext, 'ports' | 'signal' | 'lost' | 'emit'>;

/** Whether the step has a program of ours at work, which ends together with us. */
function endsWithUs({ ports }: Delivering, step: Step): boolean {
  return isDelivery(step) && !ports.inPlace.deliveries.lasts(step);
}

/** What ends the waiting for a step: a signal, or the loss of the lease. A deploy that would end with us is let come to its end. */
export function stopOf(context: Delivering, step: Step): AbortSignal {
  const { signal, lost } = context;
  const isOurs = endsWithUs(context, step);
  if (!isDelivery(step) || lost === undefined) return isOurs ? NEVER : signal;
  return isOurs ? lost : AbortSignal.any([signal, lost]);
}

/** A program that has ended runs again after a crash, unless its end was noted: so that is done soon. Looking costs nothing. */
const OURS_MS = 500;

export function pauseOf(context: Delivering, step: Step, snapshot: Snapshot, waitedMs: number): number {
  const pause = pollIntervalMs(snapshot, step, waitedMs);
  return endsWithUs(context, step) ? Math.min(pause, OURS_MS) : pause;
}

const NEVER = new AbortController().signal;

/** Nobody waits for it any more: it is stopped as far as can be. */
export async function endDelivery({ ports, emit }: Delivering, step: Step, snapshot: Snapshot): Promise<void> {
  if (!isDelivery(step)) return;
  const isOver = await ports.inPlace.deliveries.stop(snapshot, step).catch(() => false);
  if (isOver) return;
  const message = `The deploy may still be at work on ${step.instances.join(', ')}: it cannot be stopped for certain.`;
  emit({ type: 'warning', message });
}
