import { settle } from '../../aws/batches.ts';
import type { Instance as OpsInstance, Layer } from '../../aws/opsworks.ts';
import type { Ssm } from '../../aws/ssm.ts';
import type { OpsWorksFleetConfig } from '../../config/config.ts';
import { OperatorError } from '../../errors.ts';
import { members } from '../../domain/roles.ts';
import type { Fleet } from '../../domain/snapshot.ts';
import { writeNotes } from '../ec2/note.ts';
import { ownershipTags } from '../ec2/tags.ts';
import type { ClaimRequest, FleetPort } from '../fleet.ts';
import { launchLayer } from './launch.ts';
import { layerOfFleet, read, type OpsWorksDeps } from './read.ts';
import { updateLayers } from './release.ts';
import { resolveOpsWorksLaunch } from './resolve.ts';
import { endingTag, isEnding, layerMarkTags, type TaggedLayer } from './tags.ts';

export interface OpsWorksFleetOptions extends Omit<OpsWorksDeps, 'stack'> {
  readonly config: OpsWorksFleetConfig;
  /** Loaded only if the image is named by an SSM parameter. */
  readonly ssm: () => Promise<Ssm>;
}

/** Fleets that are layers of one OpsWorks stack, identified by the tags of the layer. */
export function createOpsWorksFleet({ config, ssm, owner, opsworks, ec2 }: OpsWorksFleetOptions): FleetPort {
  let found: string | undefined;
  const deps: OpsWorksDeps = {
    owner,
    opsworks,
    ec2,
    stack: async () => (found ??= await opsworks.stackId(config.stack)),
  };
  return {
    kind: 'opsworks',
    read: async (ids) => read(deps, ids),
    readFleets: async (ids) => (await read(deps, [])).fleets.filter(({ id }) => ids.includes(id)),
    resolve: async (request) => resolveOpsWorksLaunch(deps, ssm, config, request),
    launch: async (order) => launchLayer(deps, config, order),

    async claim(request) {
      const layer = await layerOfInstances(deps, request);
      const owned = ownershipTags(owner, request.fleet, request.release);
      await opsworks.tag(layer.Arn ?? '', { ...owned, ...layerMarkTags(owner, { current: request.at }) });
    },

    async mark(fleet, marks) {
      if (members(fleet).length === 0) return;
      const { layer } = await requireLayer(deps, fleet);
      const keeps = marks.current === undefined ? {} : endingTag(owner, false);
      await opsworks.tag(layer.Arn ?? '', { ...layerMarkTags(owner, marks), ...keeps });
    },

    async carries(fleet, marks) {
      const tagged = await layerOfFleet(deps, fleet.id);
      return Object.entries(layerMarkTags(owner, marks)).every(([key, value]) => tagged?.tags[key] === value);
    },

    async note(instances, notes) {
      // The layer first: once the last instance has its note, this is not called again.
      if (notes.release !== undefined) await updateLayers(deps, config, instances, notes.release);
      await writeNotes(ec2, owner, instances, notes);
    },

    terminate: async (fleet) => terminate(deps, fleet),
    remove: async (fleet) => remove(deps, fleet),
  };
}

async function terminate(deps: OpsWorksDeps, fleet: Fleet): Promise<void> {
  if (members(fleet).length === 0) return;
  const { owner, opsworks } = deps;
  const tagged = await requireLayer(deps, fleet);
  const ids = new Set(fleet.instances.map(({ id }) => id));
  const all = await instancesOf(deps, tagged);
  const instances = all.filter(
    ({ Ec2InstanceId = '', InstanceId = '' }) => ids.has(Ec2InstanceId) || ids.has(InstanceId),
  );
  // Stops first, so that nothing delays it after the caller's check of production.
  await stopAll(deps, instances);
  if (!isEnding(owner, tagged)) await opsworks.tag(tagged.layer.Arn ?? '', endingTag(owner, true));
}

async function remove(deps: OpsWorksDeps, fleet: Fleet): Promise<void> {
  const { opsworks } = deps;
  const tagged = await layerOfFleet(deps, fleet.id);
  if (tagged === undefined) return;
  const instances = await instancesOf(deps, tagged);
  if (tagged.isUntagged && instances.length > 0) return;
  // OpsWorks still lists machines that no longer exist in EC2. Online instances are new since the decision and stay.
  await stopAll(deps, instances.filter(isLost));
  const ended = instances.filter(isStopped);
  await settle(ended.map(async ({ InstanceId = '' }) => opsworks.deleteInstance(InstanceId)));
  if (ended.length === instances.length) await opsworks.deleteLayer(tagged.layer.LayerId ?? '');
}

async function instancesOf({ opsworks }: OpsWorksDeps, { layer }: TaggedLayer): Promise<readonly OpsInstance[]> {
  return opsworks.instances({ LayerId: layer.LayerId ?? '' });
}

function isStopped({ Status = '' }: OpsInstance): boolean {
  return Status === 'stopped' || Status === 'start_failed';
}

function isLost({ Status = '' }: OpsInstance): boolean {
  return Status === 'connection_lost' || Status === 'setup_failed' || Status === 'stop_failed';
}

const STOPPING: ReadonlySet<string> = new Set(['stopping', 'terminating', 'shutting_down', 'terminated']);

async function stopAll({ opsworks }: OpsWorksDeps, instances: readonly OpsInstance[]): Promise<void> {
  const up = instances.filter((one) => !isStopped(one) && !STOPPING.has(one.Status ?? ''));
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
async function layerOfInstances({ opsworks, stack }: OpsWorksDeps, { instances: ids }: ClaimRequest): Promise<Layer> {
  const StackId = await stack();
  const [layers, all] = await Promise.all([opsworks.layers(StackId), opsworks.instances({ StackId })]);
  const claimed = all.filter(({ Ec2InstanceId = '' }) => ids.includes(Ec2InstanceId));
  const exact = layers.filter(({ LayerId = '' }) => {
    const own = all.filter(
      ({ LayerIds = [], Ec2InstanceId }) => LayerIds.includes(LayerId) && Ec2InstanceId !== undefined,
    );
    return own.length > 0 && own.length === ids.length && own.every((one) => claimed.includes(one));
  });
  const [only] = exact;
  if (only !== undefined && exact.length === 1) return only;
  const names = exact.map(({ Name }) => Name).join(' and ');
  const why =
    exact.length === 0 ? 'are not exactly the instances of one layer of the stack' : `make up several layers: ${names}`;
  throw new OperatorError(
    'not-a-layer',
    `The ${ids.length} instances in production ${why}, and a fleet is one layer.`,
    {
      next: ['Give production a layer with exactly these instances, then run this again.'],
    },
  );
}
