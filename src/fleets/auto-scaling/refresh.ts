import type { AutoScalingGroup } from '../../aws/autoscaling.ts';
import { defined } from '../../domain/defined.ts';
import type { LaunchSpec } from '../../domain/goal.ts';
import { goesTo, isUnderWay, refreshIn, refreshText } from '../../domain/refresh.ts';
import type { Fleet } from '../../domain/snapshot.ts';
import { sentences } from '../../domain/text.ts';
import { fromImage } from '../ec2/image.ts';
import { templateVersion } from '../ec2/template.ts';
import type { LaunchRequest, RefreshChanges, RefreshOrder } from '../fleet.ts';
import {
  carriesTag,
  inServiceOf,
  launchFrom,
  nameOf,
  refreshTagName,
  tagsOf,
  templateOf,
  templateText,
  type AutoScalingDeps,
} from './groups.ts';
import { checkNoOwnImage, checkTemplate } from './checks.ts';
import { versionFor } from './launch.ts';
import type { GroupRequest } from './request.ts';
import { tagName } from '../ec2/tags.ts';

export function refreshesOf(deps: AutoScalingDeps): RefreshChanges {
  return {
    startRefresh: async (fleet, order) => start(deps, fleet, order),
    cancelRefresh: async (fleet) => deps.refreshes.cancel(nameOf(fleet)),
    finishRefresh: async (fleet) => finish(deps, fleet),
  };
}

/** A numbered version of the serving group's template for that release. Changes nothing. */
export async function resolveRefresh(deps: AutoScalingDeps, { blue, release }: LaunchRequest): Promise<LaunchSpec> {
  const { config, ec2, scaling, ssm } = deps;
  const { name = '', recorded } = blue.group ?? {};
  const [group] = (await scaling.groups([name])) as [AutoScalingGroup];
  const own = templateOf(group);
  checkTemplate(group);
  checkNoOwnImage(group);
  const count = inServiceOf(group).length;
  const before = recorded?.from.release === release ? recorded.from.template : undefined;
  const image = before === undefined && config.image ? await fromImage(ec2, ssm, config.image, release) : undefined;
  const template = before === undefined ? await named() : parsed(before);
  const from =
    image === undefined ? `${template.id} version ${template.version}` : `a version of ${template.id} with the image`;
  return {
    kind: 'auto-scaling',
    summary: sentences(`group ${name}: ${count} instances, from ${from}`, ...(image?.summary ?? [])),
    batches: [],
    group: {
      name,
      count,
      capacity: group.DesiredCapacity ?? 0,
      minimum: group.MinSize ?? 0,
      targetGroups: [],
      subnets: [],
    },
    request: { template, ...defined({ image: image?.run.ImageId }) } satisfies GroupRequest,
  };

  async function named(): Promise<GroupRequest['template']> {
    const { launchTemplate } = config;
    if (launchTemplate === undefined) return { id: own?.LaunchTemplateId ?? '', version: own?.Version ?? '$Default' };
    const id = launchTemplate.id ?? (await ec2.launchTemplateId(launchTemplate.name as string));
    return { id, version: String((await templateVersion(ec2, id, launchTemplate, release)).VersionNumber) };
  }
}

function parsed(text: string): GroupRequest['template'] {
  const [id = '', version = ''] = text.split(' version ');
  return { id, version };
}

/** Recorded first: what it launches is told apart by that, whatever the tags of an instance say. */
async function start(deps: AutoScalingDeps, fleet: Fleet, order: RefreshOrder): Promise<void> {
  const { owner, scaling, refreshes } = deps;
  const { release, spec, minPercent, maxPercent, run, since, who } = order;
  const name = nameOf(fleet);
  const [group] = (await scaling.groups([name])) as [AutoScalingGroup];
  const { id, version } = await versionFor(deps, { spec, fleet: `${fleet.id} ${release}` });
  const template = { LaunchTemplateId: id, Version: version };
  const to = { release, template: templateText(template) };
  const newest = await scaling.newestRefresh(name);
  if (goesTo(newest, to.template) || newest?.status === 'RollbackInProgress') return;
  const before = refreshIn(tagsOf(group)[refreshTagName(owner)]);
  const now = {
    release: fleet.group?.boots ?? fleet.release,
    template: fleet.group?.carries ?? fleet.group?.launches ?? '',
  };
  // A refresh that did not end has left instances of both; one of them is what this one goes to.
  const from = before === undefined ? now : before.to.template === to.template ? before.from : before.to;
  const text = refreshText({ from, to, run, since, who });
  await scaling.tag(name, { [refreshTagName(owner)]: text }, false);
  if (isUnderWay(newest)) return refreshes.rollBack(name);
  await refreshes.start({
    AutoScalingGroupName: name,
    Strategy: 'Rolling',
    DesiredConfiguration: launchFrom(group, template),
    Preferences: { MinHealthyPercentage: minPercent, MaxHealthyPercentage: maxPercent, SkipMatching: true },
  });
}

/** The group's release is the new one from now on, and what it launches gets its tags. The record goes last. */
async function finish({ owner, scaling }: AutoScalingDeps, fleet: Fleet): Promise<void> {
  const name = nameOf(fleet);
  const [group] = (await scaling.groups([name])) as [AutoScalingGroup];
  const recorded = refreshIn(tagsOf(group)[refreshTagName(owner)]);
  if (recorded === undefined) return;
  await scaling.tag(name, { [tagName(owner, 'release')]: recorded.to.release }, true);
  await scaling.tag(name, carriesTag(owner, recorded.to.template), false);
  await scaling.untag(name, [refreshTagName(owner)]);
}
