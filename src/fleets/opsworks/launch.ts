import { settle } from '../../aws/batches.ts';
import type { Instance as OpsInstance, Layer, OpsWorks } from '../../aws/opsworks.ts';
import type { OpsWorksFleetConfig } from '../../config/config.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchBatch } from '../../domain/goal.ts';
import type { LaunchOrder } from '../fleet.ts';
import { checkClonable, cloneRequest, cloneNames, type CloneNames } from './clone.ts';
import { ownershipTags } from '../ec2/tags.ts';
import { taggedLayers, type OpsWorksDeps } from './read.ts';
import type { InstanceRequest, OpsWorksRequest } from './resolve.ts';
import { isUnstarted } from './states.ts';
import { asUntaggedClone, fleetIdOf, layerMarkTags, userTags, type Marker, type TaggedLayer } from './tags.ts';

/**
 * OpsWorks has no idempotency tokens: layers and instances that exist already are recognized by their names, which are unique to
 * the fleet. All instances are created before one per hostname is started, so that a duplicate never boots and costs nothing.
 */
export async function launchLayer(deps: OpsWorksDeps, config: OpsWorksFleetConfig, order: LaunchOrder): Promise<void> {
  const request = order.spec.request as unknown as OpsWorksRequest;
  const names = cloneNames(config, deps.owner.environment, order.fleet, order.release);
  const layer = await ensureLayer(deps, config, order, request, names);
  const { opsworks } = deps;
  const where = { LayerId: layer.LayerId ?? '' };
  const wanted = order.spec.batches.flatMap((batch) => hostnamesOf(batch, names));
  const have = new Set((await opsworks.instances(where)).map(({ Hostname }) => Hostname));
  const made = await Promise.allSettled(
    wanted
      .filter(({ hostname }) => !have.has(hostname))
      .map(async ({ hostname, zone }) =>
        makeInstance(opsworks, layer, hostname, request.instances[zone] as InstanceRequest),
      ),
  );
  const fresh = made.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  await startAll(opsworks, where, new Set(wanted.map(({ hostname }) => hostname)), fresh);
  const failed = made.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** The clone, with its tags and scaling rules; created if missing. */
async function ensureLayer(
  deps: OpsWorksDeps,
  config: OpsWorksFleetConfig,
  { fleet, release, marks = {} }: LaunchOrder,
  request: OpsWorksRequest,
  names: CloneNames,
): Promise<Layer> {
  const { owner, opsworks } = deps;
  const layers = await taggedLayers(deps);
  const ready = layers.find((tagged) => fleetIdOf(owner, tagged) === fleet);
  if (ready !== undefined) return ready.layer;
  const blue = layers.find(({ layer }) => layer.LayerId === request.layer);
  if (blue === undefined) throw noSource(request.layer);
  const marker: Marker = { environment: owner.environment, fleet, release, shortName: names.shortName };
  const isOurs = (tagged: TaggedLayer): boolean => fleetIdOf(owner, asUntaggedClone(owner, tagged) ?? tagged) === fleet;
  if (!layers.some(isOurs)) {
    checkClonable(
      blue.layer,
      layers.map(({ layer }) => layer),
      names,
      config,
    );
    await opsworks.createLayer(cloneRequest(blue.layer, names, config, release, marker)).catch(unlessRefused);
  }
  const clone = (await taggedLayers(deps)).find(isOurs);
  if (clone === undefined) throw notListed(names);
  await copyScaling(opsworks, blue.layer, clone.layer);
  // The tags come last: a layer that has them is complete.
  const owned = { ...ownershipTags(owner, fleet, release), ...layerMarkTags(owner, marks) };
  const tags = { ...userTags(owner, blue.tags), ...owned };
  await opsworks.tag(clone.layer.Arn ?? '', tags);
  return clone.layer;
}

/** Another run, or an attempt whose response got lost, may have created the layer: the caller reads the layers again. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof OperatorError) || error.code !== 'opsworks-refused') throw error;
}

/** Copies the scaling rules, turned off: instances started by them would be in no target group. */
async function copyScaling(opsworks: OpsWorks, from: Layer, to: Layer): Promise<void> {
  const [rules] = await opsworks.scaling([from.LayerId ?? '']);
  const isSet = Object.keys({ ...rules?.UpScaling, ...rules?.DownScaling }).length > 0;
  if (isSet) await opsworks.setScaling({ ...rules, LayerId: to.LayerId, Enable: false });
}

/** For example `shop-42-a1`: host names have at most 63 letters, digits and hyphens (RFC 1123). */
function hostnamesOf(
  { zone, count }: LaunchBatch,
  { shortName }: CloneNames,
): readonly { hostname: string; zone: string }[] {
  const base = shortName.replaceAll(/[^A-Za-z0-9-]+/g, '-').replace(/^-+/, '');
  const letter = zone.at(-1) ?? '';
  return Array.from({ length: count }, (_, n) => ({ hostname: `${base}-${letter}${n + 1}`, zone }));
}

/** The created instance; empty when one with that hostname exists already. */
async function makeInstance(
  opsworks: OpsWorks,
  { StackId, LayerId = '' }: Layer,
  Hostname: string,
  { others, InstanceType, ...rest }: InstanceRequest,
): Promise<readonly OpsInstance[]> {
  try {
    const input = { StackId, LayerIds: [LayerId, ...others], InstanceType, ...rest, Hostname };
    return [{ InstanceId: await opsworks.createInstance(input), Hostname, Status: 'stopped' }];
  } catch (error) {
    const existing = await opsworks.instances({ LayerId });
    if (existing.some((one) => one.Hostname === Hostname)) return [];
    throw error;
  }
}

/** For each hostname, starts one instance unless one was started already, and deletes the duplicates. */
async function startAll(
  opsworks: OpsWorks,
  where: { readonly LayerId: string },
  hostnames: ReadonlySet<string>,
  fresh: readonly OpsInstance[],
): Promise<void> {
  const seen = (await opsworks.instances(where)).filter(({ Hostname = '' }) => hostnames.has(Hostname));
  // New instances may not be listed yet.
  const all = [...seen, ...fresh.filter((one) => !seen.some(({ InstanceId }) => InstanceId === one.InstanceId))];
  const byName = Map.groupBy(all, ({ Hostname }) => Hostname);
  const chosen = [...byName.values()].map((group) => group.toSorted(startedFirst) as [OpsInstance, ...OpsInstance[]]);
  const duplicates = chosen.flatMap(([, ...others]) => others.filter(isUnstarted));
  const idle = chosen.map(([first]) => first).filter(isUnstarted);
  await settle([
    ...duplicates.map(async ({ InstanceId = '' }) => opsworks.deleteInstance(InstanceId)),
    ...idle.map(async ({ InstanceId = '' }) => startOne(opsworks, where, InstanceId)),
  ]);
}

function startedFirst(a: OpsInstance, b: OpsInstance): number {
  return Number(isUnstarted(a)) - Number(isUnstarted(b)) || ((a.InstanceId ?? '') < (b.InstanceId ?? '') ? -1 : 1);
}

/** Starting fails when another process has started the instance; that is not an error. */
async function startOne(opsworks: OpsWorks, where: { readonly LayerId: string }, id: string): Promise<void> {
  await opsworks.start(id).catch(async (error: unknown) => {
    const now = (await opsworks.instances(where)).find(({ InstanceId }) => InstanceId === id);
    if (now === undefined || isUnstarted(now)) throw error;
  });
}

function noSource(layer: string): OperatorError {
  return new OperatorError('no-layer', `The layer ${layer}, the source of the clone, no longer exists.`, {
    next: ['Check `turnout status`; `turnout abandon` gives up this run.'],
  });
}

function notListed({ name, shortName }: CloneNames): OperatorError {
  return new OperatorError(
    'layer-not-there',
    `OpsWorks does not list the layer ${name} (${shortName}), or a layer of that name belongs to something else.`,
    { next: ['Run this again in a minute, or delete that layer if it is not needed.'], transient: true },
  );
}
