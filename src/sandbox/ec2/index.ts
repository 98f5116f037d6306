import type { LaunchTemplateSpecification, Reservation, RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { Inventory } from '../iam/inventory.ts';
import type { InstanceProfiles } from '../iam/profiles.ts';
import { createParameters } from '../ssm/parameters.ts';
import { ApiError, bindOperations, type Service, type StateOperation } from '../service.ts';
import { createKeyPair, deleteKeyPair, describeKeyPairs } from './access.ts';
import { deployPage } from './deploy-page.ts';
import { describeCreditSpecifications, describeInstanceAttribute, modifyInstanceAttribute } from './attributes.ts';
import { describeInstances, describeInstanceStatus, getConsoleOutput, visible } from './describe.ts';
import { instanceFaults } from './faults.ts';
import { addImage, copyImage, createImage, deregisterImage, describeImages } from './images.ts';
import { describeNetworkInterfaces, describeRegions } from './interfaces.ts';
import { bootFrom, prepareLaunch, runInstances } from './launch.ts';
import { startInstances, stopInstances, terminateInstances } from './lifecycle.ts';
import { describeAvailabilityZones, describeSecurityGroups, describeSubnets, describeVpcs } from './network.ts';
import { createEc2State, type Ec2Options, type Ec2State, type Image, type Network } from './state.ts';
import { createTags, deleteTags, describeTags, setTags } from './tagging.ts';
import type { TagMap } from './tags.ts';
import {
  createLaunchTemplate,
  createLaunchTemplateVersion,
  deleteLaunchTemplate,
  describeLaunchTemplates,
  describeLaunchTemplateVersions,
  findVersion,
  modifyLaunchTemplate,
} from './templates.ts';
import { describeInstanceTypes } from './types.ts';
import { vcpusInUse } from './vcpus.ts';
import { deleteVolume, describeVolumes, releaseVolumes } from './volumes.ts';

/** EC2 and SSM's Parameter Store, with the functions that the sandbox calls within the process. */
export interface EmulatedEc2 extends Service {
  readonly network: Network;
  readonly ssm: Service;
  addImage(name: string, tags: TagMap, createdAt?: Date, sizes?: Readonly<Record<string, number>>): Image;
  /** Id of the image without a release; the first image if there is none. */
  baseImage(): string;
  /** Adds tags as AWS's own services do, also reserved ones. Throws when there is no such resource. */
  setTags(id: string, tags: TagMap): void;
  /** Tags of a resource; none where there is no such resource. */
  tagsOf(id: string): TagMap;
  /** The version of a launch template that a launch would use; undefined where there is none. */
  templateOf: Inventory['templateOf'];
  /** Throws what RunInstances would, whatever room there is in the subnet. */
  check(input: RunInstancesRequest): void;
  /** Replaces the root volume of an instance by one of that image, and boots it. Throws EC2's errors. Resolves with false where it does not run. */
  bootFrom(id: string, image: string): Promise<boolean>;
  readonly profiles: InstanceProfiles;
  /** vCPUs of a class such as `Standard/OnDemand`, and their quota. */
  vcpus(name: string): { readonly used: number; readonly most: number };
  /** RunInstances with another boot time. */
  run(input: RunInstancesRequest, bootMs: number): Reservation;
}

const OPERATIONS: Readonly<Record<string, StateOperation<Ec2State>>> = {
  CopyImage: copyImage,
  CreateImage: createImage,
  CreateKeyPair: createKeyPair,
  CreateLaunchTemplate: createLaunchTemplate,
  CreateLaunchTemplateVersion: createLaunchTemplateVersion,
  CreateTags: createTags,
  DeleteKeyPair: deleteKeyPair,
  DeleteLaunchTemplate: deleteLaunchTemplate,
  DeleteTags: deleteTags,
  DeleteVolume: deleteVolume,
  DeregisterImage: deregisterImage,
  DescribeAvailabilityZones: describeAvailabilityZones,
  DescribeImages: describeImages,
  DescribeInstanceAttribute: describeInstanceAttribute,
  DescribeInstanceCreditSpecifications: describeCreditSpecifications,
  DescribeInstances: describeInstances,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstanceTypes: describeInstanceTypes,
  DescribeKeyPairs: describeKeyPairs,
  DescribeLaunchTemplates: describeLaunchTemplates,
  DescribeLaunchTemplateVersions: describeLaunchTemplateVersions,
  DescribeNetworkInterfaces: describeNetworkInterfaces,
  DescribeRegions: describeRegions,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeSubnets: describeSubnets,
  DescribeTags: describeTags,
  DescribeVolumes: describeVolumes,
  DescribeVpcs: describeVpcs,
  GetConsoleOutput: getConsoleOutput,
  ModifyInstanceAttribute: modifyInstanceAttribute,
  ModifyLaunchTemplate: modifyLaunchTemplate,
  RunInstances: (state, input) => runInstances(state, input),
  StartInstances: startInstances,
  StopInstances: stopInstances,
  TerminateInstances: terminateInstances,
};

export function createEc2(options: Ec2Options): EmulatedEc2 {
  const state = createEc2State(options);
  const unwatch = state.instances.watch((machine) => {
    const record = state.records.get(machine.id);
    if (record) state.records.set(machine.id, { ...record, machine, changedAt: state.now() });
    if (machine.state === 'terminated') releaseVolumes(state, machine.id);
  });
  return {
    id: 'ec2',
    operations: bindOperations(state, OPERATIONS),
    checks: { RunInstances: (input: RunInstancesRequest) => ({ ...prepareLaunch(state, input) }) },
    faults: instanceFaults(state),
    pages: { instances: { read: () => instancesPage(state) }, deploy: deployPage(state.instances) },
    network: state.network,
    ssm: createParameters(state),
    addImage: (name, tags, createdAt = state.now(), sizes) => addImage(state, name, { tags, createdAt, sizes }),
    baseImage: () => {
      const images = state.images.values();
      return (images.find(({ id }) => state.tags.of(id).Release === undefined) ?? images[0])?.id ?? '';
    },
    vcpus: (name) => ({ used: vcpusInUse(state, name), most: state.vcpus }),
    setTags: (id, tags) => setTags(state, id, tags),
    tagsOf: (id) => state.tags.of(id),
    templateOf: (named) => templateOf(state, named),
    check: (input) => void prepareLaunch(state, input),
    bootFrom: async (id, image) => bootFrom(state, id, image),
    profiles: state.profiles,
    run: (input, bootMs) => runInstances(state, input, { bootMs }),
    close: async () => unwatch(),
  };
}

function templateOf(state: Ec2State, named: LaunchTemplateSpecification): ReturnType<Inventory['templateOf']> {
  try {
    const { template, data } = findVersion(state, named, named.Version ?? '$Default');
    return { id: template, data: data as Partial<RunInstancesRequest> };
  } catch (error) {
    // The launch itself says what is wrong with it.
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

function instancesPage(state: Ec2State): unknown {
  return visible(state).map(({ id, machine, launchedAt }) => ({
    id,
    zone: machine.zone,
    state: machine.state,
    address: machine.address,
    release: machine.release,
    launchedAt,
    output: state.instances.output(id),
  }));
}
