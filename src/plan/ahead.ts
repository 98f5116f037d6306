import type { Snapshot } from '../domain/snapshot.ts';
import { refusal, type Refusal } from '../domain/goal.ts';
import { cutOffTexts } from './group-checks.ts';
import { behaviourOf, type Step } from '../steps/index.ts';
import type { Plan } from './plan.ts';

/**
 * The steps that are left to do, each one asked of the world that the steps before it will leave. What a guard would forbid
 * on the way is refused now, before anything is changed.
 */
export function planAhead(snapshot: Snapshot, steps: readonly Step[], notes: readonly string[] = []): Plan | Refusal {
  const left: Step[] = [];
  const cut = new Set<string>();
  let world = snapshot;
  for (const step of steps) {
    const behaviour = behaviourOf(step);
    if (behaviour.progress(world) === 'done') continue;
    const no = behaviour.guard(world) ?? behaviour.cannotSucceed(world) ?? behaviour.conflict(world);
    if (no !== undefined)
      return refusal('not-safe', no, 'Look at `turnout status`: production stays with the fleet that has it.');
    left.push(step);
    if (behaviour.effect(world) === 'removes-capacity')
      for (const text of cutOffTexts(world, behaviour.instances(world))) cut.add(text);
    world = behaviour.simulate(world);
  }
  const warnings = left.length > 0 ? snapshot.fleets.flatMap((fleet) => fleet.warnings ?? []) : [];
  return { steps: left, notes: [...notes, ...cut, ...warnings] };
}
