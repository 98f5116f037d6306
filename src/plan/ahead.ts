import type { Snapshot } from '../domain/snapshot.ts';
import { refusal, type Refusal } from '../domain/goal.ts';
import { meaningOf } from './meanings.ts';
import { simulate } from './simulate.ts';
import type { Plan, Step } from './step.ts';

/**
 * The steps that are left to do, each one asked of the world that the steps before it will leave. What a guard would forbid
 * on the way is refused now, before anything is changed.
 */
export function planAhead(snapshot: Snapshot, steps: readonly Step[], notes: readonly string[] = []): Plan | Refusal {
  const left: Step[] = [];
  let world = snapshot;
  for (const step of steps) {
    const meaning = meaningOf(step);
    if (meaning.progress(world, step) === 'done') continue;
    const no = meaning.forbids?.(world, step) ?? meaning.hopeless?.(world, step) ?? meaning.disturbed?.(world, step);
    if (no !== undefined)
      return refusal('not-safe', no, 'Look at `turnout status`: production stays with the fleet that has it.');
    left.push(step);
    world = simulate(world, step);
  }
  const warnings = left.length > 0 ? snapshot.fleets.flatMap((fleet) => fleet.warnings ?? []) : [];
  return { steps: left, notes: [...notes, ...warnings] };
}
