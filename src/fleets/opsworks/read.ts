import type { Ec2 } from '../../aws/ec2.ts';
import type { Instance as OpsInstance, LoadBasedAutoScalingConfiguration, OpsWorks } from '../../aws/opsworks.ts';
import { OperatorError } from '../../errors.ts';
import type { Fleet } from '../../domain/snapshot.ts';
import {
  commonRelease,
  seen,
  tagName,
  toInstance as fromEc2,
  type Owner,
  type SeenInstance as Ec2Instance,
} from '../ec2/tags.ts';
import type { FleetReading } from '../fleet.ts';
import { isUnstarted, fromOpsInstance } from './states.ts';
import { asLeftover, fleetIdOf, isEnding, marksOf, type TaggedLayer } from './tags.ts';

export interface Sources {
  readonly owner: Owner;
  readonly opsworks: OpsWorks;
  readonly ec2: Ec2;
  /** The stack's id, found once. */
  readonly stack: () => Promise<string>;
}

/** The layers of the stack with their tags: one request a layer, since OpsWorks lists none for several. */
export async function taggedLayers({ opsworks, stack }: Sources): Promise<readonly TaggedLayer[]> {
  const layers = await opsworks.layers(await stack());
  return Promise.all(layers.map(async (layer) => ({ layer, tags: await opsworks.tags(layer.Arn ?? '') })));
}

/** The layer of a fleet, if only a leftover one; undefined when there is none (any more). */
export async function layerOfFleet(sources: Sources, fleet: string): Promise<TaggedLayer | undefined> {
  const owned = ownedBy(sources.owner, await taggedLayers(sources));
  return owned.find((tagged) => fleetIdOf(sources.owner, tagged) === fleet);
}

/** Those that are fleets of this environment, by their tags; and clones that were left before they got theirs. */
function ownedBy(owner: Owner, layers: readonly TaggedLayer[]): readonly TaggedLayer[] {
  const tagged = layers.filter((one) => fleetIdOf(owner, one) !== undefined);
  const known = new Set(tagged.map((one) => fleetIdOf(owner, one)));
  const leftovers = layers.flatMap((one) => asLeftover(owner, one) ?? []);
  return [...tagged, ...leftovers.filter((one) => !known.has(fleetIdOf(owner, one)))];
}

/** Whose instance it is is asked of OpsWorks, and what has become of the machine of EC2. */
export async function read(
  sources: Sources,
  ids: readonly string[] | Promise<readonly string[]>,
): Promise<FleetReading> {
  const { owner, opsworks, ec2, stack } = sources;
  const [layers, instances, asked] = await Promise.all([
    taggedLayers(sources),
    stack().then(async (StackId) => opsworks.instances({ StackId })),
    ids,
  ]);
  // What somebody has put instances into is theirs.
  const owned = ownedBy(owner, layers).filter(
    (tagged) => !tagged.isLeftover || !instances.some((one) => isIn(tagged, one)),
  );
  const groups = owned.map((tagged) => ({
    tagged,
    own: withoutSpares(instances.filter((one) => isIn(tagged, one))),
  }));
  const mine = groups.flatMap(({ own }) => own);
  refuseShared(owner, owned, mine);
  const ec2Ids = [...mine.flatMap((one) => one.Ec2InstanceId ?? []), ...asked.filter((id) => id.startsWith('i-'))];
  const [machines, scaling, failures] = await Promise.all([
    ec2Ids.length > 0 ? ec2.instancesById([...new Set(ec2Ids)], seen) : [],
    opsworks.scaling(owned.map(({ layer }) => layer.LayerId ?? '')),
    failuresOf(opsworks, mine),
  ]);
  const byId = new Map(machines.map((machine) => [machine.InstanceId ?? '', machine]));
  const fleets = groups.map(({ tagged, own }) => fleetFrom(owner, tagged, own, { byId, scaling, failures }));
  const known = new Set(mine.map((one) => one.Ec2InstanceId));
  const strangers = machines.filter(({ InstanceId }) => !known.has(InstanceId)).map(fromEc2);
  return { fleets: fleets.toSorted((a, b) => launchOf(a) - launchOf(b)), strangers };
}

/** An instance that was made a second time, by a request whose answer was lost, is none of the fleet: it never starts. */
function withoutSpares(own: readonly OpsInstance[]): readonly OpsInstance[] {
  const started = new Set(own.filter((one) => !isUnstarted(one)).map(({ Hostname }) => Hostname));
  return own.filter((one) => !isUnstarted(one) || !started.has(one.Hostname));
}

