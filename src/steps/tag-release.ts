import { carries, instanceById, running } from '../domain/in-place.ts';
import type { Instance } from '../domain/snapshot.ts';
import type { StepDefinition } from './definition.ts';
import { TAGS } from './presets.ts';
import { batchText } from './deploys.ts';
import { changeInstances } from './world.ts';

/** Record in the instances' tags that they are back, and which release they carry. */
export interface TagRelease {
  readonly do: 'tag-release';
  readonly fleet: string;
  readonly instances: readonly string[];
  readonly release?: string;
  readonly run: string;
}

export const tagRelease: StepDefinition<TagRelease> = (step) => ({
  ...TAGS,
  title: (snapshot) => {
    const batch = batchText(snapshot, step.instances);
    return step.release === undefined ? `note that ${batch} is back` : `tag ${batch} with release ${step.release}`;
  },
  instances: () => step.instances,
  progress: (snapshot) => (step.instances.every((id) => isTagged(instanceById(snapshot, id), step)) ? 'done' : 'todo'),
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  hook: 'after-instances',
  apply: async ({ fleet }, snapshot) => fleet.note(running(snapshot, step.instances), { ...carried(step), left: [] }),
  simulate: (snapshot) =>
    changeInstances(snapshot, step.instances, ({ left: _left, ...instance }) => ({ ...instance, ...carried(step) })),
});

function carried({ release, run }: TagRelease) {
  return release === undefined ? {} : { release, deploy: { release, run, state: 'done' as const } };
}

function isTagged(instance: Instance | undefined, { release }: TagRelease): boolean {
  if (instance === undefined) return false;
  return release === undefined ? instance.left === undefined : carries(instance, release);
}
