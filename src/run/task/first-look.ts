import type { TaskOptions } from '../../../tasks/options.ts';
import type { Task } from '../../../tasks/task.ts';
import { defined } from '../../domain/defined.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { observe, refresh } from '../../observe/observe.ts';
import { switchSettings } from '../../steps/ports.ts';
import { EFFECT_SHOWS_MS } from '../../steps/timing.ts';
import { isOutage, retryTransient } from '../engine/retry.ts';
import { wholeLook } from '../engine/whole-look.ts';
import type { Setup } from './setup.ts';

/** What a plan rests on: everything that the task has to know, as it is now. `before`: what was seen a moment ago. */
export async function readWorld(setup: Setup, task: Task, options: TaskOptions, before?: Snapshot): Promise<Snapshot> {
  return wholeLook(setup.ports.clock, async (seen = before) => readOnce(setup, task, options, seen));
}

async function readOnce(setup: Setup, task: Task, options: TaskOptions, before?: Snapshot): Promise<Snapshot> {
  const { ports } = setup;
  return retryOutage(setup, async () => {
    const outside = task.looksOutside === 'no' ? {} : { outside: task.looksOutside };
    const known = { residual: task.watchesResidualTraffic(options), ...defined({ served: before?.served }) };
    const world = await observe(ports, { ...known, ...outside });
    return refresh(ports, world, {
      ...task.readsAlso(world, switchSettings(ports)),
      freeze: task.heedsFreeze,
      ...(task.decidesProduction && { work: 'owner' }),
      preview: !task.inPlace,
    });
  });
}

/** At first contact, what passes is waited for. */
export async function retryOutage<T>({ ports, signal, view }: Setup, ask: () => Promise<T>): Promise<T> {
  return retryTransient({ clock: ports.clock, signal, emit: view.emit, limitMs: EFFECT_SHOWS_MS }, ask, isOutage);
}
