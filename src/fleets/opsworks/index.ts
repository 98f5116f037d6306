import { settle } from '../../aws/batches.ts';
import type { Instance as OpsInstance, Layer } from '../../aws/opsworks.ts';
import type { Ssm } from '../../aws/ssm.ts';
import type { OpsWorksFleetConfig } from '../../config/config.ts';
import { OperatorError } from '../../errors.ts';
import { members } from '../../domain/roles.ts';
import type { Fleet } from '../../domain/snapshot.ts';
import type { StepOf } from '../../steps/index.ts';
import { writeNotes } from '../ec2/note.ts';
import type { FleetPort } from '../fleet.ts';
import { launch } from './launch.ts';
import { layerOfFleet, read, type Sources } from './read.ts';
import { settleLayers } from './release.ts';
import { resolveLaunch } from './resolve.ts';
import { endingTag, isEnding, markTags, ownershipTags, type TaggedLayer } from './tags.ts';

export interface OpsWorksFleetOptions extends Omit<Sources, 'stack'> {
  readonly wish: OpsWorksFleetConfig;
  /** Loaded only where images are named by a parameter. */
  readonly ssm: () => Promise<Ssm>;
}

/** Fleets that are layers of one OpsWorks stack, known by the tags of the layer. */
export function createOpsWorksFleet({ wish, ssm, owner, opsworks, ec2 }: OpsWorksFleetOptions): FleetPort {
  let found: string | undefined;
  const sources: Sources = { owner, opsworks, ec2, stack: async () => (found ??= await opsworks.stackId(wish.stack)) };
  return {
    kind: 'opsworks',
    read: async (ids) => read(sources, ids),
    readFleets: async (ids) => (await read(sources, [])).fleets.filter(({ id }) => ids.includes(id)),
    resolve: async (what) => resolveLaunch(sources, ssm, wish, what),
    launch: async (step) => launch(sources, wish, step),

    async claim(step) {
      const layer = await layerOfInstances(sources, step);
      const tags = { ...ownershipTags(owner, step.fleet, step.release), ...markTags(owner, { current: step.at }) };
      await opsworks.tag(layer.Arn ?? '', tags);
    },

    async mark(fleet, marks) {
      if (members(fleet).length === 0) return;
      const { layer } = await mustHave(sources, fleet);
      const keeps = marks.current === undefined ? {} : endingTag(owner, false);
      await opsworks.tag(layer.Arn ?? '', { ...markTags(owner, marks), ...keeps });
    },

    async carries(fleet, marks) {
      const tagged = await layerOfFleet(sources, fleet.id);
      return Object.entries(markTags(owner, marks)).every(([key, value]) => tagged?.tags[key] === value);
    },

    async note(instances, notes) {
      // The layer first: once the last instance has its note, nobody asks for more.
      if (notes.release !== undefined) await settleLayers(sources, wish, instances, notes.release);
      await writeNotes(ec2, owner, instances, notes);
    },

    async terminate(fleet) {
      if (members(fleet).length === 0) return;
      const tagged = await mustHave(sources, fleet);
      const ids = new Set(fleet.instances.map(({ id }) => id));
      const own = await instancesOf(sources, tagged);
      const doomed = own.filter(
        ({ Ec2InstanceId = '', InstanceId = '' }) => ids.has(Ec2InstanceId) || ids.has(InstanceId),
      );
      // Nothing comes between the caller's look at production and this.
      await stopAll(sources, doomed);
      if (!isEnding(owner, tagged)) await opsworks.tag(tagged.layer.Arn ?? '', endingTag(owner, true));
    },

    async remove(fleet) {
      const tagged = await layerOfFleet(sources, fleet.id);
      if (tagged === undefined) return;
      const own = await instancesOf(sources, tagged);
      if (tagged.isLeftover && own.length > 0) return;
      // OpsWorks holds on to machines that EC2 has lost; what is online here was not seen when this was decided.
      await stopAll(sources, own.filter(isLost));
      const ended = own.filter(isStopped);
      await settle(ended.map(async ({ InstanceId = '' }) => opsworks.deleteInstance(InstanceId)));
      if (ended.length === own.length) await opsworks.deleteLayer(tagged.layer.LayerId ?? '');
    },
  };
}

async function instancesOf({ opsworks }: Sources, { layer }: TaggedLayer): Promise<readonly OpsInstance[]> {
  return opsworks.instances({ LayerId: layer.LayerId ?? '' });
}

function isStopped({ Status = '' }: OpsInstance): boolean {
  return Status === 'stopped' || Status === 'start_failed';
}

function isLost({ Status = '' }: OpsInstance): boolean {
  return Status === 'connection_lost' || Status === 'setup_failed' || Status === 'stop_failed';
}

const STOPPING: ReadonlySet<string> = new Set(['stopping', 'terminating', 'shutting_down', 'terminated']);

async function stopAll({ opsworks }: Sources, instances: readonly OpsInstance[]): Promise<void> {
  const up = instances.filter((one) => !isStopped(one) && !STOPPING.has(one.Status ?? ''));
  await settle(up.map(async ({ InstanceId = '' }) => opsworks.stop(InstanceId)));
}

async function mustHave(sources: Sources, fleet: Fleet): Promise<TaggedLayer> {
  const tagged = await layerOfFleet(sources, fleet.id);
  if (tagged !== undefined) return tagged;
  throw new OperatorError('no-layer', `The stack has no layer with the tags of ${fleet.release} any more.`, {
    next: ['Look at `turnout status`.'],
  });
}

/** The one layer that these instances are all of: tagging it must make nobody else ours. */
async function layerOfInstances({ opsworks, stack }: Sources, { instances: ids }: StepOf<'claim'>): Promise<Layer> {
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
      next: ['Give production a layer of its own: the same instances, no more and no fewer; then run this again.'],
    },
  );
}
