import type { Snapshot } from '../domain/snapshot.ts';
import type { Effect } from '../steps/definition.ts';
import { behaviourOf } from '../steps/index.ts';
import type { Plan } from './plan.ts';

/** What each step does in the world that those before it leave. */
export function effectsOf(snapshot: Snapshot, { steps }: Plan): readonly Effect[] {
  let world = snapshot;
  return steps.map((step) => {
    const behaviour = behaviourOf(step);
    const effect = behaviour.effect(world);
    world = behaviour.simulate(world);
    return effect;
  });
}
