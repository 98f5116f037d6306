import type { AutoScalingGroup } from '../../aws/autoscaling.ts';
import { heldText } from '../../domain/scaling.ts';
import { members } from '../../domain/roles.ts';
import type { Fleet } from '../../domain/snapshot.ts';
import { OperatorError } from '../../errors.ts';
import { list } from '../../domain/text.ts';
import { markTags, ownershipTags } from '../ec2/tags.ts';
import type { ClaimRequest, FleetPort, GroupSizes } from '../fleet.ts';
import { writeNotes } from '../notes.ts';
import { deleteAlarms } from './alarms.ts';
import {
  carriesTag,
  fleetTagNames,
  fleetTagsOf,
  heldTagName,
  groupMarks,
  isClone,
  membersOf,
  nameOf,
  ourGroups,
  tagsOf,
  templateOf,
  templateText,
  type AutoScalingDeps,
} from './groups.ts';
import { launchGroup } from './launch.ts';
import { readGroups } from './read.ts';
import { refreshesOf, resolveRefresh } from './refresh.ts';
import { resolveGroupLaunch } from './resolve.ts';
import { standbyOf } from './standby.ts';

/** Fleets that are two permanent Auto Scaling groups, which take turns. Their tags are on the group. */
export function createAutoScalingFleet(deps: AutoScalingDeps): FleetPort {
  const { owner, scaling, config, ec2 } = deps;
  return {
    kind: 'auto-scaling',
    count: config.count,
    read: async (ids) => readGroups(deps, ids),
    readFleets: async (ids) => (await readGroups(deps, [], ids)).fleets,
    resolve: async (request) =>
      request.refresh === true ? resolveRefresh(deps, request) : resolveGroupLaunch(deps, request),
    launch: async (order) => launchGroup(deps, order),
    claim: async (request) => claim(deps, request),

    async mark(fleet, marks) {
      if (members(fleet).length > 0) await scaling.tag(nameOf(fleet), markTags(owner, marks), false);
    },

    async carries(fleet, marks) {
      const [group] = (await scaling.groups([nameOf(fleet)])) as [AutoScalingGroup];
      const now = fleetTagsOf(owner, group)?.fleet === fleet.id ? groupMarks(owner, group) : {};
      return Object.entries(marks).every(([mark, value]) => now[mark as keyof typeof now] === value);
    },

    note: async (instances, notes) => writeNotes(ec2, owner.tagPrefix, instances, notes),
    resize: async (fleet, sizes) => resize(deps, fleet, sizes),
    ...standbyOf(deps),
    ...refreshesOf(deps),

    attach: async (fleet, targetGroup) => scaling.attach(nameOf(fleet), targetGroup),
    detach: async (fleet, targetGroup) => scaling.detach(nameOf(fleet), targetGroup),

    terminate: async (fleet) => empty(deps, fleet),

    remove: async (fleet) => letGo(deps, fleet),
  };
}

/** What is held is recorded before it is so, and forgotten after it is not. */
async function resize(
  { owner, scaling }: AutoScalingDeps,
  fleet: Fleet,
  { minimum, desired, held }: GroupSizes,
): Promise<void> {
  const name = nameOf(fleet);
  const [group] = (await scaling.groups([name])) as [AutoScalingGroup];
  const tag = heldTagName(owner);
  const text = held && heldText(held);
  if (text !== undefined && tagsOf(group)[tag] !== text) await scaling.tag(name, { [tag]: text }, false);
  const now = group.DesiredCapacity ?? 0;
  // It may have been scaled meanwhile: what it was set to is never taken back here.
  const wanted = desired === undefined || desired <= now ? {} : { DesiredCapacity: desired };
  if (minimum !== group.MinSize || desired !== undefined)
    await scaling.update({ AutoScalingGroupName: name, MinSize: minimum, ...wanted });
  if (held === undefined) await scaling.untag(name, [tag]);
}

