import { liveFleets } from '../domain/roles.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { isMarked, type StoreIdentity } from '../domain/store-mark.ts';
import { behaviourOf, type Step } from '../steps/index.ts';
import type { Plan } from './plan.ts';

/**
 * The plan with this store's mark on all fleets that there are, and at its end on those that it has made. A plan that changes
 * nothing stays so.
 * @param from the mark of another store that it takes the environment over from
 */
export function withStoreSteps(snapshot: Snapshot, plan: Plan, store: StoreIdentity, from?: string): Plan {
  if (plan.steps.length === 0) return plan;
  const tag = (world: Snapshot): readonly Step[] => {
    const [first] = liveFleets(world);
    if (first === undefined || isMarked(world, store.id)) return [];
    return [{ do: 'tag-store-id', fleet: first.id, store, ...(from !== undefined && { from }) }];
  };
  const steps = [...tag(snapshot), ...plan.steps];
  const end = steps.reduce((world, step) => behaviourOf(step).simulate(world), snapshot);
  return { ...plan, steps: [...steps, ...tag(end)] };
}
