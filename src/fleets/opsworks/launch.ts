import { settle } from '../../aws/batches.ts';
import type { Instance as OpsInstance, Layer, OpsWorks } from '../../aws/opsworks.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchBatch } from '../../domain/goal.ts';
import type { LaunchOrder } from '../fleet.ts';
import { ownershipTags } from '../ec2/tags.ts';
import { checkClonable, cloneRequest, cloneNames, type CloneNames } from './clone.ts';
import { allLayers, layerMarkTags, type OpsWorksDeps } from './layers.ts';
import type { InstanceRequest, OpsWorksRequest } from './resolve.ts';
import { isUnstarted } from './states.ts';

/**
 * OpsWorks has no idempotency tokens: layers and instances that exist already are recognized by their names, which are unique to
 * the fleet. All instances are created before one per hostname is started, so that a duplicate never boots and costs nothing.
 */
export async function launchLayer(deps: OpsWorksDeps, order: LaunchOrder): Promise<void> {
  const { opsworks } = deps;
  const request = order.spec.request as unknown as OpsWorksRequest;
  const names = cloneNames(deps, order);
  const layer = await ensureLayer(deps, order, request.layer, names);
  const where = { LayerId: layer.LayerId ?? '' };
  const wanted = order.spec.batches.flatMap((batch) => hostnamesOf(batch, names));
  const have = new Set((await opsworks.instances(where)).map(({ Hostname }) => Hostname));
  const missing = wanted.filter(({ hostname }) => !have.has(hostname));
  const made = await Promise.allSettled(
    missing.map(async ({ hostname, zone }) => makeInstance(opsworks, layer, hostname, request.instances[zone]!)),
  );
  const fresh = made.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  await startAll(opsworks, where, new Set(wanted.map(({ hostname }) => hostname)), fresh);
  const failed = made.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** The clone, with its tags and scaling rules; created if missing. */
async function ensureLayer(
  deps: OpsWorksDeps,
  { fleet, release, marks = {} }: LaunchOrder,
  source: string,
  names: CloneNames,
): Promise<Layer> {
  const { owner, opsworks, config } = deps;
  const layers = await allLayers(deps);
  const ready = layers.find((one) => one.fleet === fleet && !one.isUntagged);
  if (ready !== undefined) return ready.layer;
  const blue = layers.find(({ id }) => id === source);
  if (blue === undefined)
    throw new OperatorError('no-layer', `The layer ${source}, the source of the clone, no longer exists.`, {
      next: ['Check `turnout status`; `turnout abandon` gives up this run.'],
    });
  if (!layers.some((one) => one.fleet === fleet)) {
    const all = layers.map(({ layer }) => layer);
    checkClonable(blue.layer, all, names, config);
    const marker = { environment: owner.environment, fleet, release, shortName: names.shortName };
    await opsworks.createLayer(cloneRequest(blue.layer, names.name, config, marker)).catch(unlessRefused);
  }
  const clone = (await allLayers(deps)).find((one) => one.fleet === fleet);
  if (clone === undefined) throw notListed(names);
  await copyScaling(opsworks, blue.id, clone.id);
  // The tags come last: a layer that has them is complete.
  const owned = { ...ownershipTags(owner, fleet, release), ...layerMarkTags(owner, marks) };
  await opsworks.tag(clone.arn, { ...userTags(owner.tagPrefix, blue.tags), ...owned });
  return clone.layer;
}

/** Another run, or an attempt whose response got lost, may have created the layer: the caller reads the layers again. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof OperatorError) || error.code !== 'opsworks-refused') throw error;
}

/** Tags that are neither reserved nor ours; a clone gets them too. */
function userTags(tagPrefix: string, tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const isTheirs = (key: string): boolean => !key.startsWith(`${tagPrefix}:`) && !/^(aws|opsworks|rds):/i.test(key);
  return Object.fromEntries(Object.entries(tags).filter(([key]) => isTheirs(key)));
}

/** Copies the scaling rules, turned off: instances started by them would be in no target group. */
async function copyScaling(opsworks: OpsWorks, from: string, to: string): Promise<void> {
  const [rules] = await opsworks.scaling([from]);
  const isSet = Object.keys({ ...rules?.UpScaling, ...rules?.DownScaling }).length > 0;
  if (isSet) await opsworks.setScaling({ ...rules, LayerId: to, Enable: false });
}

/** For example `shop-42-a1`: host names have at most 63 letters, digits and hyphens (RFC 1123). */
function hostnamesOf({ zone, count }: LaunchBatch, { shortName }: CloneNames) {
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
  const byName = [...Map.groupBy(all, ({ Hostname }) => Hostname).values()].map((group) =>
    group.toSorted(startedFirst),
  );
  const unstarted = (group: readonly OpsInstance[]): readonly string[] =>
    group.filter(isUnstarted).map(({ InstanceId = '' }) => InstanceId);
  await settle([
    ...byName.flatMap((group) => unstarted(group.slice(1))).map(async (id) => opsworks.deleteInstance(id)),
    ...byName.flatMap((group) => unstarted(group.slice(0, 1))).map(async (id) => startOne(opsworks, where, id)),
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

function notListed({ name, shortName }: CloneNames): OperatorError {
  return new OperatorError(
    'layer-not-there',
    `OpsWorks does not list the layer ${name} (${shortName}), or a layer of that name belongs to something else.`,
    { next: ['Run this again in a minute, or delete that layer if it is not needed.'], transient: true },
  );
}
