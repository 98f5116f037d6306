import type { AutoScalingGroup } from '../../aws/autoscaling.ts';
import { noSuchGroup } from '../../aws/no-such-group.ts';
import { defined } from '../../domain/defined.ts';
import { imagesIn, isLaunchedFrom, replacesVolumes, withImages } from '../../domain/refresh.ts';
import { commonRelease } from '../../domain/roles.ts';
import type { FleetGroup } from '../../domain/scaling.ts';
import type { Fleet, Instance } from '../../domain/snapshot.ts';
import { list } from '../../domain/text.ts';
import type { Unreadable } from '../../domain/unreadable.ts';
import { keptVolumeSizes } from '../ec2/kept-volumes.ts';
import { byLaunch, holderTags, seen, toInstance, toOwnInstance, type SeenInstance } from '../ec2/tags.ts';
import { OperatorError } from '../../errors.ts';
import type { FleetReading } from '../fleet.ts';
import {
  attachmentsOf,
  fleetTagsOf,
  heldSince,
  isCodeDeploys,
  inServiceOf,
  groupMarks,
  membersOf,
  ourGroups,
  tagsOf,
  templateText,
  toFleetGroup,
  weightOf,
  type AutoScalingDeps,
  type GroupFacts,
} from './groups.ts';

/**
 * Auto Scaling tells which instances a group has, EC2 the state of their machines.
 * @param only ids of fleets: what is beside the groups of others is not asked for
 */
export async function readGroups(
  deps: AutoScalingDeps,
  ids: readonly string[] | Promise<readonly string[]>,
  only?: readonly string[],
): Promise<FleetReading> {
  const { owner, ec2 } = deps;
  const [all, asked] = await Promise.all([ourGroups(deps), ids]);
  const names = all.map(({ AutoScalingGroupName: name = '' }) => name);
  const isWanted = (id: string | undefined): boolean => only === undefined || (id !== undefined && only.includes(id));
  const groups = all.filter((group) => isWanted(fleetTagsOf(owner, group)?.fleet));
  const own = groups.filter((group) => fleetTagsOf(owner, group) !== undefined);
  const memberIds = groups.flatMap(membersOf).flatMap(({ InstanceId }) => InstanceId ?? []);
  const wanted = [...new Set([...memberIds, ...asked.filter((id) => id.startsWith('i-'))])];
  const [machines, beside] = await Promise.all([
    wanted.length > 0 ? ec2.instancesById(wanted, seen) : [],
    Promise.all(own.map(async (group) => besideOf(deps, group))),
  ]);
  const sized = await keptVolumeSizes(ec2)(machines);
  const byId = new Map(sized.map((machine) => [machine.InstanceId ?? '', machine]));
  const fleets = own.map((group, index) => toFleet({ ...deps, names }, group, beside[index]!, byId));
  const known = new Set(fleets.flatMap(({ instances }) => instances.map(({ id }) => id)));
  const unmanaged = sized.filter(({ InstanceId = '' }) => asked.includes(InstanceId) && !known.has(InstanceId));
  return {
    fleets: fleets.toSorted((a, b) => launchOf(a) - launchOf(b)),
    unmanaged: unmanaged.map((machine) => ofOurGroups(names, toInstance(owner, machine))),
    noGroups: (deps.config.groups ?? []).filter((name) => !names.includes(name)).map(notThere),
  };
}

/** What serves is in another group, and leads on: what needs both says so. */
function notThere(name: string): Unreadable {
  const { code, message: why, next } = noSuchGroup(name);
  return { name, code, why, next };
}

/** Why instances are missing is asked only while some are, and what they wait for only while some do. */
async function besideOf(deps: AutoScalingDeps, group: AutoScalingGroup): Promise<GroupFacts> {
  const { owner, scaling } = deps;
  const { AutoScalingGroupName: name = '', DesiredCapacity: desired = 0 } = group;
  const capacity = inServiceOf(group).reduce((sum, one) => sum + weightOf(one), 0);
  const waits = (group.Instances ?? []).some(({ LifecycleState }) => LifecycleState?.endsWith(':Wait'));
  const [newest, failures, targetGroups, hooks] = await Promise.all([
    scaling.newestRefresh(name),
    capacity < desired ? scaling.failures(name, heldSince(owner, group)) : [],
    attachmentsOf(deps, group),
    waits ? hooksOf(deps, name) : [],
  ]);
  return { newest, failures, targetGroups, hooks };
}

/** Only worth knowing: where they may not be read, the way back stays open. */
async function hooksOf({ scaling }: AutoScalingDeps, name: string): Promise<GroupFacts['hooks']> {
  return scaling.hooks(name).catch((error: unknown) => {
    if (error instanceof OperatorError && error.code === 'access-denied') return [];
    throw error;
  });
}

