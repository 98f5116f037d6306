import type { Instance as Ec2Instance, InstanceNetworkInterface } from '../../aws/ec2.ts';
import { defined } from '../../domain/defined.ts';
import { ownersIn, type Ownership } from '../../domain/owners.ts';
import { notesIn } from '../notes.ts';
import type { Fleet, Instance, Marks } from '../../domain/snapshot.ts';
import { commonRelease, isLive } from '../../domain/roles.ts';

/** Marks in the order of their tags. */
const EVERY_MARK: Readonly<Record<keyof Marks, true>> = {
  current: true,
  promoted: true,
  share: true,
  alone: true,
  lowered: true,
  migrated: true,
  pointed: true,
  size: true,
  store: true,
};
const MARKS = Object.keys(EVERY_MARK) as readonly (keyof Marks)[];
/** Tags by name. */
export type Tags = Readonly<Record<string, string>>;

export function tagName({ tagPrefix }: Ownership, name: string): string {
  return `${tagPrefix}:${name}`;
}

/** The tags of what belongs to this environment: an instance, or a layer. */
export function ownershipTags(owner: Ownership, fleet: string, release: string): Tags {
  return {
    [tagName(owner, 'environment')]: owner.environment,
    [tagName(owner, 'fleet')]: fleet,
    [tagName(owner, 'release')]: release,
  };
}

export function markTags(owner: Ownership, marks: Marks): Tags {
  return Object.fromEntries(Object.entries(defined(marks)).map(([mark, value]) => [tagName(owner, mark), value]));
}

/** The marks of a fleet; `valueOf` returns the value that counts for its tag of this name. */
export function marksIn(owner: Ownership, valueOf: (key: string, mark: keyof Marks) => string | undefined): Marks {
  return defined(Object.fromEntries(MARKS.map((mark) => [mark, valueOf(tagName(owner, mark), mark)])));
}

/** The fields of an instance that are kept after reading: a whole description takes 10 KB. */
export type SeenInstance = Pick<
  Ec2Instance,
  'InstanceId' | 'Placement' | 'State' | 'StateReason' | 'LaunchTime' | 'PrivateIpAddress' | 'InstanceType' | 'Tags'
> &
  Pick<Instance, 'keptVolumes' | 'otherAddresses' | 'elasticIps'>;

export function seen(instance: Ec2Instance): SeenInstance {
  const { InstanceId, Placement, State, StateReason, LaunchTime, PrivateIpAddress, InstanceType, Tags } = instance;
  const fields = { InstanceId, Placement, State, StateReason, LaunchTime, PrivateIpAddress, InstanceType, Tags };
  const kept = (instance.BlockDeviceMappings ?? []).filter(({ Ebs }) => Ebs?.DeleteOnTermination === false);
  const others = addressesOf(instance).filter((address) => address !== PrivateIpAddress);
  const elastic = (instance.NetworkInterfaces ?? [])
    .filter(hasElasticIp)
    .flatMap(({ Association }) => Association?.PublicIp ?? []);
  return {
    ...fields,
    ...(kept.length > 0 && { keptVolumes: kept.map(({ Ebs }) => ({ id: Ebs?.VolumeId ?? '' })) }),
    ...(others.length > 0 && { otherAddresses: others }),
    ...(elastic.length > 0 && { elasticIps: elastic }),
  };
}

/** An address that is the account's own: others go with the instance (EC2 API, InstanceNetworkInterfaceAssociation). */
export function hasElasticIp({ Association: association }: InstanceNetworkInterface): boolean {
  return association?.IpOwnerId !== undefined && association.IpOwnerId !== 'amazon';
}

/** By which a target group of the type `ip` may know it. */
function addressesOf({ NetworkInterfaces = [] }: Ec2Instance): readonly string[] {
  return NetworkInterfaces.flatMap(({ PrivateIpAddresses = [], Ipv6Addresses = [] }) => [
    ...PrivateIpAddresses.flatMap(({ PrivateIpAddress: address }) => address ?? []),
    ...Ipv6Addresses.flatMap(({ Ipv6Address: address }) => address ?? []),
  ]);
}

