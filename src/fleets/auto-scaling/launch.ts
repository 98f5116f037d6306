import { createHash } from 'node:crypto';
import type { AutoScalingGroup } from '../../aws/autoscaling.ts';
import { defined } from '../../domain/defined.ts';
import { heldText } from '../../domain/scaling.ts';
import { OperatorError } from '../../errors.ts';
import { markTags, ownershipTags } from '../ec2/tags.ts';
import type { LaunchOrder } from '../fleet.ts';
import { checkIdle, checkMaximum } from './checks.ts';
import {
  carriesTag,
  clonedTag,
  fleetTagsOf,
  heldTagName,
  launchFrom,
  tagsOf,
  templateText,
  type AutoScalingDeps,
} from './groups.ts';
import { makeClone, type Clone } from './make-clone.ts';
import type { GroupRequest } from './request.ts';

/**
 * Gives the group its release: tags first, so that it is never without the name of what it launches, then template and size in
 * one request. What is done already is left out, so that a launch which is begun again and again comes to its end.
 */
export async function launchGroup(deps: AutoScalingDeps, order: LaunchOrder): Promise<void> {
  const { owner, scaling } = deps;
  const { spec, fleet, release, marks = {}, held } = order;
  const { name = '', capacity = 0 } = spec.group ?? {};
  const { clones, images } = spec.request as unknown as GroupRequest;
  const { id, version } = await versionFor(deps, order);
  const template = { LaunchTemplateId: id, Version: version };
  const own = {
    ...markTags(owner, marks),
    ...carriesTag(owner, templateText(template)),
    ...(held && { [heldTagName(owner)]: heldText(held) }),
  };
  if (clones !== undefined) return cloneFor(deps, order, { from: clones, template, own });
  const [group] = (await scaling.groups([name])) as [AutoScalingGroup];
  const isOurs = fleetTagsOf(owner, group)?.fleet === fleet;
  if (!isOurs) checkIdle(owner, group, capacity);
  if (!hasTags(group, own)) await scaling.tag(name, own, false);
  if (!isOurs) await scaling.tag(name, ownershipTags(owner, fleet, release), true);
  await scaling.update({
    AutoScalingGroupName: name,
    ...launchFrom(group, template, images),
    MinSize: Math.max(capacity, group.MinSize ?? 0),
    // What it was scaled out to meanwhile stays.
    DesiredCapacity: Math.max(capacity, group.DesiredCapacity ?? 0),
  });
}

interface CloneOrder {
  /** Name of the group that it is to be like. */
  readonly from: string;
  readonly template: Clone['template'];
  /** Tags that its instances do not get. */
  readonly own: Readonly<Record<string, string>>;
}

/** A clone that has its size has all of its pieces. */
async function cloneFor(
  deps: AutoScalingDeps,
  { spec, fleet, release }: LaunchOrder,
  { from, template, own }: CloneOrder,
): Promise<void> {
  const { owner, scaling } = deps;
  const { name = '', capacity = 0, targetGroups = [] } = spec.group ?? {};
  const found = await scaling.find(name);
  if (found !== undefined && (found.DesiredCapacity ?? 0) >= capacity) return;
  if (found !== undefined && fleetTagsOf(owner, found)?.fleet !== fleet)
    throw new OperatorError('name-taken', `There is an Auto Scaling group ${name}, which is not this environment's.`, {
      next: ['Delete it, or name the clones after another group under `fleet.clone` in the config.'],
    });
  const [source] = (await scaling.groups([from])) as [AutoScalingGroup];
  const tagged = (tags: Readonly<Record<string, string>>, propagates: boolean): Clone['tags'] =>
    Object.entries(tags).map(([key, value]) => ({ key, value, propagates }));
  const tags = [
    ...tagged({ ...own, ...clonedTag(owner, from) }, false),
    ...tagged(ownershipTags(owner, fleet, release), true),
  ];
  checkMaximum(from, capacity, source.MaxSize ?? 0);
  const { images } = spec.request as unknown as GroupRequest;
  await makeClone(deps, source, { name, template, targetGroups, tags, ...defined({ images }) }, found !== undefined);
  await scaling.update({ AutoScalingGroupName: name, MinSize: capacity, DesiredCapacity: capacity });
}

function hasTags(group: AutoScalingGroup, wanted: Readonly<Record<string, string>>): boolean {
  const tags = tagsOf(group);
  return Object.entries(wanted).every(([key, value]) => tags[key] === value);
}

/** The numbered version of the order; with an image, the one that is made for this fleet, once. */
export async function versionFor(
  { ec2 }: AutoScalingDeps,
  { spec, fleet }: Pick<LaunchOrder, 'spec' | 'fleet'>,
): Promise<GroupRequest['template']> {
  const { template, image } = spec.request as unknown as GroupRequest;
  const { id } = template;
  if (image === undefined) return template;
  const description = `turnout ${fleet}`;
  const made = (await ec2.launchTemplateVersions(id, [])).find((one) => one.VersionDescription === description);
  if (made !== undefined) return { id, version: String(made.VersionNumber) };
  const token = createHash('sha256').update(`${fleet}/${image}`).digest('hex');
  const version = await ec2.launchTemplateVersion(id, template.version, { image, description, token });
  if (/^\d+$/.test(version)) return { id, version };
  throw new OperatorError('no-such-version', `AWS made no version of the launch template ${id}.`, {
    next: ['Run this again.'],
  });
}
