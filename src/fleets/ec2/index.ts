import { createHash } from 'node:crypto';
import { settle } from '../../aws/batches.ts';
import { tagList, type Filter, type RunInstancesCommandInput } from '../../aws/ec2.ts';
import { defined } from '../../domain/defined.ts';
import type { Ownership } from '../../domain/owners.ts';
import { members } from '../../domain/roles.ts';
import type { LaunchBatch } from '../../domain/goal.ts';
import type { Fleet } from '../../domain/snapshot.ts';
import { NO_GROUP, type FleetPort, type LaunchOrder } from '../fleet.ts';
import { writeNotes } from '../notes.ts';
import { keptVolumeSizes } from './kept-volumes.ts';
import { tagsFor, type Ec2FleetOptions, type Ec2Request } from './request.ts';
import { resolveEc2Launch } from './resolve.ts';
import { isOwned, markTags, ownershipTags, seen, tagName, toFleets, toInstance, type SeenInstance } from './tags.ts';
import { readUserData } from './user-data.ts';

/** Fleets of EC2 instances, identified by their tags. */
export function createEc2Fleet(options: Ec2FleetOptions): FleetPort {
  const { owner, ec2 } = options;
  const ours = (instance: SeenInstance): boolean => isOwned(owner, instance);
  const withSizes = keptVolumeSizes(ec2);
  const ofEnvironment = tagged(tagName(owner, 'environment'), [owner.environment]);
  return {
    kind: 'ec2',
    count: options.config.count,

    async read(ids) {
      const [found, asked] = await Promise.all([ec2.instances([ofEnvironment], seen), ids]);
      const known = new Set(found.filter(ours).map(({ InstanceId }) => InstanceId));
      const rest = await ec2.instancesById(
        asked.filter((id) => id.startsWith('i-') && !known.has(id)),
        seen,
      );
      // Instances of the second read may be ours too: they were tagged between the two.
      const fleets = toFleets(owner, await withSizes([...found, ...rest].filter(ours)));
      return { fleets, unmanaged: rest.filter((one) => !ours(one)).map((one) => toInstance(owner, one)) };
    },

    async readFleets(ids) {
      const filters = [ofEnvironment, tagged(tagName(owner, 'fleet'), ids)];
      return toFleets(owner, await withSizes(await ec2.instances(filters, seen)));
    },

    resolve: async (request) => resolveEc2Launch(options, request),

    async launch(order) {
      const request = order.spec.request as unknown as Ec2Request;
      const UserData = await readUserData(options, request, order.release);
      const run = { ...request.run, ...defined({ UserData }) };
      await settle(order.spec.batches.map(async (batch) => ec2.run(runRequest(owner, order, batch, run))));
    },

    async claim({ fleet, release, instances, marks }) {
      await ec2.tag(instances, { ...ownershipTags(owner, fleet, release), ...markTags(owner, marks) });
    },

    async mark(fleet, marks) {
      await ec2.tag(idsOf(fleet), markTags(owner, marks));
    },

    async carries(fleet, marks) {
      const tags = Object.entries(markTags(owner, marks));
      const carriers = await Promise.all(tags.map(async ([key, value]) => ec2.instancesWithTag(key, value)));
      return carriers.every((ids) => members(fleet).every(({ id }) => ids.has(id)));
    },

    note: async (instances, notes) => writeNotes(ec2, owner.tagPrefix, instances, notes),
    ...NO_GROUP,
    async terminate(fleet) {
      // A protected instance also keeps the others of its zone from being terminated by the same call (EC2 API, TerminateInstances): one call per zone.
      await settle(idsByZone(fleet).map(async (ids) => ec2.terminate(ids)));
    },

    // Nothing to delete: EC2 removes terminated instances itself.
    async remove() {},
  };
}

function idsOf(fleet: Fleet): readonly string[] {
  return members(fleet).map(({ id }) => id);
}

function idsByZone(fleet: Fleet): readonly (readonly string[])[] {
  const zones = Map.groupBy(members(fleet), ({ zone }) => zone);
  return [...zones.values()].map((group) => group.map(({ id }) => id));
}

function tagged(name: string, values: readonly string[]): Filter {
  return { Name: `tag:${name}`, Values: [...values] };
}

function runRequest(
  owner: Ownership,
  order: LaunchOrder,
  batch: LaunchBatch,
  request: Partial<RunInstancesCommandInput>,
): RunInstancesCommandInput {
  const tags = tagList(ownershipTags(owner, order.fleet, order.release));
  const marks = tagList(markTags(owner, order.marks ?? {}));
  return {
    ...request,
    ...withSubnet(request, batch.subnet),
    MinCount: batch.count,
    MaxCount: batch.count,
    ClientToken: clientToken(order.fleet, batch.zone),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: [...tagsFor(request, 'instance'), ...tags, ...marks] },
      { ResourceType: 'volume', Tags: [...tagsFor(request, 'volume'), ...tags] },
      ...(request.TagSpecifications ?? []).filter(({ ResourceType: kind }) => kind !== 'instance' && kind !== 'volume'),
    ],
  };
}

function withSubnet(
  { NetworkInterfaces: interfaces }: Partial<RunInstancesCommandInput>,
  subnet: string,
): Partial<RunInstancesCommandInput> {
  if (interfaces === undefined) return { SubnetId: subnet };
  return { NetworkInterfaces: interfaces.map((one, index) => (index === 0 ? { ...one, SubnetId: subnet } : one)) };
}

/** The same for every attempt to launch the same fleet and zone, by any process; at most 64 ASCII characters (EC2 API, RunInstances). */
function clientToken(fleet: string, zone: string): string {
  return createHash('sha256').update(`${fleet}/${zone}`).digest('hex');
}
