import { belongText, byOwner } from '../domain/owned.ts';
import { isRegistered, poolsOf } from '../domain/roles.ts';
import { countByZone } from '../domain/minimum-healthy.ts';
import { sizeText } from '../domain/size.ts';
import type { Marks, Snapshot } from '../domain/snapshot.ts';
import { list } from '../domain/text.ts';
import { ALL_POOLS } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { TAGS } from './presets.ts';
import { fleetOf } from './world.ts';

/** Write the ownership tags on instances that serve already. */
export interface Claim {
  readonly do: 'claim';
  readonly fleet: string;
  readonly release: string;
  readonly instances: readonly string[];
  readonly at: string;
  /** Also of other environments. */
  readonly takesOver?: true;
}

export const claim: StepDefinition<Claim> = (step) => ({
  ...TAGS,
  title: () => `tag ${step.instances.length} instances as the current fleet, release ${step.release}`,
  instances: () => step.instances,
  progress: (snapshot) => (isClaimed(snapshot, step) ? 'done' : 'todo'),
  guard: (snapshot) => notServing(snapshot, step) ?? (step.takesOver ? undefined : ofOthers(snapshot, step)),
  readsBefore: () => ({ ...ALL_POOLS, fleets: 'all' }),
  // Until then they belong to no fleet.
  readsToPoll: () => ({ pools: [], fleets: 'all' }),
  apply: async ({ fleet }, snapshot) => fleet.claim({ ...step, marks: marksFor(snapshot, step) }),
  simulate: (snapshot) => {
    const isOne = ({ id }: { id: string }): boolean => step.instances.includes(id);
    const instances = snapshot.unmanaged.filter(isOne);
    const fleet = { id: step.fleet, release: step.release, marks: marksFor(snapshot, step), instances };
    const unmanaged = snapshot.unmanaged.filter((instance) => !isOne(instance));
    return { ...snapshot, fleets: [...snapshot.fleets, fleet], unmanaged };
  },
});

function marksFor({ unmanaged }: Snapshot, { instances, at }: Claim): Marks {
  return { current: at, size: sizeText(countByZone(unmanaged.filter(({ id }) => instances.includes(id)))) };
}

/** Who has the tags may be terminated by a later cleanup: only what production has is given them. */
function notServing(snapshot: Snapshot, { instances }: Claim): string | undefined {
  const registered = poolsOf(snapshot, 'production').flatMap(({ targets }) => targets.filter(isRegistered));
  const ours = snapshot.fleets.flatMap((fleet) => fleet.instances);
  const known = new Set([...registered, ...ours].map(({ id }) => id));
  const gone = instances.filter((id) => !known.has(id));
  return gone.length === 0 ? undefined : `${list(gone)} left production since this was planned.`;
}

/** Another environment has claimed some of them. */
function ofOthers(snapshot: Snapshot, { instances }: Claim): string | undefined {
  const wanted = snapshot.unmanaged.filter(({ id }) => instances.includes(id));
  const [first] = byOwner(wanted, 'environment');
  return first && `${belongText(first)} by now.`;
}

function isClaimed(snapshot: Snapshot, step: Claim): boolean {
  const { instances, marks, group } = fleetOf(snapshot, step);
  if (marks.current === undefined) return false;
  // What an instance of a group is, the group's tags say; and it may have replaced one meanwhile.
  if (group !== undefined) return true;
  const have = new Set(instances.map(({ id }) => id));
  return step.instances.every((id) => have.has(id));
}
