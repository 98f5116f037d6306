import type { AutoScalingGroup } from '../../aws/autoscaling.ts';
import { noSuchGroup } from '../../aws/no-such-group.ts';
import { defined } from '../../domain/defined.ts';
import type { LaunchSpec } from '../../domain/goal.ts';
import { total, type ByZone } from '../../domain/minimum-healthy.ts';
import { list, sentences } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import { templateVersion } from '../ec2/template.ts';
import { compareVcpus } from '../ec2/vcpus.ts';
import type { LaunchRequest } from '../fleet.ts';
import { alarmsOf } from './alarms.ts';
import { checkAddresses, checkIdle, checkRoom, checkSetup, checkTemplate } from './checks.ts';
import { checkCloneable, cloneName, cloneNotes, warmSizeOf } from './clone.ts';
import {
  attachmentsOf,
  inServiceOf,
  isCodeDeploys,
  ourGroups,
  templateOf,
  weightOf,
  type AutoScalingDeps,
} from './groups.ts';
import { imagesFor } from './images.ts';
import type { GroupRequest } from './request.ts';
import { typesLaunched } from './vcpus.ts';

/**
 * Resolves a release to the group whose turn it is, a numbered version of its launch template, and its size. Changes nothing.
 * @throws OperatorError when the group cannot take it, or image, template or version do not exist
 */
export async function resolveGroupLaunch(deps: AutoScalingDeps, request: LaunchRequest): Promise<LaunchSpec> {
  const { owner, config } = deps;
  const { release, zones, blue, cloneFrom } = request;
  const groups = await ourGroups(deps);
  const serving = groups.find(({ AutoScalingGroupName: name }) => name === blue.group?.name);
  const idle = groups.find(({ AutoScalingGroupName: name }) => name !== blue.group?.name);
  const names = config.groups ?? groups.map(({ AutoScalingGroupName: name = '' }) => name);
  if (serving === undefined) throw notAGroup(blue.release, names);
  if (cloneFrom !== undefined) throw notCloned();
  if (config.clone !== undefined) return resolveClone(deps, request, serving, config.clone);
  const missing = names.find((name) => !groups.some((group) => group.AutoScalingGroupName === name));
  if (idle === undefined) throw missing === undefined ? notAGroup(blue.release, names) : noSuchGroup(missing);
  const [own, others, hooks] = await Promise.all([
    attachmentsOf(deps, idle),
    attachmentsOf(deps, serving),
    deps.scaling.hooks(idle.AutoScalingGroupName ?? ''),
  ]);
  checkSetup(idle, serving, { own, others, ...defined({ moves: deps.moves }) });
  const capacity = capacityFor(serving, idle, total(zones));
  checkIdle(owner, idle, capacity);
  const subnets = await roomyFor(deps, idle, total(zones));
  const template = await templateFor(deps, { serving, idle, release });
  const images = await imagesFor(deps, idle, { template, release });
  const launched = { group: idle, serving, template, instances: total(zones) };
  const vcpus = await compareVcpus(deps, await typesLaunched(deps, launched));
  const without = zonesWithout(idle, zones);
  const { AutoScalingGroupName: name = '' } = idle;
  return {
    kind: 'auto-scaling',
    summary: sentences(
      `group ${name}: ${sizeWords(capacity, total(zones))}, from ${templateWords(template, images.request.image)}`,
      ...images.summary,
      without.length > 0 &&
        `None in ${list(without)}, where ${blue.release} has some: ${idle.AutoScalingGroupName} has no subnet there, and \`promote\` asks for what serves in each zone.`,
      hooks.some(isCodeDeploys) &&
        `CodeDeploy deploys its own last revision to each instance that ${name} launches, by its lifecycle hook ${list(hooks.filter(isCodeDeploys).map(({ LifecycleHookName = '' }) => LifecycleHookName))}: what runs there may be another release than ${release}.`,
      vcpus,
    ),
    batches: [],
    group: {
      name,
      count: total(zones),
      capacity,
      minimum: blue.group?.held?.before ?? serving.MinSize ?? 0,
      targetGroups: own,
      ...defined({ moves: deps.moves }),
      subnets,
    },
    request: { template, ...images.request } satisfies GroupRequest,
  };
}

