import type { Instance as OpsInstance, LoadBasedAutoScalingConfiguration, OpsWorks } from '../../aws/opsworks.ts';
import { OperatorError } from '../../errors.ts';
import { commonRelease } from '../../domain/roles.ts';
import { ownersIn, withOwners, type Owner } from '../../domain/owners.ts';
import type { Fleet } from '../../domain/snapshot.ts';
import { sentences } from '../../domain/text.ts';
import { keptVolumeSizes } from '../ec2/kept-volumes.ts';
import { byLaunch, holderTags, seen, toInstance, toOwnInstance, type SeenInstance } from '../ec2/tags.ts';
import type { FleetReading } from '../fleet.ts';
import { allInstances, allLayers, inLayer, marksOf, ownOf, type OpsWorksDeps, type TaggedLayer } from './layers.ts';
import { fromOpsInstance, isUnstarted } from './states.ts';

/** A layer of this environment, and its instances. */
interface Group {
  readonly tagged: TaggedLayer;
  readonly own: readonly OpsInstance[];
}

/** OpsWorks tells which instances a layer has, EC2 the state of their machines. */
export async function read(
  deps: OpsWorksDeps,
  ids: readonly string[] | Promise<readonly string[]>,
): Promise<FleetReading> {
  const { opsworks, ec2 } = deps;
  const [layers, instances, asked] = await Promise.all([allLayers(deps), allInstances(deps), ids]);
  const groups = ownOf(layers)
    .map((tagged): Group => ({ tagged, own: withoutDuplicates(inLayer(tagged.id, instances)) }))
    // A clone without tags that has instances was filled by another program.
    .filter(({ tagged, own }) => !tagged.isUntagged || own.length === 0);
  const mine = groups.flatMap(({ own }) => own);
  refuseShared(groups, mine);
  const ec2Ids = [...mine.flatMap((one) => one.Ec2InstanceId ?? []), ...asked.filter((id) => id.startsWith('i-'))];
  const [machines, scaling, failures] = await Promise.all([
    ec2Ids.length > 0 ? ec2.instancesById([...new Set(ec2Ids)], seen) : [],
    opsworks.scaling(groups.map(({ tagged }) => tagged.id)),
    Promise.all(mine.map(async (one) => [one, await failureOf(opsworks, one)] as const)),
  ]);
  const sized = await keptVolumeSizes(ec2)(machines);
  const byId = new Map(sized.map((machine) => [machine.InstanceId ?? '', machine]));
  const fleets = groups.map((group) => fleetFrom(deps, group, { byId, scaling, failures: new Map(failures) }));
  const known = new Set(mine.map((one) => one.Ec2InstanceId));
  const unmanaged = machines
    .filter(({ InstanceId }) => !known.has(InstanceId))
    .map((one) => withOwners(toInstance(deps.owner, one), layerOwners(deps, layers, instances, one)));
  return { fleets: fleets.toSorted((a, b) => launchOf(a) - launchOf(b)), unmanaged };
}

/** What was tagged when it ran already has those tags on its layer alone. */
function layerOwners(
  { owner }: OpsWorksDeps,
  layers: readonly TaggedLayer[],
  instances: readonly OpsInstance[],
  { InstanceId: id }: SeenInstance,
): readonly Owner[] {
  const { LayerIds = [] } = instances.find(({ Ec2InstanceId }) => Ec2InstanceId === id) ?? {};
  return layers.filter((one) => LayerIds.includes(one.id)).flatMap(({ tags }) => ownersIn(tags, owner));
}

/** Omits duplicates, which were created by a request whose response got lost and are never started. */
function withoutDuplicates(own: readonly OpsInstance[]): readonly OpsInstance[] {
  const started = new Set(own.filter((one) => !isUnstarted(one)).map(({ Hostname }) => Hostname));
  return own.filter((one) => !isUnstarted(one) || !started.has(one.Hostname));
}

/** An instance may be in several layers, but not in two fleets: a change of one fleet would change the other. */
function refuseShared(groups: readonly Group[], mine: readonly OpsInstance[]): void {
  const shared = mine.find((one, index) => mine.indexOf(one) !== index);
  if (shared === undefined) return;
  const names = groups.filter(({ own }) => own.includes(shared)).map(({ tagged }) => tagged.fleet);
  throw new OperatorError(
    'instance-in-two-fleets',
    `The OpsWorks instance ${shared.Hostname ?? shared.InstanceId} is in the layers of two fleets: ${names.join(' and ')}.`,
    { next: ['Stop the instance and remove it from one of the layers, then run this again.'] },
  );
}

interface Facts {
  readonly byId: ReadonlyMap<string, SeenInstance>;
  readonly scaling: readonly LoadBasedAutoScalingConfiguration[];
  readonly failures: ReadonlyMap<OpsInstance, string | undefined>;
}

function fleetFrom({ owner }: OpsWorksDeps, { tagged, own }: Group, { byId, scaling, failures }: Facts): Fleet {
  const { fleet: id = '', release = id } = tagged;
  const instances = own.map((instance) => {
    const machine = byId.get(instance.Ec2InstanceId ?? '');
    const known = machine && toOwnInstance(owner, machine);
    return fromOpsInstance(tagged, instance, known, failures.get(instance));
  });
  return {
    id,
    release: commonRelease(instances) ?? release,
    marks: marksOf(owner, tagged),
    instances: instances.toSorted(byLaunch),
    holder: `layer ${tagged.layer.Name}`,
    ...holderTags(owner, Object.keys(tagged.tags), LAYER_TAGS),
    warnings: warningsOf(tagged, own, scaling),
  };
}

/** OpsWorks user guide, "Tag Limitations". */
const LAYER_TAGS = 40;

function launchOf({ instances }: Fleet): number {
  return instances[0]?.launchedAt ?? Number.MAX_SAFE_INTEGER;
}

/** Settings by which OpsWorks may change the fleet during a switch. */
function warningsOf(
  { id, layer }: TaggedLayer,
  own: readonly OpsInstance[],
  scaling: Facts['scaling'],
): readonly string[] {
  const byLoad = scaling.some(({ LayerId, Enable }) => LayerId === id && Enable === true);
  const byTime = own.some(({ AutoScalingType }) => AutoScalingType === 'timer');
  const instances = `instances of the layer ${layer.Name}`;
  const outside = 'a started instance is in no target group, a stopped one is missing from production';
  return sentences(
    byLoad && `Load-based scaling starts and stops ${instances}: ${outside}. Turn it off during the switch.`,
    byTime && `Time-based scaling starts and stops ${instances}: ${outside}.`,
    layer.EnableAutoHealing &&
      `Auto healing replaces ${instances} whose agent does not respond: a replacement is in no target group until it is registered.`,
  );
}

/** Why an instance failed, in the words of OpsWorks, with the URL of the log. No request for one that did not fail. */
async function failureOf(opsworks: OpsWorks, { InstanceId = '', Status }: OpsInstance): Promise<string | undefined> {
  if (Status === 'start_failed') {
    const last = (await opsworks.serviceErrors(InstanceId)).at(-1);
    return last === undefined ? Status : `${Status}: ${last}`;
  }
  if (Status !== 'setup_failed') return undefined;
  const command = (await opsworks.commands({ InstanceId })).find((one) => one.Status === 'failed');
  if (command === undefined) return Status;
  const exit = command.ExitCode === undefined ? '' : ` with exit code ${command.ExitCode}`;
  return `${Status}: ${command.Type} ended${exit}${command.LogUrl ? `, its log: ${command.LogUrl}` : ''}`;
}