/**
 * What a clone keeps warm ends as well: it could not be deleted otherwise (API reference, DeleteAutoScalingGroup). It ends first, since the
 * pool would grow by what the group is to lose; and once the group is at 0, nothing says any more that something is left to do.
 */
async function empty({ owner, scaling }: AutoScalingDeps, fleet: Fleet): Promise<void> {
  const name = nameOf(fleet);
  const group = await scaling.find(name);
  const warm = group && isClone(owner, group) ? group.WarmPoolConfiguration : undefined;
  if (warm !== undefined && warm.Status !== 'PendingDelete') await scaling.deleteWarmPool(name);
  await scaling.update({ AutoScalingGroupName: name, MinSize: 0, DesiredCapacity: 0 });
}

/** A clone is deleted; another group stays, at 0, and without what is known of the fleet. */
async function letGo(deps: AutoScalingDeps, fleet: Fleet): Promise<void> {
  const { owner, scaling } = deps;
  const name = nameOf(fleet);
  const group = await scaling.find(name);
  if (group === undefined || group.Status !== undefined) return;
  const isWarm = group.WarmPoolConfiguration !== undefined;
  if (fleetTagsOf(owner, group)?.fleet !== fleet.id || (group.Instances ?? []).length > 0 || isWarm) return;
  if (isClone(owner, group)) {
    await deleteAlarms(deps, name);
    return scaling.delete(name);
  }
  await scaling.untag(name, fleetTagNames(owner, group));
}

/** The group with exactly these instances: what it launches from now on gets its tags as well. */
async function claim(deps: AutoScalingDeps, request: ClaimRequest): Promise<void> {
  const { owner, scaling, ec2 } = deps;
  const groups = await ourGroups(deps);
  const names = groups.map(({ AutoScalingGroupName: name = '' }) => name);
  const { instances: ids, fleet, release, marks } = request;
  const found = groups.find((group) => {
    const own = membersOf(group).map(({ InstanceId = '' }) => InstanceId);
    return own.length > 0 && ids.every((id) => own.includes(id));
  });
  if (found === undefined)
    throw new OperatorError(
      'not-a-group',
      `The ${ids.length} instances in production are not all of one of the groups ${list(names)}, and a fleet is a group.`,
      { next: ['Check `fleet` in the config, and that each group is attached to one target group of its own.'] },
    );
  const { AutoScalingGroupName: name = '' } = found;
  const owned = ownershipTags(owner, fleet, release);
  // Its instances first: once the group has its tags, this is not called again. What it ends may be gone by now, and needs none.
  const staying = membersOf(found).filter(({ LifecycleState = '' }) => !LifecycleState.startsWith('Terminat'));
  await ec2.tag(
    staying.map(({ InstanceId = '' }) => InstanceId),
    owned,
  );
  await scaling.tag(name, { ...markTags(owner, marks), ...carriesTag(owner, onlyTemplateOf(found)) }, false);
  await scaling.tag(name, owned, true);
}

/** @throws OperatorError unless all of its instances, and those that it launches, are of one version */
function onlyTemplateOf(group: AutoScalingGroup): string {
  const { AutoScalingGroupName: name } = group;
  const wanted = templateOf(group);
  const next = wanted === undefined ? 'a launch configuration' : templateText(wanted);
  const now = membersOf(group).map(({ LaunchTemplate: one }) =>
    one === undefined ? 'no template' : templateText(one),
  );
  const [first = next, ...others] = [...new Set(now)];
  if (!/ version \$/.test(next) && others.length === 0 && first === next) return next;
  throw new OperatorError(
    'mixed-group',
    `${name} launches from ${next}, and its instances are from ${list([first, ...others])}: what it launches when it scales or heals would be another release than this one.`,
    {
      next: [
        `Let ${name} launch from the version, by its number, that all of its instances have; then run this again.`,
        'Where they differ, replace those of another version first.',
      ],
    },
  );
}