function toFleet(
  deps: AutoScalingDeps & { readonly names: readonly string[] },
  described: AutoScalingGroup,
  beside: GroupFacts,
  byId: ReadonlyMap<string, SeenInstance>,
): Fleet {
  const { owner } = deps;
  const { fleet: id, release } = fleetTagsOf(owner, described)!;
  const group = toFleetGroup(deps, described, beside);
  const instances = membersOf(described).map((member) => {
    const machine = byId.get(member.InstanceId ?? '');
    const own = machine === undefined ? notSeen(member) : ofOurGroups(deps.names, toOwnInstance(owner, machine));
    return { ...own, ...inGroup(member, own, beside.hooks), ...releaseOf(member, own, group), ...sizeOf(member) };
  });
  return {
    id,
    release: commonRelease(instances.filter(({ stray }) => stray === undefined)) ?? release,
    marks: groupMarks(owner, described),
    holder: `Auto Scaling group ${group.name}`,
    ...holderTags(owner, Object.keys(tagsOf(described)), GROUP_TAGS),
    group,
    instances: instances.toSorted(byLaunch),
  };
}

/** Auto Scaling user guide, "Tag Auto Scaling groups and instances". */
const GROUP_TAGS = 50;

/** EC2 does not show it yet, or any more. */
function notSeen({ InstanceId: id = '', AvailabilityZone: zone = '', InstanceType: type }: Member): Instance {
  return { id, zone, state: 'pending', launchedAt: 0, ...defined({ type }) };
}

type Member = ReturnType<typeof membersOf>[number];

/**
 * One that is not in service yet does not count as running, and one that the group lets go of is gone. What comes back from
 * Standby is pending, too, and runs on.
 */
function inGroup(
  { LifecycleState: lifecycle }: Member,
  own: Instance,
  hooks: GroupFacts['hooks'],
): Pick<Instance, 'state' | 'reason' | 'lifecycle'> | undefined {
  if (lifecycle === undefined || lifecycle === 'InService') return undefined;
  const said = { lifecycle, reason: `Auto Scaling says ${lifecycle}${hookText(lifecycle, hooks)}` };
  if (lifecycle.startsWith('Terminat'))
    return { ...said, state: own.state === 'terminated' ? own.state : 'shutting-down' };
  const isNew = lifecycle.startsWith('Pending') && own.left === undefined;
  return { ...said, state: isNew && own.state === 'running' ? 'pending' : own.state };
}

/** What such an instance waits for: all hooks of its transition run at the same time. */
function hookText(lifecycle: string, hooks: GroupFacts['hooks']): string {
  const [, going] = /^(Pending|Terminating|ReplacingRootVolume):Wait$/.exec(lifecycle) ?? [];
  if (going === undefined) return '';
  const transition = `autoscaling:EC2_INSTANCE_${going === 'Pending' ? 'LAUNCHING' : 'TERMINATING'}`;
  const waiting = hooks.filter(({ LifecycleTransition }) => LifecycleTransition === transition);
  if (waiting.length === 0) return '';
  const deploys = waiting.some(isCodeDeploys) ? ', so CodeDeploy deploys to it' : '';
  return `, for ${list(waiting.map(({ LifecycleHookName = '' }) => LifecycleHookName))}${deploys}`;
}

function sizeOf(member: Member): Pick<Instance, 'weight'> | undefined {
  const weight = weightOf(member);
  return weight === 1 ? undefined : { weight };
}

/**
 * The version of its template tells what an instance is, whatever its tags say: they are those of the group when it was launched.
 * What was deployed in place since is on its tags alone. Where root volumes are replaced, their image tells it, and ends what was deployed
 * before (API reference, Instance: `ImageId` is that of the current root volume).
 */
function releaseOf(
  { LaunchTemplate, ImageId }: Member,
  { deploy }: Instance,
  { carries, boots, recorded }: FleetGroup,
): Pick<Instance, 'stray' | 'release'> | undefined {
  if (LaunchTemplate === undefined || carries === undefined) return undefined;
  const text = templateText(LaunchTemplate);
  const isByImage = recorded === undefined ? imagesIn(carries).length > 0 : replacesVolumes(recorded);
  const own = isByImage && recorded !== undefined ? [] : [{ template: carries, release: boots }];
  // While a refresh ends, the group has tags of both releases.
  const known = [...(recorded ? [recorded.from, recorded.to] : []), ...own];
  const found = known.find(({ template }) => isLaunchedFrom(template, text, ImageId));
  if (found === undefined) {
    const stray = withImages(text, isByImage && ImageId !== undefined ? [ImageId] : []);
    return { stray, release: stray };
  }
  const isReplaced = isByImage && found === recorded?.to;
  return (deploy !== undefined && !isReplaced) || found.release === undefined ? undefined : { release: found.release };
}

/** Our groups are this environment's own, and none that replaces what is taken away from it. */
function ofOurGroups(names: readonly string[], { owners, ...instance }: Instance): Instance {
  const others = owners?.filter(({ kind, name }) => kind !== 'Auto Scaling group' || !names.includes(name));
  return others === undefined || others.length === 0 ? instance : { ...instance, owners: others };
}

function launchOf({ instances }: Fleet): number {
  return instances[0]?.launchedAt ?? Number.POSITIVE_INFINITY;
}
