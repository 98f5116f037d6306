import type { Ec2, ResourceType, Tag, TagSpecification } from '../../aws/ec2.ts';
import type { Ssm } from '../../aws/ssm.ts';
import type { Ec2FleetConfig } from '../../config/config.ts';
import type { Ownership } from '../../domain/owners.ts';
import type { LaunchedMachine, VcpuDeps } from './vcpus.ts';

/**
 * The `request` of a launch spec of EC2. User data may contain secrets and goals are kept in stores, so only its source is
 * recorded; it is read when an instance is launched.
 */
export interface Ec2Request {
  /** Parameters of RunInstances, without subnet, count, ownership tags and user data. */
  readonly run: Readonly<Record<string, unknown>>;
  /** The instance whose user data is cloned, or the user data of the config. */
  readonly userData?: { readonly from: string } | 'config';
  /** Of the user data as it was when the goal was pinned: what is launched later must be the same. */
  readonly userDataHash?: string;
}

export interface Ec2FleetOptions {
  readonly owner: Ownership;
  readonly config: Ec2FleetConfig;
  readonly ec2: Ec2;
  /** Loaded only if the image is named by an SSM parameter. */
  readonly ssm: () => Promise<Ssm>;
  readonly cloudwatch: VcpuDeps['cloudwatch'];
}

/** A part of a request, and the lines that describe it. */
export interface PartialRequest extends Ec2Request {
  readonly summary: readonly string[];
  /** What each of the servers is. */
  readonly machine: LaunchedMachine;
  /** The user data that those of the config replace, base64-encoded, and whose they are. */
  readonly replaces: () => Promise<{ readonly data: string | undefined; readonly of: string }>;
}

/** With the tags that are neither reserved by AWS (`aws:`) nor ours. */
export function notOurs(
  { tagPrefix }: Ownership,
  { ResourceType, Tags: tags = [] }: TagSpecification,
): TagSpecification {
  const isReserved = ({ Key = '' }: Tag) => Key.startsWith('aws:') || Key.startsWith(`${tagPrefix}:`);
  return { ResourceType, Tags: tags.filter((tag) => !isReserved(tag)).map(({ Key, Value = '' }) => ({ Key, Value })) };
}

/** The tags that a request has for a kind of resource. */
export function tagsFor({ TagSpecifications: specs }: Ec2Request['run'], kind: ResourceType): readonly Tag[] {
  return (specs as readonly TagSpecification[] | undefined)?.find((spec) => spec.ResourceType === kind)?.Tags ?? [];
}
