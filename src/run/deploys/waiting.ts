import type { DeployOrder } from '../../domain/deploys.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { RunContext } from '../engine/context.ts';

/** How a run waits for what a deployer does, and leaves it. */

type Order = DeployOrder | 'none';
type Context = Pick<RunContext, 'ports' | 'signal' | 'lost' | 'emit'>;

/** Whether a program of ours works on it, which ends together with us. */
function endsWithUs({ ports }: Context, order: Order): boolean {
  return order !== 'none' && !ports.inPlace.deploys.lasts(order);
}

/** What ends the waiting: a signal, or the loss of the lease. A deploy that would end with us is let finish. */
export function stopFor(context: Context, order: Order): AbortSignal {
  const { signal, lost } = context;
  const isOurs = endsWithUs(context, order);
  if (order === 'none' || lost === undefined) return isOurs ? NEVER : signal;
  return isOurs ? lost : AbortSignal.any([signal, lost]);
}

const NEVER = new AbortController().signal;

/** A program that has ended runs again after a crash, unless its end was recorded: so that is done soon. Looking costs nothing. */
const OURS_MS = 500;

export function pauseFor(context: Context, order: Order, pauseMs: number): number {
  return endsWithUs(context, order) ? Math.min(pauseMs, OURS_MS) : pauseMs;
}

/** Nothing waits for it any more: it is stopped as far as possible. */
export async function endOrder({ ports, emit }: Context, order: Order, snapshot: Snapshot): Promise<void> {
  if (order === 'none') return;
  const isOver = await ports.inPlace.deploys.stop(snapshot, order).catch(() => false);
  if (isOver) return;
  const message = `The deploy may still be running on ${order.instances.join(', ')}: it cannot be stopped for certain.`;
  emit({ type: 'warning', message });
}
