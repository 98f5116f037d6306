import type { Snapshot } from '../domain/snapshot.ts';
import { refusal, type Refusal } from '../domain/goal.ts';
import { behaviourOf, type Step } from '../steps/index.ts';
import type { Plan } from './plan.ts';

/**
 * The steps that are left to do, each one asked of the world that the steps before it will leave. What a guard would forbid
 * on the way is refused now, before anything is changed.
 */
export function planAhead(snapshot: Snapshot, steps: readonly Step[], notes: readonly string[] = []): Plan | Refusal {
  const left: Step[] = [];
  let world = snapshot;
  for (const step of steps) {
    const behaviour = behaviourOf(step);
    if (behaviour.progress(world) === 'done') continue;
    const no = behaviour.guard(world) ?? behaviour.cannotSucceed(world) ?? behaviour.conflict(world);
    if (no !== undefined)
      return refusal('not-safe', no, 'Look at `turnout status`: production stays with the fleet that has it.');
    left.push(step);
    world = behaviour.simulate(world);
  }
  const warnings = left.length > 0 ? snapshot.fleets.flatMap((fleet) => fleet.warnings ?? []) : [];
  return { steps: left, notes: [...notes, ...warnings] };
}
