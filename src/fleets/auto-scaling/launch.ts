import { createHash } from 'node:crypto';
import type { AutoScalingGroup } from '../../aws/autoscaling.ts';
import { heldText } from '../../domain/scaling.ts';
import { OperatorError } from '../../errors.ts';
import { markTags, ownershipTags } from '../ec2/tags.ts';
import type { LaunchOrder } from '../fleet.ts';
import { checkIdle } from './checks.ts';
import { carriesTag, fleetTagsOf, heldTagName, tagsOf, templateText, type AutoScalingDeps } from './groups.ts';
import type { GroupRequest } from './resolve.ts';

/**
 * Gives the group its release: tags first, so that it is never without the name of what it launches, then template and size in
 * one request. What is done already is left out, so that a launch which is begun again and again comes to its end.
 */
export async function launchGroup(deps: AutoScalingDeps, order: LaunchOrder): Promise<void> {
  const { owner, scaling } = deps;
  const { spec, fleet, release, marks = {}, held } = order;
  const { name = '', capacity = 0 } = spec.group ?? {};
  const [group] = (await scaling.groups([name])) as [AutoScalingGroup];
  const isOurs = fleetTagsOf(owner, group)?.fleet === fleet;
  if (!isOurs) checkIdle(owner, group, capacity);
  const { id, version } = await versionFor(deps, order);
  const template = { LaunchTemplateId: id, Version: version };
  const own = {
    ...markTags(owner, marks),
    ...carriesTag(owner, templateText(template)),
    ...(held && { [heldTagName(owner)]: heldText(held) }),
  };
  if (!hasTags(group, own)) await scaling.tag(name, own, false);
  if (!isOurs) await scaling.tag(name, ownershipTags(owner, fleet, release), true);
  await scaling.update({
    AutoScalingGroupName: name,
    ...launchFrom(group, template),
    MinSize: Math.max(capacity, group.MinSize ?? 0),
    // What it was scaled out to meanwhile stays.
    DesiredCapacity: Math.max(capacity, group.DesiredCapacity ?? 0),
  });
}

function hasTags(group: AutoScalingGroup, wanted: Readonly<Record<string, string>>): boolean {
  const tags = tagsOf(group);
  return Object.entries(wanted).every(([key, value]) => tags[key] === value);
}

/** A mixed instances policy keeps all but the version (API reference, UpdateAutoScalingGroup: it is replaced as a whole). */
function launchFrom(
  { MixedInstancesPolicy: mixed }: AutoScalingGroup,
  template: { readonly LaunchTemplateId: string; readonly Version: string },
): Pick<AutoScalingGroup, 'LaunchTemplate' | 'MixedInstancesPolicy'> {
  if (mixed === undefined) return { LaunchTemplate: template };
  return {
    MixedInstancesPolicy: {
      ...mixed,
      LaunchTemplate: { ...mixed.LaunchTemplate, LaunchTemplateSpecification: template },
    },
  };
}

/** The numbered version of the order; with an image, the one that is made for this fleet, once. */
async function versionFor({ ec2 }: AutoScalingDeps, { spec, fleet }: LaunchOrder): Promise<GroupRequest['template']> {
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
