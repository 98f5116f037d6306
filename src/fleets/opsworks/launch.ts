import { settle } from '../../aws/batches.ts';
import type { Instance as OpsInstance, Layer, OpsWorks } from '../../aws/opsworks.ts';
import type { OpsWorksFleetConfig } from '../../config/config.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchBatch } from '../../domain/goal.ts';
import type { StepOf } from '../../steps/index.ts';
import { checkClonable, cloneRequest, namesOf, type CloneNames } from './clone.ts';
import { taggedLayers, type Sources } from './read.ts';
import type { InstanceWish, OpsWorksRequest } from './resolve.ts';
import { isUnstarted } from './states.ts';
import { asLeftover, fleetOf, foreignTags, ownershipTags, type Marker, type TaggedLayer } from './tags.ts';

/**
 * OpsWorks has no tokens: what was made already is told by its name, which this fleet alone has. Instances are made first and
 * started then, one a hostname, so that one that was made twice by a lost answer costs nothing and never boots.
 */
export async function launch(sources: Sources, wish: OpsWorksFleetConfig, step: StepOf<'launch'>): Promise<void> {
  const request = step.spec.request as unknown as OpsWorksRequest;
  const names = namesOf(wish, sources.owner.environment, step.fleet, step.release);
  const layer = await ensureLayer(sources, wish, step, request, names);
  const { opsworks } = sources;
  const where = { LayerId: layer.LayerId ?? '' };
  const wanted = step.spec.batches.flatMap((batch) => hostnamesOf(batch, names));
  const have = new Set((await opsworks.instances(where)).map(({ Hostname }) => Hostname));
  const made = await Promise.allSettled(
    wanted
      .filter(({ hostname }) => !have.has(hostname))
      .map(async ({ hostname, zone }) =>
        makeInstance(opsworks, layer, hostname, request.instances[zone] as InstanceWish),
      ),
  );
  const fresh = made.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  await startAll(opsworks, where, new Set(wanted.map(({ hostname }) => hostname)), fresh);
  const failed = made.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** The clone, with its tags and its scaling; made if it is not there. */
async function ensureLayer(
  sources: Sources,
  wish: OpsWorksFleetConfig,
  { fleet, release }: StepOf<'launch'>,
  request: OpsWorksRequest,
  names: CloneNames,
): Promise<Layer> {
  const { owner, opsworks } = sources;
  const layers = await taggedLayers(sources);
  const ready = layers.find((tagged) => fleetOf(owner, tagged) === fleet);
  if (ready !== undefined) return ready.layer;
  const blue = layers.find(({ layer }) => layer.LayerId === request.layer);
  if (blue === undefined) throw gone(request.layer);
  const marker: Marker = { environment: owner.environment, fleet, release, shortName: names.shortName };
  const isOurs = (tagged: TaggedLayer): boolean => fleetOf(owner, asLeftover(owner, tagged) ?? tagged) === fleet;
  if (!layers.some(isOurs)) {
    checkClonable(
      blue.layer,
      layers.map(({ layer }) => layer),
      names,
      wish,
    );
    await opsworks.createLayer(cloneRequest(blue.layer, names, wish, release, marker)).catch(unlessRefused);
  }
  const clone = (await taggedLayers(sources)).find(isOurs);
  if (clone === undefined) throw notSeen(names);
  await copyScaling(opsworks, blue.layer, clone.layer);
  // Its tags come last: a layer that has them is whole.
  await opsworks.tag(clone.layer.Arn ?? '', {
    ...foreignTags(owner, blue.tags),
    ...ownershipTags(owner, fleet, release),
  });
  return clone.layer;
}

/** Somebody else, or an earlier attempt whose answer was lost, may have made it: that is seen by looking. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof OperatorError) || error.code !== 'opsworks-refused') throw error;
}

/** The rules, but switched off: what scaling starts would be in no target group. */
async function copyScaling(opsworks: OpsWorks, from: Layer, to: Layer): Promise<void> {
  const [rules] = await opsworks.scaling([from.LayerId ?? '']);
  const isSet = Object.keys({ ...rules?.UpScaling, ...rules?.DownScaling }).length > 0;
  if (isSet) await opsworks.setScaling({ ...rules, LayerId: to.LayerId, Enable: false });
}

/** Such as `shop-42-a1`: no dots and underscores, at most 63 characters (aws-reference 3.4). */
function hostnamesOf(
  { zone, count }: LaunchBatch,
  { shortName }: CloneNames,
): readonly { hostname: string; zone: string }[] {
  const base = shortName.replaceAll(/[^A-Za-z0-9-]+/g, '-').replace(/^-+/, '');
  const letter = zone.at(-1) ?? '';
  return Array.from({ length: count }, (_, n) => ({ hostname: `${base}-${letter}${n + 1}`, zone }));
}

/** The instance that was made; none where one with that name is there already. */
async function makeInstance(
  opsworks: OpsWorks,
  { StackId, LayerId = '' }: Layer,
  Hostname: string,
  { others, InstanceType, ...rest }: InstanceWish,
): Promise<readonly OpsInstance[]> {
  try {
    const wish = { StackId, LayerIds: [LayerId, ...others], InstanceType, ...rest, Hostname };
    return [{ InstanceId: await opsworks.createInstance(wish), Hostname, Status: 'stopped' }];
  } catch (error) {
    const have = await opsworks.instances({ LayerId });
    if (have.some((one) => one.Hostname === Hostname)) return [];
    throw error;
  }
}

/** Starts one instance of each hostname that was never started, and deletes those that were made twice. */
async function startAll(
  opsworks: OpsWorks,
  where: { readonly LayerId: string },
  hostnames: ReadonlySet<string>,
  fresh: readonly OpsInstance[],
): Promise<void> {
  const seen = (await opsworks.instances(where)).filter(({ Hostname = '' }) => hostnames.has(Hostname));
  // What was made a moment ago may not show yet.
  const all = [...seen, ...fresh.filter((one) => !seen.some(({ InstanceId }) => InstanceId === one.InstanceId))];
  const byName = Map.groupBy(all, ({ Hostname }) => Hostname);
  const chosen = [...byName.values()].map((group) => group.toSorted(startedFirst) as [OpsInstance, ...OpsInstance[]]);
  const spare = chosen.flatMap(([, ...others]) => others.filter(isUnstarted));
  const idle = chosen.map(([first]) => first).filter(isUnstarted);
  await settle([
    ...spare.map(async ({ InstanceId = '' }) => opsworks.deleteInstance(InstanceId)),
    ...idle.map(async ({ InstanceId = '' }) => startOne(opsworks, where, InstanceId)),
  ]);
}

function startedFirst(a: OpsInstance, b: OpsInstance): number {
  return Number(isUnstarted(a)) - Number(isUnstarted(b)) || ((a.InstanceId ?? '') < (b.InstanceId ?? '') ? -1 : 1);
}

/** What is started already cannot be started: then somebody has done it. */
async function startOne(opsworks: OpsWorks, where: { readonly LayerId: string }, id: string): Promise<void> {
  await opsworks.start(id).catch(async (error: unknown) => {
    const now = (await opsworks.instances(where)).find(({ InstanceId }) => InstanceId === id);
    if (now === undefined || isUnstarted(now)) throw error;
  });
}

function gone(layer: string): OperatorError {
  return new OperatorError('no-layer', `The layer ${layer} that was to be cloned is gone.`, {
    next: ['Look at `turnout status`; `turnout abandon` forgets this run.'],
  });
}

function notSeen({ name, shortName }: CloneNames): OperatorError {
  return new OperatorError(
    'layer-not-there',
    `OpsWorks does not show the layer ${name} (${shortName}), or shows one of that name which is not of this fleet.`,
    { next: ['Run this again in a minute; or delete that layer, if it is left over.'], transient: true },
  );
}
