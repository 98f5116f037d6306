import { settle } from '../../aws/batches.ts';
import type { Instance as OpsInstance, Layer } from '../../aws/opsworks.ts';
import { OperatorError } from '../../errors.ts';
import { members } from '../../domain/roles.ts';
import { OPSWORKS_STACK } from '../../domain/owners.ts';
import type { Fleet } from '../../domain/snapshot.ts';
import { ownershipTags, tagName } from '../ec2/tags.ts';
import { NO_GROUP, type ClaimRequest, type FleetPort } from '../fleet.ts';
import { writeNotes } from '../notes.ts';
import { launchLayer } from './launch.ts';
import { allInstances, inLayer, layerMarkTags, layerOfFleet, type OpsWorksDeps } from './layers.ts';
import type { OpsWorksFleetOptions, TaggedLayer } from './layers.ts';
import { read } from './read.ts';
import { updateLayers } from './release.ts';
import { resolveOpsWorksLaunch } from './resolve.ts';
import { ENDING, isLost, isStopped } from './states.ts';

/** Fleets that are layers of one OpsWorks stack, identified by the tags of the layer. */
export function createOpsWorksFleet(options: OpsWorksFleetOptions): FleetPort {
  const { opsworks, ec2, config } = options;
  const owner = { ...options.owner, fleetsHave: OPSWORKS_STACK };
  let found: string | undefined;
  const deps: OpsWorksDeps = { ...options, owner, stack: async () => (found ??= await opsworks.stackId(config.stack)) };
  return {
    kind: 'opsworks',
    count: config.count,
    read: async (ids) => read(deps, ids),
    readFleets: async (ids) => (await read(deps, [])).fleets.filter(({ id }) => ids.includes(id)),
    resolve: async (request) => resolveOpsWorksLaunch(deps, request),
    launch: async (order) => launchLayer(deps, order),

    async claim(request) {
      const layer = await layerOfInstances(deps, request);
      const owned = ownershipTags(owner, request.fleet, request.release);
      await opsworks.tag(layer.Arn ?? '', { ...owned, ...layerMarkTags(owner, request.marks) });
    },

    async mark(fleet, marks) {
      if (members(fleet).length === 0) return;
      const { arn } = await requireLayer(deps, fleet);
      const keeps = marks.current !== undefined && { [tagName(owner, 'ending')]: 'no' };
      await opsworks.tag(arn, { ...layerMarkTags(owner, marks), ...keeps });
    },

    async carries(fleet, marks) {
      const tagged = await layerOfFleet(deps, fleet.id);
      return Object.entries(layerMarkTags(owner, marks)).every(([key, value]) => tagged?.tags[key] === value);
    },

    async note(instances, notes) {
      // The layer first: once the last instance has its note, this is not called again.
      if (notes.release !== undefined) await updateLayers(deps, instances, notes.release);
      await writeNotes(ec2, owner.tagPrefix, instances, notes);
    },

    ...NO_GROUP,
    terminate: async (fleet) => terminate(deps, fleet),
    remove: async (fleet) => remove(deps, fleet),
  };
}

async function terminate(deps: OpsWorksDeps, fleet: Fleet): Promise<void> {
  if (members(fleet).length === 0) return;
  const { owner, opsworks } = deps;
  const { id: LayerId, arn, isEnding } = await requireLayer(deps, fleet);
  const ids = new Set(fleet.instances.map(({ id }) => id));
  const instances = (await opsworks.instances({ LayerId })).filter(
    ({ Ec2InstanceId = '', InstanceId = '' }) => ids.has(Ec2InstanceId) || ids.has(InstanceId),
  );
  // Stops first, so that nothing delays it after the caller's check of production.
  await stopAll(deps, instances);
  if (!isEnding) await opsworks.tag(arn, { [tagName(owner, 'ending')]: 'yes' });
}

async function remove(deps: OpsWorksDeps, fleet: Fleet): Promise<void> {
  const { opsworks } = deps;
  const tagged = await layerOfFleet(deps, fleet.id);
  if (tagged === undefined) return;
  const instances = await opsworks.instances({ LayerId: tagged.id });
  if (tagged.isUntagged && instances.length > 0) return;
  // OpsWorks still lists machines that no longer exist in EC2. Online instances are new since the decision and stay.
  await stopAll(deps, instances.filter(isLost));
  const ended = instances.filter(isStopped);
  await settle(ended.map(async ({ InstanceId = '' }) => opsworks.deleteInstance(InstanceId)));
  if (ended.length === instances.length) await opsworks.deleteLayer(tagged.id);
}

async function stopAll({ opsworks }: OpsWorksDeps, instances: readonly OpsInstance[]): Promise<void> {
  const up = instances.filter((one) => !isStopped(one) && !ENDING.has(one.Status ?? ''));
  await settle(up.map(async ({ InstanceId = '' }) => opsworks.stop(InstanceId)));
}

async function requireLayer(deps: OpsWorksDeps, fleet: Fleet): Promise<TaggedLayer> {
  const tagged = await layerOfFleet(deps, fleet.id);
  if (tagged !== undefined) return tagged;
  throw new OperatorError('no-layer', `The stack no longer has a layer with the tags of ${fleet.release}.`, {
    next: ['Check `turnout status`.'],
  });
}

/** The layer with exactly these instances: tagging it must not claim any other instance. */
async function layerOfInstances(deps: OpsWorksDeps, { instances: ids }: ClaimRequest): Promise<Layer> {
  const [layers, all] = await Promise.all([deps.opsworks.layers(await deps.stack()), allInstances(deps)]);
  const exact = layers.filter(({ LayerId = '' }) => {
    const own = inLayer(LayerId, all).flatMap(({ Ec2InstanceId }) => Ec2InstanceId ?? []);
    return own.length > 0 && own.length === ids.length && own.every((id) => ids.includes(id));
  });
  const [only, other] = exact;
  if (only !== undefined && other === undefined) return only;
  const why =
    only === undefined
      ? 'are not exactly the instances of one layer of the stack'
      : `make up several layers: ${exact.map(({ Name }) => Name).join(' and ')}`;
  throw new OperatorError(
    'not-a-layer',
    `The ${ids.length} instances in production ${why}, and a fleet is one layer.`,
    { next: ['Give production a layer with exactly these instances, then run this again.'] },
  );
}
