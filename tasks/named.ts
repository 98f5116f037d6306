import { isLive } from '../src/domain/roles.ts';
import type { Instance, Snapshot } from '../src/domain/snapshot.ts';
import { fleetWith, instanceById } from '../src/domain/in-place.ts';
import { refusal, type Refusal } from '../src/domain/goal.ts';
import type { TaskOptions } from './options.ts';

/** What the tasks share that are about instances named by the person. */

export interface Named {
  /** That of the first one. */
  readonly fleet: string;
  readonly release: string;
  /** In the order in which they were named, each once. */
  readonly instances: readonly Instance[];
}

/** The instances that were named, all of them this environment's and running; or what is wrong with one. */
export function namedInstances(
  snapshot: Snapshot,
  { instances = [] }: Pick<TaskOptions, 'instances'>,
): Named | Refusal {
  const found: Instance[] = [];
  for (const id of new Set(instances)) {
    const instance = instanceById(snapshot, id);
    if (instance === undefined) {
      const isUnmanaged = snapshot.unmanaged.some((one) => one.id === id);
      return refusal(
        'not-ours',
        isUnmanaged
          ? `${id} does not carry the ownership tags of this environment.`
          : `This environment has no instance ${id}.`,
        '`turnout status` shows its instances.',
        '`turnout adopt --release R` tags what production serves.',
      );
    }
    if (!isLive(instance) || instance.state !== 'running')
      return refusal('not-running', `${id} is ${instance.state}.`, 'Name instances that run: see `turnout status`.');
    found.push(instance);
  }
  const fleet = fleetWith(snapshot, found[0]?.id ?? '');
  if (fleet === undefined) return refusal('usage', 'No instance was named.', 'For example: i-0123456789abcdef0');
  return { fleet: fleet.id, release: fleet.release, instances: found };
}
