import { settle } from '../../aws/batches.ts';
import type { Instance as OpsInstance } from '../../aws/opsworks.ts';
import type { OpsWorksFleetConfig } from '../../config/config.ts';
import { isLive } from '../../domain/roles.ts';
import type { Instance } from '../../domain/snapshot.ts';
import { tagName, toOwnInstance } from '../ec2/tags.ts';
import { customJsonOf } from './clone.ts';
import { taggedLayers, type Sources } from './read.ts';
import { fleetIdOf, type TaggedLayer } from './tags.ts';

/**
 * After a deploy in place: once every instance of a layer carries the release (those that are noted now do), so does the layer,
 * in its tag and in its custom JSON. Else an instance that is healed or started anew would come with the release before.
 */
export async function settleLayers(
  sources: Sources,
  wish: OpsWorksFleetConfig,
  noted: readonly Instance[],
  release: string,
): Promise<void> {
  const { owner, opsworks, stack } = sources;
  const [layers, all] = await Promise.all([
    taggedLayers(sources),
    stack().then(async (StackId) => opsworks.instances({ StackId })),
  ]);
  const ids = new Set(noted.map(({ id }) => id));
  const touched = layers
    .filter((tagged) => fleetIdOf(owner, tagged) !== undefined && tagged.tags[tagName(owner, 'release')] !== release)
    .map((tagged) => ({ tagged, own: all.filter((one) => isOf(tagged, one)) }))
    .filter(({ own }) => own.some(({ Ec2InstanceId = '' }) => ids.has(Ec2InstanceId)));
  await settle(
    touched.map(async ({ tagged, own }) => {
      const others = own.filter(({ Ec2InstanceId = '' }) => !ids.has(Ec2InstanceId));
      const carried = await releasesOf(sources, tagged, others);
      if (carried.every((one) => one === release)) await settleLayer(sources, wish, tagged, release);
    }),
  );
}

function isOf({ layer }: TaggedLayer, { LayerIds = [] }: OpsInstance): boolean {
  return LayerIds.includes(layer.LayerId ?? '');
}

/** What the started instances carry, by their own tags, else by their layer's. */
async function releasesOf(
  { owner, ec2 }: Sources,
  { tags }: TaggedLayer,
  own: readonly OpsInstance[],
): Promise<readonly (string | undefined)[]> {
  const ids = own.flatMap(({ Ec2InstanceId }) => Ec2InstanceId ?? []);
  const machines = ids.length > 0 ? await ec2.instancesById(ids, (machine) => toOwnInstance(owner, machine)) : [];
  const living = machines.filter(isLive);
  return living.map((instance) => instance.release ?? tags[tagName(owner, 'release')]);
}

async function settleLayer(
  { owner, opsworks }: Sources,
  wish: OpsWorksFleetConfig,
  { layer }: TaggedLayer,
  release: string,
): Promise<void> {
  const CustomJson = JSON.stringify(customJsonOf(layer, wish, release));
  // The tag comes last: a layer that has it is settled.
  await opsworks.updateLayer({ LayerId: layer.LayerId, CustomJson });
  await opsworks.tag(layer.Arn ?? '', { [tagName(owner, 'release')]: release });
}
