import { settle } from '../../aws/batches.ts';
import type { Instance as OpsInstance } from '../../aws/opsworks.ts';
import type { OpsWorksFleetConfig } from '../../config/config.ts';
import { isLive } from '../../domain/roles.ts';
import type { Instance } from '../../domain/snapshot.ts';
import { tagName, toOwnInstance } from '../ec2/tags.ts';
import { customJsonOf } from './clone.ts';
import { taggedLayers, type OpsWorksDeps } from './read.ts';
import { fleetIdOf, isInLayer, type TaggedLayer } from './tags.ts';

/**
 * After an in-place deploy: once every instance of a layer has the release (those in `noted` do), writes it to the layer's tag and
 * custom JSON. Otherwise an instance that is replaced or started later would get the previous release.
 */
export async function updateLayers(
  deps: OpsWorksDeps,
  config: OpsWorksFleetConfig,
  noted: readonly Instance[],
  release: string,
): Promise<void> {
  const { owner, opsworks, stack } = deps;
  const [layers, all] = await Promise.all([
    taggedLayers(deps),
    stack().then(async (StackId) => opsworks.instances({ StackId })),
  ]);
  const ids = new Set(noted.map(({ id }) => id));
  const touched = layers
    .filter((tagged) => fleetIdOf(owner, tagged) !== undefined && tagged.tags[tagName(owner, 'release')] !== release)
    .map((tagged) => ({ tagged, own: all.filter((one) => isInLayer(tagged, one)) }))
    .filter(({ own }) => own.some(({ Ec2InstanceId = '' }) => ids.has(Ec2InstanceId)));
  await settle(
    touched.map(async ({ tagged, own }) => {
      const others = own.filter(({ Ec2InstanceId = '' }) => !ids.has(Ec2InstanceId));
      const carried = await releasesOf(deps, tagged, others);
      if (carried.every((one) => one === release)) await updateLayer(deps, config, tagged, release);
    }),
  );
}

/** Releases of the started instances, by their own tag or else by that of their layer. */
async function releasesOf(
  { owner, ec2 }: OpsWorksDeps,
  { tags }: TaggedLayer,
  own: readonly OpsInstance[],
): Promise<readonly (string | undefined)[]> {
  const ids = own.flatMap(({ Ec2InstanceId }) => Ec2InstanceId ?? []);
  const machines = ids.length > 0 ? await ec2.instancesById(ids, (machine) => toOwnInstance(owner, machine)) : [];
  return machines.filter(isLive).map((instance) => instance.release ?? tags[tagName(owner, 'release')]);
}

async function updateLayer(
  { owner, opsworks }: OpsWorksDeps,
  config: OpsWorksFleetConfig,
  { layer }: TaggedLayer,
  release: string,
): Promise<void> {
  const CustomJson = JSON.stringify(customJsonOf(layer, config, release));
  // The tag comes last: a layer that has it is up to date.
  await opsworks.updateLayer({ LayerId: layer.LayerId, CustomJson });
  await opsworks.tag(layer.Arn ?? '', { [tagName(owner, 'release')]: release });
}
