import { settle } from '../../aws/batches.ts';
import { isLive } from '../../domain/roles.ts';
import type { Instance } from '../../domain/snapshot.ts';
import { tagName, toOwnInstance } from '../ec2/tags.ts';
import { customJsonOf } from './clone.ts';
import { allInstances, allLayers, inLayer, type OpsWorksDeps } from './layers.ts';

/**
 * After an in-place deploy: once every instance of a layer has the release (those in `noted` do), writes it to the layer's tag and
 * custom JSON. Otherwise an instance that is replaced or started later would get the previous release.
 */
export async function updateLayers(deps: OpsWorksDeps, noted: readonly Instance[], release: string): Promise<void> {
  const { owner, opsworks, config } = deps;
  const [layers, all] = await Promise.all([allLayers(deps), allInstances(deps)]);
  const ids = new Set(noted.map(({ id }) => id));
  const outdated = layers.filter((one) => one.fleet !== undefined && !one.isUntagged && one.release !== release);
  await settle(
    outdated.map(async ({ id, arn, layer, release: before }) => {
      const own = inLayer(id, all).flatMap(({ Ec2InstanceId }) => Ec2InstanceId ?? []);
      const others = own.filter((one) => !ids.has(one));
      if (others.length === own.length || (await releasesOf(deps, others, before)).some((one) => one !== release))
        return;
      const CustomJson = JSON.stringify(customJsonOf(layer, config, release));
      // The tag comes last: a layer that has it is up to date.
      await opsworks.updateLayer({ LayerId: id, CustomJson });
      await opsworks.tag(arn, { [tagName(owner, 'release')]: release });
    }),
  );
}

/** Releases of the started instances, by their own tag or else by that of their layer. */
async function releasesOf({ owner, ec2 }: OpsWorksDeps, ids: readonly string[], ofLayer: string | undefined) {
  const machines = ids.length > 0 ? await ec2.instancesById(ids, (machine) => toOwnInstance(owner, machine)) : [];
  return machines.filter(isLive).map(({ release = ofLayer }) => release);
}