function isIn({ layer }: TaggedLayer, { LayerIds = [] }: OpsInstance): boolean {
  return LayerIds.includes(layer.LayerId ?? '');
}

/** An instance may be in several layers, but not in two fleets: what is done to one would be done to the other. */
function refuseShared(owner: Owner, owned: readonly TaggedLayer[], mine: readonly OpsInstance[]): void {
  const shared = mine.find((one, index) => mine.indexOf(one) !== index);
  if (shared === undefined) return;
  const names = owned.filter((tagged) => isIn(tagged, shared)).map((tagged) => fleetIdOf(owner, tagged));
  throw new OperatorError(
    'instance-in-two-fleets',
    `The OpsWorks instance ${shared.Hostname ?? shared.InstanceId} is in the layers of two fleets: ${names.join(' and ')}.`,
    { next: ['Take it out of one of the layers (it must be stopped for that), then run this again.'] },
  );
}

interface Facts {
  readonly byId: ReadonlyMap<string, Ec2Instance>;
  readonly scaling: readonly LoadBasedAutoScalingConfiguration[];
  readonly failures: ReadonlyMap<string, string>;
}

function fleetFrom(
  owner: Owner,
  tagged: TaggedLayer,
  own: readonly OpsInstance[],
  { byId, scaling, failures }: Facts,
): Fleet {
  const id = fleetIdOf(owner, tagged) ?? '';
  const release = tagged.tags[tagName(owner, 'release')] ?? id;
  const instances = own.map((instance) => {
    const ec2 = byId.get(instance.Ec2InstanceId ?? '');
    const failure = failures.get(instance.InstanceId ?? '');
    return fromOpsInstance({ owner, release, instance, ec2, isEnding: isEnding(owner, tagged), failure });
  });
  return {
    id,
    release: commonRelease(instances) ?? release,
    marks: marksOf(owner, tagged),
    instances: instances.toSorted((a, b) => a.launchedAt - b.launchedAt || (a.id < b.id ? -1 : 1)),
    holder: `layer ${tagged.layer.Name}`,
    warnings: warningsOf(tagged, own, scaling),
  };
}

function launchOf({ instances }: Fleet): number {
  return instances[0]?.launchedAt ?? Number.MAX_SAFE_INTEGER;
}

/** What may change the fleet while it is switched, without anybody's asking. */
function warningsOf(
  { layer }: TaggedLayer,
  own: readonly OpsInstance[],
  scaling: readonly LoadBasedAutoScalingConfiguration[],
): readonly string[] {
  const byLoad = scaling.some(({ LayerId, Enable }) => LayerId === layer.LayerId && Enable === true);
  const byTime = own.some(({ AutoScalingType }) => AutoScalingType === 'timer');
  const healing = layer.EnableAutoHealing === true;
  const instances = `instances of the layer ${layer.Name}`;
  const outside = 'one that it starts is in no target group, one that it stops is lost to production';
  return [
    ...(byLoad
      ? [`Load-based scaling starts and stops ${instances} by itself: ${outside}. Switch it off meanwhile.`]
      : []),
    ...(byTime ? [`Time-based scaling starts and stops ${instances} by itself: ${outside}.`] : []),
    ...(healing
      ? [
          `Auto healing replaces ${instances} whose agent falls silent: a new one is in no target group until it is registered.`,
        ]
      : []),
  ];
}

/** Asks only about instances that have failed: why, in OpsWorks's words, and where the log is. */
async function failuresOf(opsworks: OpsWorks, instances: readonly OpsInstance[]): Promise<ReadonlyMap<string, string>> {
  const failed = instances.filter(({ Status }) => Status === 'start_failed' || Status === 'setup_failed');
  const told = failed.map(async ({ InstanceId = '', Status = '' }) => {
    return [
      InstanceId,
      Status === 'setup_failed' ? await setupFailure(opsworks, InstanceId) : await startFailure(opsworks, InstanceId),
    ] as const;
  });
  return new Map(await Promise.all(told));
}

async function setupFailure(opsworks: OpsWorks, instance: string): Promise<string> {
  const command = (await opsworks.commandsOf(instance)).find(({ Status }) => Status === 'failed');
  if (command === undefined) return 'setup_failed';
  const exit = command.ExitCode === undefined ? '' : ` with exit code ${command.ExitCode}`;
  return `setup_failed: ${command.Type} ended${exit}${command.LogUrl ? `, its log: ${command.LogUrl}` : ''}`;
}

async function startFailure(opsworks: OpsWorks, instance: string): Promise<string> {
  const said = await opsworks.serviceErrors(instance);
  return said.length === 0 ? 'start_failed' : `start_failed: ${said.at(-1)}`;
}
