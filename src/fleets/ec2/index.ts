import { createHash } from 'node:crypto';
import { settle } from '../../aws/batches.ts';
import type { Ec2, Filter, RunInstancesCommandInput, Tag } from '../../aws/ec2.ts';
import type { Ssm } from '../../aws/ssm.ts';
import type { Ec2FleetConfig } from '../../config/config.ts';
import { members } from '../../domain/roles.ts';
import type { LaunchBatch } from '../../domain/goal.ts';
import type { StepOf } from '../../steps/index.ts';
import type { FleetPort } from '../fleet.ts';
import { writeNotes } from './note.ts';
import { readUserData, resolveLaunch, type Ec2Request } from './resolve.ts';
import { isOwned, markTags, ownershipTags, seen, tagName, toFleets, toInstance, type Owner } from './tags.ts';

export interface Ec2FleetOptions {
  readonly owner: Owner;
  readonly boot: Ec2FleetConfig;
  readonly ec2: Ec2;
  /** Loaded only where images are named by a parameter. */
  readonly ssm: () => Promise<Ssm>;
}

/** Fleets of plain EC2 instances, known by their tags. */
export function createEc2Fleet({ owner, boot, ec2, ssm }: Ec2FleetOptions): FleetPort {
  const ofEnvironment = tagged(tagName(owner, 'environment'), [owner.environment]);
  return {
    kind: 'ec2',

    async read(ids) {
      const [found, asked] = await Promise.all([ec2.instances([ofEnvironment], seen), ids]);
      const owned = found.filter((instance) => isOwned(owner, instance));
      const known = new Set(owned.map((instance) => instance.InstanceId));
      const others = asked.filter((id) => id.startsWith('i-') && !known.has(id));
      const rest = others.length > 0 ? await ec2.instancesById(others, seen) : [];
      // Instances that were tagged after the tags had been read are no strangers.
      const late = rest.filter((instance) => isOwned(owner, instance));
      const strangers = rest.filter((instance) => !isOwned(owner, instance));
      return { fleets: toFleets(owner, [...owned, ...late]), strangers: strangers.map(toInstance) };
    },

    async readFleets(ids) {
      const filters = [ofEnvironment, tagged(tagName(owner, 'fleet'), ids)];
      return toFleets(owner, await ec2.instances(filters, seen));
    },

    resolve: async (wish) => resolveLaunch(ec2, ssm, owner, boot, wish),

    async launch(step) {
      const request = step.spec.request as unknown as Ec2Request;
      const UserData = await readUserData(ec2, boot, request, step.release);
      const run = { ...request.run, ...(UserData === undefined ? {} : { UserData }) };
      await settle(step.spec.batches.map(async (batch) => ec2.run(runRequest(owner, step, batch, run))));
    },

    async claim({ fleet, release, instances, at }) {
      await ec2.tag(instances, [...ownershipTags(owner, fleet, release), ...markTags(owner, { current: at })]);
    },

    async mark(fleet, marks) {
      await ec2.tag(
        members(fleet).map(({ id }) => id),
        markTags(owner, marks),
      );
    },

    async carries(fleet, marks) {
      const carriers = await Promise.all(markTags(owner, marks).map(async (tag) => ec2.carriers(tag)));
      return carriers.every((ids) => members(fleet).every(({ id }) => ids.has(id)));
    },

    note: async (instances, notes) => writeNotes(ec2, owner, instances, notes),

    async terminate(fleet) {
      // One protected instance keeps the others of its zone alive in the same call (TerminateInstances): a call a zone.
      const zones = Map.groupBy(members(fleet), (instance) => instance.zone);
      await settle([...zones.values()].map(async (group) => ec2.terminate(group.map(({ id }) => id))));
    },

    // Nothing holds them: EC2 forgets instances that have ended.
    async remove() {},
  };
}

function tagged(name: string, values: readonly string[]): Filter {
  return { Name: `tag:${name}`, Values: [...values] };
}

function runRequest(
  owner: Owner,
  step: StepOf<'launch'>,
  batch: LaunchBatch,
  request: Partial<RunInstancesCommandInput>,
): RunInstancesCommandInput {
  const tags = ownershipTags(owner, step.fleet, step.release);
  return {
    ...request,
    ...placed(request, batch.subnet),
    MinCount: batch.count,
    MaxCount: batch.count,
    ClientToken: clientToken(step.fleet, batch.zone),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: [...tagsFor(request, 'instance'), ...tags] },
      { ResourceType: 'volume', Tags: [...tagsFor(request, 'volume'), ...tags] },
    ],
  };
}

function tagsFor(request: Partial<RunInstancesCommandInput>, resource: 'instance' | 'volume'): readonly Tag[] {
  return request.TagSpecifications?.find((spec) => spec.ResourceType === resource)?.Tags ?? [];
}

function placed(
  { NetworkInterfaces: interfaces }: Partial<RunInstancesCommandInput>,
  subnet: string,
): Partial<RunInstancesCommandInput> {
  if (interfaces === undefined) return { SubnetId: subnet };
  return { NetworkInterfaces: interfaces.map((one, index) => (index === 0 ? { ...one, SubnetId: subnet } : one)) };
}

/** The same for every attempt of the same fleet and zone, whoever makes it; at most 64 ASCII characters (RunInstances). */
function clientToken(fleet: string, zone: string): string {
  return createHash('sha256').update(`${fleet}/${zone}`).digest('hex');
}
