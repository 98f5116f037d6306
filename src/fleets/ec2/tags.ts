import type { Instance as Ec2Instance, Tag } from '../../aws/ec2.ts';
import { readNotes } from '../notes.ts';
import type { Fleet, Instance, Marks } from '../../domain/snapshot.ts';
import { isLive } from '../../domain/roles.ts';

/** Ownership is tags on instances: this is where their names are. */
export interface Owner {
  readonly environment: string;
  /** `turnout` in `turnout:environment`. */
  readonly tagPrefix: string;
}

const MARKS = ['current', 'promoted', 'share', 'lowered', 'migrated'] as const satisfies readonly (keyof Marks)[];

export function tagName({ tagPrefix }: Owner, name: 'environment' | 'fleet' | 'release' | keyof Marks): string {
  return `${tagPrefix}:${name}`;
}

/** The tags that make an instance one of this environment's. */
export function ec2OwnershipTags(owner: Owner, fleet: string, release: string): Tag[] {
  return [
    { Key: tagName(owner, 'environment'), Value: owner.environment },
    { Key: tagName(owner, 'fleet'), Value: fleet },
    { Key: tagName(owner, 'release'), Value: release },
  ];
}

export function ec2MarkTags(owner: Owner, marks: Marks): Tag[] {
  return MARKS.flatMap((mark) =>
    marks[mark] === undefined ? [] : [{ Key: tagName(owner, mark), Value: marks[mark] }],
  );
}

/** What is read of an instance to know its fleet. */
export type SeenInstance = Pick<
  Ec2Instance,
  'InstanceId' | 'Placement' | 'State' | 'StateReason' | 'LaunchTime' | 'PrivateIpAddress' | 'InstanceType' | 'Tags'
>;

export function seen(instance: Ec2Instance): SeenInstance {
  const { InstanceId, Placement, State, StateReason, LaunchTime, PrivateIpAddress, InstanceType, Tags } = instance;
  return { InstanceId, Placement, State, StateReason, LaunchTime, PrivateIpAddress, InstanceType, Tags };
}

function tagOf(instance: SeenInstance, key: string): string | undefined {
  return instance.Tags?.find((tag) => tag.Key === key)?.Value;
}

/** True when the instance carries the whole of this environment's ownership tags. */
export function isOwned(owner: Owner, instance: SeenInstance): boolean {
  return (
    tagOf(instance, tagName(owner, 'environment')) === owner.environment &&
    tagOf(instance, tagName(owner, 'fleet')) !== undefined
  );
}

/** An instance with what its own tags note about it. */
export function toOwnInstance(owner: Owner, instance: SeenInstance): Instance {
  const tag = (name: string): string | undefined => tagOf(instance, `${owner.tagPrefix}:${name}`);
  const release = tag('release');
  return { ...toInstance(instance), ...(release === undefined ? {} : { release }), ...readNotes(tag) };
}

export function toInstance(instance: SeenInstance): Instance {
  const reason = instance.StateReason?.Message;
  return {
    id: instance.InstanceId ?? '',
    zone: instance.Placement?.AvailabilityZone ?? '',
    state: instance.State?.Name ?? 'pending',
    launchedAt: instance.LaunchTime?.getTime() ?? 0,
    ...(reason === undefined ? {} : { reason }),
    ...(instance.PrivateIpAddress === undefined ? {} : { address: instance.PrivateIpAddress }),
    ...(instance.InstanceType === undefined ? {} : { type: instance.InstanceType }),
  };
}

/** Groups owned instances into fleets, in order of launch. */
export function toFleets(owner: Owner, instances: readonly SeenInstance[]): readonly Fleet[] {
  const groups = Map.groupBy(instances, (instance) => tagOf(instance, tagName(owner, 'fleet')) ?? '');
  const fleets = [...groups].map(([id, group]): Fleet => {
    const all = group.map((instance) => toOwnInstance(owner, instance)).toSorted(byLaunch);
    return { id, release: commonRelease(all) ?? id, marks: marksOf(owner, group), instances: all };
  });
  return fleets.toSorted((a, b) => (a.instances[0]?.launchedAt ?? 0) - (b.instances[0]?.launchedAt ?? 0));
}

/** What most of the living carry; of two that as many carry, the one of the oldest instance. */
export function commonRelease(instances: readonly Instance[]): string | undefined {
  const living = instances.filter(isLive);
  const groups = Map.groupBy(living.length > 0 ? living : instances, ({ release }) => release);
  groups.delete(undefined);
  return [...groups].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0];
}

function byLaunch(a: Instance, b: Instance): number {
  return a.launchedAt - b.launchedAt || (a.id < b.id ? -1 : 1);
}

/** What a crash may have left unfinished tells nothing, unless all carry the same. */
const EXACT: ReadonlySet<string> = new Set(['share', 'lowered']);

/** A fact holds of a fleet when every instance of it that still exists carries the mark. */
function marksOf(owner: Owner, group: readonly SeenInstance[]): Marks {
  const living = group.filter((instance) => isLive(toInstance(instance)));
  const counted = living.length > 0 ? living : group;
  const entries = MARKS.flatMap((mark) => {
    const values = counted.map((instance) => tagOf(instance, tagName(owner, mark)));
    const known = !values.includes(undefined) && (!EXACT.has(mark) || new Set(values).size === 1);
    return known ? [[mark, (values as string[]).toSorted()[0] as string] as const] : [];
  });
  return Object.fromEntries(entries);
}