function tagOf(instance: SeenInstance, key: string): string | undefined {
  return instance.Tags?.find((tag) => tag.Key === key)?.Value;
}

/** Whether the instance has the ownership tags of this environment. */
export function isOwned(owner: Ownership, instance: SeenInstance): boolean {
  const environment = tagOf(instance, tagName(owner, 'environment'));
  return environment === owner.environment && tagOf(instance, tagName(owner, 'fleet')) !== undefined;
}

/** An instance with the notes in its own tags. */
export function toOwnInstance(owner: Ownership, instance: SeenInstance): Instance {
  const tag = (name: string): string | undefined => tagOf(instance, tagName(owner, name));
  return { ...toInstance(owner, instance), ...defined({ release: tag('release') }), ...notesIn(tag) };
}

export function toInstance(owner: Ownership, instance: SeenInstance): Instance {
  const tags = Object.fromEntries((instance.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  const owners = ownersIn(tags, owner);
  return {
    id: instance.InstanceId ?? '',
    zone: instance.Placement?.AvailabilityZone ?? '',
    state: instance.State?.Name ?? 'pending',
    launchedAt: instance.LaunchTime?.getTime() ?? 0,
    ...defined({
      reason: instance.StateReason?.Message,
      address: instance.PrivateIpAddress,
      otherAddresses: instance.otherAddresses,
      elasticIps: instance.elasticIps,
      type: instance.InstanceType,
      keptVolumes: instance.keptVolumes,
      owners: owners.length === 0 ? undefined : owners,
      tags: tightTags(owner, Object.keys(tags)),
    }),
  };
}

/** Fewer leave room for all that turnout may write, and need not be kept for each instance. */
const TIGHT = 30;

function tightTags({ tagPrefix }: Ownership, all: readonly string[]): Instance['tags'] {
  const keys = all.filter((key) => !key.startsWith('aws:'));
  const prefix = `${tagPrefix}:`;
  const own = keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  return keys.length < TIGHT ? undefined : { count: keys.length, own };
}

/** Those of what holds a fleet, by their keys, where room for more may be short. */
export function holderTags(owner: Ownership, all: readonly string[], most: number): Pick<Fleet, 'holderTags'> {
  const tags = tightTags(owner, all);
  return tags === undefined ? {} : { holderTags: { ...tags, most } };
}

/** Groups owned instances into fleets, in order of launch. */
export function toFleets(owner: Ownership, instances: readonly SeenInstance[]): readonly Fleet[] {
  const groups = Map.groupBy(instances, (instance) => tagOf(instance, tagName(owner, 'fleet')) ?? '');
  const fleets = [...groups].map(([id, group]): Fleet => {
    const all = group.map((instance) => toOwnInstance(owner, instance)).toSorted(byLaunch);
    return { id, release: commonRelease(all) ?? id, marks: marksOf(owner, group), instances: all };
  });
  return fleets.toSorted((a, b) => (a.instances[0]?.launchedAt ?? 0) - (b.instances[0]?.launchedAt ?? 0));
}

/** Order of launch, then of ids. */
export function byLaunch(a: Instance, b: Instance): number {
  return a.launchedAt - b.launchedAt || (a.id < b.id ? -1 : 1);
}

/** Marks that count when one instance has them: the greatest as text, which is the newest where they begin with a time. */
const ANY: ReadonlySet<string> = new Set(['size', 'store']);
/** Marks that count only when all instances have the same value: a crash may have left them incomplete. */
const EXACT: ReadonlySet<string> = new Set(['share', 'lowered']);

/** A fleet has a mark when every live instance of it has the mark. */
function marksOf(owner: Ownership, group: readonly SeenInstance[]): Marks {
  const live = group.filter((instance) => isLive(toInstance(owner, instance)));
  const counted = live.length > 0 ? live : group;
  return marksIn(owner, (key, mark) => {
    const values = counted.map((instance) => tagOf(instance, key));
    if (ANY.has(mark))
      return values
        .filter((value) => value !== undefined)
        .toSorted()
        .at(-1);
    const known = !values.includes(undefined) && (!EXACT.has(mark) || new Set(values).size === 1);
    return known ? (values as string[]).toSorted()[0] : undefined;
  });
}
