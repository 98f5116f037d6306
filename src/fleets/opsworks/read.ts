import type { Ec2 } from '../../aws/ec2.ts';
import type { Instance as OpsInstance, LoadBasedAutoScalingConfiguration, OpsWorks } from '../../aws/opsworks.ts';
import { OperatorError } from '../../errors.ts';
import type { Fleet } from '../../domain/snapshot.ts';
import {
  byLaunch,
  commonRelease,
  seen,
  tagName,
  toInstance as fromEc2,
  type Ownership,
  type SeenInstance as Ec2Instance,
} from '../ec2/tags.ts';
import type { FleetReading } from '../fleet.ts';
import { isUnstarted, fromOpsInstance } from './states.ts';
import { asUntaggedClone, fleetIdOf, isEnding, isInLayer, marksOf, type TaggedLayer } from './tags.ts';

export interface OpsWorksDeps {
  readonly owner: Ownership;
  readonly opsworks: OpsWorks;
  readonly ec2: Ec2;
  /** Id of the stack, read once. */
  readonly stack: () => Promise<string>;
}

/** The layers of the stack with their tags. One request per layer: ListTags takes a single resource. */
export async function taggedLayers({ opsworks, stack }: OpsWorksDeps): Promise<readonly TaggedLayer[]> {
  const layers = await opsworks.layers(await stack());
  return Promise.all(layers.map(async (layer) => ({ layer, tags: await opsworks.tags(layer.Arn ?? '') })));
}

/** The layer of a fleet, including a clone without tags; undefined when there is none. */
export async function layerOfFleet(deps: OpsWorksDeps, fleet: string): Promise<TaggedLayer | undefined> {
  const owned = ownedBy(deps.owner, await taggedLayers(deps));
  return owned.find((tagged) => fleetIdOf(deps.owner, tagged) === fleet);
}

/** The layers of this environment: those with its tags, and clones that have not got their tags yet. */
function ownedBy(owner: Ownership, layers: readonly TaggedLayer[]): readonly TaggedLayer[] {
  const tagged = layers.filter((one) => fleetIdOf(owner, one) !== undefined);
  const known = new Set(tagged.map((one) => fleetIdOf(owner, one)));
  const untagged = layers.flatMap((one) => asUntaggedClone(owner, one) ?? []);
  return [...tagged, ...untagged.filter((one) => !known.has(fleetIdOf(owner, one)))];
}

/** OpsWorks tells which instances a layer has, EC2 the state of their machines. */
export async function read(
  deps: OpsWorksDeps,
  ids: readonly string[] | Promise<readonly string[]>,
): Promise<FleetReading> {
  const { owner, opsworks, ec2, stack } = deps;
  const [layers, instances, asked] = await Promise.all([
    taggedLayers(deps),
    stack().then(async (StackId) => opsworks.instances({ StackId })),
    ids,
  ]);
  // A clone without tags that has instances was filled by another program.
  const owned = ownedBy(owner, layers).filter(
    (tagged) => !tagged.isUntagged || !instances.some((one) => isInLayer(tagged, one)),
  );
  const groups = owned.map((tagged) => ({
    tagged,
    own: withoutDuplicates(instances.filter((one) => isInLayer(tagged, one))),
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
  const unmanaged = machines.filter(({ InstanceId }) => !known.has(InstanceId)).map(fromEc2);
  return { fleets: fleets.toSorted((a, b) => launchOf(a) - launchOf(b)), unmanaged };
}

/** Omits duplicates, which were created by a request whose response got lost and are never started. */
function withoutDuplicates(own: readonly OpsInstance[]): readonly OpsInstance[] {
  const started = new Set(own.filter((one) => !isUnstarted(one)).map(({ Hostname }) => Hostname));
  return own.filter((one) => !isUnstarted(one) || !started.has(one.Hostname));
}

/** An instance may be in several layers, but not in two fleets: a change of one fleet would change the other. */
function refuseShared(owner: Ownership, owned: readonly TaggedLayer[], mine: readonly OpsInstance[]): void {
  const shared = mine.find((one, index) => mine.indexOf(one) !== index);
  if (shared === undefined) return;
  const names = owned.filter((tagged) => isInLayer(tagged, shared)).map((tagged) => fleetIdOf(owner, tagged));
  throw new OperatorError(
    'instance-in-two-fleets',
    `The OpsWorks instance ${shared.Hostname ?? shared.InstanceId} is in the layers of two fleets: ${names.join(' and ')}.`,
    { next: ['Stop the instance and remove it from one of the layers, then run this again.'] },
  );
}

interface Facts {
  readonly byId: ReadonlyMap<string, Ec2Instance>;
  readonly scaling: readonly LoadBasedAutoScalingConfiguration[];
  readonly failures: ReadonlyMap<string, string>;
}

function fleetFrom(
  owner: Ownership,
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
    instances: instances.toSorted(byLaunch),
    holder: `layer ${tagged.layer.Name}`,
    warnings: warningsOf(tagged, own, scaling),
  };
}

function launchOf({ instances }: Fleet): number {
  return instances[0]?.launchedAt ?? Number.MAX_SAFE_INTEGER;
}

/** Settings by which OpsWorks may change the fleet during a switch. */
function warningsOf(
  { layer }: TaggedLayer,
  own: readonly OpsInstance[],
  scaling: readonly LoadBasedAutoScalingConfiguration[],
): readonly string[] {
  const byLoad = scaling.some(({ LayerId, Enable }) => LayerId === layer.LayerId && Enable === true);
  const byTime = own.some(({ AutoScalingType }) => AutoScalingType === 'timer');
  const healing = layer.EnableAutoHealing === true;
  const instances = `instances of the layer ${layer.Name}`;
  const outside = 'a started instance is in no target group, a stopped one is missing from production';
  return [
    ...(byLoad ? [`Load-based scaling starts and stops ${instances}: ${outside}. Turn it off during the switch.`] : []),
    ...(byTime ? [`Time-based scaling starts and stops ${instances}: ${outside}.`] : []),
    ...(healing
      ? [
          `Auto healing replaces ${instances} whose agent does not respond: a replacement is in no target group until it is registered.`,
        ]
      : []),
  ];
}

/** Why instances failed, in the words of OpsWorks, with the URL of the log. No request for those that did not fail. */
async function failuresOf(opsworks: OpsWorks, instances: readonly OpsInstance[]): Promise<ReadonlyMap<string, string>> {
  const failed = instances.filter(({ Status }) => Status === 'start_failed' || Status === 'setup_failed');
  const reasons = failed.map(async ({ InstanceId = '', Status = '' }) => {
    return [
      InstanceId,
      Status === 'setup_failed' ? await setupFailure(opsworks, InstanceId) : await startFailure(opsworks, InstanceId),
    ] as const;
  });
  return new Map(await Promise.all(reasons));
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
