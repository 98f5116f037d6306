import type { Snapshot } from '../observe/snapshot.ts';
import { progressOf } from './meanings.ts';
import { simulate } from './simulate.ts';
import type { Step } from './step.ts';

/** The steps that are left to do, each one asked of the world that the steps before it will leave. */
export function remaining(snapshot: Snapshot, steps: readonly Step[]): readonly Step[] {
  let world = snapshot;
  return steps.filter((step) => {
    if (progressOf(world, step) === 'done') return false;
    world = simulate(world, step);
    return true;
  });
}