/** A new group like the one that serves, for this fleet alone. */
async function resolveClone(
  deps: AutoScalingDeps,
  { release, zones, blue, fleet = release, targetGroups = [] }: LaunchRequest,
  serving: AutoScalingGroup,
  base: string,
): Promise<LaunchSpec> {
  const { scaling, moves } = deps;
  const { AutoScalingGroupName: clones = '', MaxSize: max = 0 } = serving;
  const [parts, limit] = await Promise.all([scaling.partsOf(clones), scaling.groupLimit()]);
  checkTemplate(serving);
  checkCloneable(deps, serving, parts);
  const capacity = capacityFor(serving, serving, total(zones));
  checkRoom(clones, { capacity, max, ...limit });
  const instances = total(zones) + warmSizeOf(serving, capacity);
  const subnets = await roomyFor(deps, serving, instances);
  const template = await templateFor(deps, { serving, idle: serving, release });
  const images = await imagesFor(deps, serving, { template, release });
  const types = await typesLaunched(deps, { group: serving, serving, template, instances });
  const vcpus = await compareVcpus(deps, types);
  const name = cloneName(base, fleet);
  return {
    kind: 'auto-scaling',
    summary: sentences(
      `new group ${name}: ${sizeWords(capacity, total(zones))}, from ${templateWords(template, images.request.image)}`,
      ...images.summary,
      ...cloneNotes(serving, parts, await alarmsOf(deps, parts), capacity),
      vcpus,
    ),
    batches: [],
    group: {
      name,
      count: total(zones),
      capacity,
      minimum: blue.group?.held?.before ?? serving.MinSize ?? 0,
      targetGroups: moves ? [] : targetGroups,
      ...defined({ moves }),
      subnets,
    },
    request: { template, clones, ...images.request } satisfies GroupRequest,
  };
}

/** Those of them in which the group launches nothing. */
function zonesWithout({ AvailabilityZones: own = [] }: AutoScalingGroup, zones: ByZone): readonly string[] {
  return Object.keys(zones).filter((zone) => !own.includes(zone));
}

/** Its subnets, which have addresses for so many. Of a group with zones alone, AWS chooses them. */
async function roomyFor(
  { ec2 }: AutoScalingDeps,
  group: AutoScalingGroup,
  instances: number,
): Promise<readonly string[]> {
  const subnets = (group.VPCZoneIdentifier ?? '').split(',').filter((id) => id !== '');
  if (subnets.length > 0) checkAddresses(group, await ec2.freeAddresses(subnets), instances);
  return subnets;
}

function templateWords({ id, version }: GroupRequest['template'], image: string | undefined): string {
  if (image === undefined) return `${id} version ${version}`;
  return `a version of ${id} like version ${version}, with the image`;
}

function sizeWords(capacity: number, instances: number): string {
  return capacity === instances ? `${instances} instances` : `a capacity of ${capacity}, by the weights of its types`;
}

/** As many instances in the units of the group that launches them: the same ones, or there is no telling. */
function capacityFor(serving: AutoScalingGroup, idle: AutoScalingGroup, instances: number): number {
  const [before, next] = [weightsOf(serving), weightsOf(idle)];
  if (before === '' && next === '') return instances;
  const inService = inServiceOf(serving);
  const { AutoScalingGroupName: name } = idle;
  if (before !== next)
    throw new OperatorError(
      'weights-differ',
      `${name} and ${serving.AutoScalingGroupName} count capacity in different weights: how large ${name} has to be is not known.`,
      { next: ['Give both groups the same instance types and weights; then run this again.'] },
    );
  if (instances !== inService.length)
    throw new OperatorError('weights-differ', `${name} counts capacity in weights, and not in instances.`, {
      next: ['Leave out --count and `fleet.count`: the group gets the capacity that serves now.'],
    });
  return inService.reduce((sum, one) => sum + weightOf(one), 0);
}

/** `t3.large=2 t3.micro=1`; empty where instances are counted. */
function weightsOf({ MixedInstancesPolicy: mixed }: AutoScalingGroup): string {
  const overrides = mixed?.LaunchTemplate?.Overrides ?? [];
  const weights = overrides.map(({ InstanceType, WeightedCapacity = '1' }) => `${InstanceType}=${WeightedCapacity}`);
  return weights.every((one) => one.endsWith('=1')) ? '' : weights.toSorted().join(' ');
}

/** The version that the config names for the release, or the one that the serving group launches from. Always a number. */
async function templateFor(
  { ec2, config }: AutoScalingDeps,
  { serving, idle, release }: { readonly serving: AutoScalingGroup; readonly idle: AutoScalingGroup; release: string },
): Promise<GroupRequest['template']> {
  const { launchTemplate: named } = config;
  if (named !== undefined) {
    const id = named.id ?? (await ec2.launchTemplateId(named.name as string));
    return { id, version: String((await templateVersion(ec2, id, named, release)).VersionNumber) };
  }
  const [own, other] = [templateOf(idle), templateOf(serving)];
  const id = own?.LaunchTemplateId ?? '';
  if (id !== other?.LaunchTemplateId)
    throw new OperatorError(
      'templates-differ',
      `${idle.AutoScalingGroupName} launches from ${id}, and ${serving.AutoScalingGroupName} from ${other?.LaunchTemplateId}: which one the next release is made of is not known.`,
      { next: ['Name it under `fleet.launchTemplate` in the config.'] },
    );
  return { id, version: other.Version ?? '$Default' };
}

function notAGroup(release: string, groups: readonly string[]): OperatorError {
  return new OperatorError('not-a-group', `${release} is not one of the groups ${groups.join(' and ')}.`, {
    next: ['Check `fleet.groups` in the config; `turnout status` shows what serves.'],
  });
}

function notCloned(): OperatorError {
  return new OperatorError(
    'not-cloned',
    'An Auto Scaling group launches from its launch template, and clones no server.',
    {
      next: ['Leave out --clone-from.'],
    },
  );
}
