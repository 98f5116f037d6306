import type { EbsBlockDevice, ResponseLaunchTemplateData, RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { InstanceProfile } from '@aws-sdk/client-iam';
import type { Clock } from '../../clock.ts';
import { InstanceProfiles } from '../iam/profiles.ts';
import type { AddressBlock } from '../instances/addresses.ts';
import type { HostedMachine, Instances } from '../instances/index.ts';
import { createTimeline, type Timeline } from '../timeline.ts';
import type { Numbered } from './paging.ts';
import { createTagStore, type TagStore } from './tags.ts';

export interface Subnet extends Numbered {
  readonly id: string;
  readonly zone: string;
  /** Index of its zone, which determines its address range. */
  readonly index: number;
  readonly cidr: string;
}

export interface Network {
  readonly vpc: string;
  readonly cidr: string;
  readonly securityGroup: string;
  readonly subnets: readonly Subnet[];
}

/** A device of an image with its snapshot; the first is the root device. */
export interface ImageDevice {
  readonly device: string;
  readonly gb: number;
  readonly snapshot: string;
}

export interface Image extends Numbered {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly description?: string | undefined;
  /** What the instance ran that it was made of. */
  readonly release?: string | undefined;
  readonly devices: readonly ImageDevice[];
}

export interface VolumeRecord extends Numbered {
  readonly id: string;
  /** The instance that it is attached to. */
  readonly instance: string | undefined;
  readonly device: string;
  readonly zone: string;
  readonly ebs: EbsBlockDevice;
  readonly createdAt: Date;
}

export interface TemplateVersion extends Numbered {
  readonly template: string;
  readonly number: number;
  readonly description?: string | undefined;
  readonly createdAt: Date;
  readonly data: ResponseLaunchTemplateData;
}

export interface Template extends Numbered {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly defaultVersion: number;
  readonly versions: readonly TemplateVersion[];
}

export interface KeyPairRecord extends Numbered {
  readonly id: string;
  readonly name: string;
  readonly fingerprint: string;
  readonly createdAt: Date;
}

/** The EC2 record of an instance; immutable, each change replaces it. */
export interface InstanceRecord extends Numbered {
  readonly id: string;
  readonly machine: HostedMachine;
  readonly reservation: string;
  readonly index: number;
  readonly image: string;
  /** The parameters that it was launched with, those of its template included. */
  readonly request: RunInstancesRequest;
  readonly type: string;
  readonly subnet: Subnet;
  readonly groups: readonly string[];
  readonly keyName?: string | undefined;
  readonly profile?: InstanceProfile | undefined;
  /** In Base64. */
  readonly userData?: string | undefined;
  readonly protected: boolean;
  readonly clientToken?: string | undefined;
  readonly launchedAt: Date;
  /** Time of its last state change. */
  readonly changedAt: Date;
}

export interface Parameter {
  readonly name: string;
  readonly value: string;
  readonly type: string;
  readonly version: number;
  readonly modifiedAt: Date;
}

export interface Ec2Options {
  readonly clock: Clock;
  readonly region: string;
  /** Names of the zones, such as `eu-west-1a`. */
  readonly zones: readonly string[];
  readonly block: AddressBlock;
  readonly instances: Instances;
  /** Default page size. */
  readonly pageSize: number;
  /** Quota of vCPUs of each class of On-Demand instances. */
  readonly vcpus: number;
}

/** State of EC2 and of SSM's Parameter Store. */
export interface Ec2State extends Ec2Options {
  readonly network: Network;
  readonly tags: TagStore;
  readonly images: Timeline<Image>;
  readonly templates: Timeline<Template>;
  /** By name. */
  readonly keyPairs: Timeline<KeyPairRecord>;
  readonly profiles: InstanceProfiles;
  readonly records: Timeline<InstanceRecord>;
  readonly volumes: Timeline<VolumeRecord>;
  /** Ids of the volumes of each instance. */
  readonly attached: Map<string, readonly string[]>;
  readonly parameters: Timeline<Parameter>;
  /** Used client tokens with their request and reservation. */
  readonly tokens: Map<string, { readonly request: string; readonly reservation: string }>;
  /** Fault: ids of instances that fail their status check. */
  readonly impaired: Set<string>;
  /** The next sequence number. */
  nextSeq(): number;
  now(): Date;
}

/** The account that owns all resources: that of AWS's examples. */
export const ACCOUNT = '123456789012';

export function createEc2State(options: Ec2Options): Ec2State {
  const { clock } = options;
  let seq = 0;
  const nextSeq = () => (seq += 1);
  const subnets = options.zones.map((zone, index) => ({
    id: `subnet-0${hex(index + 1)}`,
    seq: nextSeq(),
    zone,
    index,
    cidr: options.block.cidr(index),
  }));
  return {
    ...options,
    network: { vpc: `vpc-0${hex(1)}`, cidr: `${options.block.prefix}.0.0/16`, securityGroup: `sg-0${hex(1)}`, subnets },
    tags: createTagStore(clock),
    images: createTimeline(clock),
    templates: createTimeline(clock),
    keyPairs: createTimeline(clock),
    profiles: new InstanceProfiles(ACCOUNT),
    records: createTimeline(clock),
    volumes: createTimeline(clock),
    attached: new Map(),
    parameters: createTimeline(clock),
    tokens: new Map(),
    impaired: new Set(),
    nextSeq,
    now: () => new Date(clock.now()),
  };
}

function hex(number: number): string {
  return number.toString(16).padStart(16, '0');
}
