import { imagesOf, type AutoScalingGroup } from '../../aws/autoscaling.ts';
import { defined } from '../../domain/defined.ts';
import type { LaunchSpec } from '../../domain/goal.ts';
import {
  goesTo,
  imagesIn,
  isLaunchedFrom,
  isUnderWay,
  refreshIn,
  refreshText,
  replacesVolumes,
  withImages,
  type RecordedRefresh,
} from '../../domain/refresh.ts';
import type { Fleet } from '../../domain/snapshot.ts';
import { sentences } from '../../domain/text.ts';
import { fromImage } from '../ec2/image.ts';
import { templateVersion } from '../ec2/template.ts';
import type { LaunchRequest, RefreshChanges, RefreshOrder } from '../fleet.ts';
import {
  carriesTag,
  inServiceOf,
  launchFrom,
  membersOf,
  nameOf,
  refreshTagName,
  tagsOf,
  templateOf,
  templateText,
  type AutoScalingDeps,
} from './groups.ts';
import { checkNoOwnImage, checkTemplate } from './checks.ts';
import { imagesFor } from './images.ts';
import { checkRootDevices, checkRootVolumes, checkSameVersion } from './root-volumes.ts';
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
export async function resolveRefresh(deps: AutoScalingDeps, request: LaunchRequest): Promise<LaunchSpec> {
  const { config, ec2, scaling, ssm } = deps;
  const { blue, release } = request;
  const { name = '', recorded } = blue.group ?? {};
  const [group] = (await scaling.groups([name])) as [AutoScalingGroup];
  // One that did not end goes on, or back, as it began.
  if (request.rootVolumes ?? (recorded !== undefined && replacesVolumes(recorded)))
    return resolveRootVolumes(deps, group, release, recorded);
  const own = templateOf(group);
  checkTemplate(group);
  checkNoOwnImage(group);
  const before = recorded?.from.release === release ? recorded.from.template : undefined;
  const image = before === undefined && config.image ? await fromImage(ec2, ssm, config.image, release) : undefined;
  const template = before === undefined ? await named() : parsed(before);
  const from =
    image === undefined ? `${template.id} version ${template.version}` : `a version of ${template.id} with the image`;
  return {
    kind: 'auto-scaling',
    summary: sentences(
      `group ${name}: ${inServiceOf(group).length} instances, from ${from}`,
      ...(image?.summary ?? []),
    ),
    batches: [],
    group: sizeOf(group),
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

function sizeOf(group: AutoScalingGroup): NonNullable<LaunchSpec['group']> {
  return {
    name: group.AutoScalingGroupName ?? '',
    count: inServiceOf(group).length,
    capacity: group.DesiredCapacity ?? 0,
    minimum: group.MinSize ?? 0,
    targetGroups: [],
    subnets: [],
  };
}

/** The version of the template stays, so that all instances match it as AWS wants; the images of the types are those of the release. */
async function resolveRootVolumes(
  deps: AutoScalingDeps,
  group: AutoScalingGroup,
  release: string,
  recorded: RecordedRefresh | undefined,
): Promise<LaunchSpec> {
  const { config, ec2 } = deps;
  checkTemplate(group);
  checkRootVolumes(group);
  const { LaunchTemplateId: id = '', Version: version = '' } = templateOf(group) ?? {};
  const template = { id, version };
  if (config.launchTemplate !== undefined)
    checkSameVersion(group, String((await templateVersion(ec2, id, config.launchTemplate, release)).VersionNumber));
  const known = [recorded?.from, recorded?.to].find((one) => one?.release === release);
  const own = imagesOf(group);
  const isOwn = known !== undefined && own.every((image) => imagesIn(known.template).includes(image));
  const found = isOwn ? undefined : await imagesFor(deps, group, { template, release });
  const images = found?.request.images ?? Object.fromEntries(own.map((image) => [image, image]));
  const ids = [...new Set(Object.values(images))];
  checkRootDevices(group, await Promise.all(ids.map(async (image) => ec2.image(image))));
  const words = `group ${group.AutoScalingGroupName}: the root volumes of ${inServiceOf(group).length} instances`;
  return {
    kind: 'auto-scaling',
    // The first image is that of what has none of its own.
    summary: sentences(words, ...(found?.summary.slice(1) ?? own.map((image) => `image ${image}, as before`))),
    batches: [],
    group: sizeOf(group),
    request: { template, images, rootVolumes: true } satisfies GroupRequest,
  };
}

/** Recorded first: what it launches is told apart by that, whatever the tags of an instance say. */
async function start(deps: AutoScalingDeps, fleet: Fleet, order: RefreshOrder): Promise<void> {
  const { owner, scaling, refreshes } = deps;
  const { release, spec, minPercent, maxPercent, run, since, who } = order;
  const name = nameOf(fleet);
  const [group] = (await scaling.groups([name])) as [AutoScalingGroup];
  const { id, version } = await versionFor(deps, { spec, fleet: `${fleet.id} ${release}` });
  const template = { LaunchTemplateId: id, Version: version };
  const { images, rootVolumes = false } = spec.request as unknown as GroupRequest;
  const wanted = launchFrom(group, template, images);
  const to = { release, template: withImages(templateText(template), rootVolumes ? imagesOf(wanted) : []) };
  const newest = await scaling.newestRefresh(name);
  if (goesTo(newest, to.template) || newest?.status === 'RollbackInProgress') return;
  const before = refreshIn(tagsOf(group)[refreshTagName(owner)]);
  const now = {
    release: fleet.group?.boots ?? fleet.release,
    template: rootVolumes
      ? withImages(templateText(template), imagesOf(group))
      : (fleet.group?.carries ?? fleet.group?.launches ?? ''),
  };
  // A refresh that did not end has left instances of both; one of them is what this one goes to.
  const isSame = before?.to.template === to.template || (rootVolumes && before?.to.release === release);
  const from = before === undefined ? now : isSame ? before.from : before.to;
  const text = refreshText({ from, to, run, since, who });
  await scaling.tag(name, { [refreshTagName(owner)]: text }, false);
  if (isUnderWay(newest)) return refreshes.rollBack(name);
  await refreshes.start({
    AutoScalingGroupName: name,
    Strategy: rootVolumes ? 'ReplaceRootVolume' : 'Rolling',
    DesiredConfiguration: wanted,
    Preferences: {
      MinHealthyPercentage: minPercent,
      // Where instances stay, none is launched first.
      ...(!rootVolumes && { MaxHealthyPercentage: maxPercent }),
      SkipMatching: true,
    },
  });
}

/**
 * The group's release is the new one from now on, and what it launches gets its tags; what it has launched or changed meanwhile got those of
 * before. The record goes last.
 */
async function finish({ owner, scaling, ec2 }: AutoScalingDeps, fleet: Fleet): Promise<void> {
  const name = nameOf(fleet);
  const [before] = (await scaling.groups([name])) as [AutoScalingGroup];
  const recorded = refreshIn(tagsOf(before)[refreshTagName(owner)]);
  if (recorded === undefined) return;
  await scaling.tag(name, { [tagName(owner, 'release')]: recorded.to.release }, true);
  await scaling.tag(name, carriesTag(owner, recorded.to.template), false);
  const [group] = (await scaling.groups([name])) as [AutoScalingGroup];
  const ids = membersOf(group).flatMap(({ InstanceId = '', LaunchTemplate, ImageId }) =>
    LaunchTemplate && isLaunchedFrom(recorded.to.template, templateText(LaunchTemplate), ImageId) ? [InstanceId] : [],
  );
  await ec2.tag(ids, { [tagName(owner, 'release')]: recorded.to.release });
  // What was deployed in place is gone with the root volume, or with the instance.
  await ec2.untag(ids, [tagName(owner, 'deploy')]);
  await scaling.untag(name, [refreshTagName(owner)]);
}
