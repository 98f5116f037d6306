import { carries, isPointed, running } from '../domain/in-place.ts';
import type { Marks } from '../domain/snapshot.ts';
import { list } from '../domain/text.ts';
import type { StepDefinition } from './definition.ts';
import { tagsFleet } from './presets.ts';
import { existingFleet } from './world.ts';

/** Instances that are launched later boot this release from now on; and record that it is so. */
export interface MovePointer {
  readonly do: 'move-pointer';
  readonly fleet: string;
  /** Those that were deployed to. */
  readonly instances: readonly string[];
  readonly release: string;
  readonly run: string;
}

export const movePointer: StepDefinition<MovePointer> = (step) => {
  const { fleet, instances, release, run } = step;
  const marks = (): Marks => ({ pointed: `${release} ${run}` });
  return {
    ...tagsFleet(step, marks),
    isDispensable: false,
    isAfterSwitch: false,
    title: () => `let new instances boot ${release}`,
    progress: (snapshot) => (isPointed(snapshot, fleet, release, run) ? 'done' : 'todo'),
    readsBefore: () => ({ pools: [], fleets: [fleet] }),
    guard: (snapshot) => {
      const others = running(snapshot, instances).filter((one) => !carries(one, release));
      return others.length === 0
        ? undefined
        : `${list(
            others.map(({ id }) => id),
            3,
          )} does not carry ${release}, so new instances must not boot it yet.`;
    },
    apply: async (ports, snapshot) => {
      await ports.inPlace.deploys.setCurrent(release);
      await ports.fleet.mark(existingFleet(snapshot, step), marks());
    },
  };
};
