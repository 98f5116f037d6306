import type { Snapshot } from '../../domain/snapshot.ts';
import type { Step } from '../../steps/index.ts';
import type { RunContext } from './context.ts';
import { StepRun } from './step-run.ts';
import { WorldReader } from './world-reader.ts';

/**
 * Does the steps, each one observed before and after. A step counts as done only on an observation made after its effect.
 * @returns the last observation
 * @throws StepFailed when a step runs out of time or cannot get there; Interrupted at a safe point after the first signal.
 */
export async function runSteps(context: RunContext, steps: readonly Step[], start: Snapshot): Promise<Snapshot> {
  const reader = new WorldReader(context, start);
  let snapshot = start;
  for (const [index, step] of steps.entries()) {
    context.signal.throwIfAborted();
    snapshot = await new StepRun(context, reader, index, step).run(snapshot);
  }
  await context.reached(steps.length, 'the last step is done');
  return snapshot;
}
