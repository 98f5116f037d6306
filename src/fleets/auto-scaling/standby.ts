import type { AutoScalingGroup } from '../../aws/autoscaling.ts';
import { preparedIn, preparedText, type PreparedGroup } from '../../domain/prepared.ts';
import type { Fleet, Instance } from '../../domain/snapshot.ts';
import { endedInStandby } from '../../domain/standby.ts';
import type { StandbyChanges } from '../fleet.ts';
import { nameOf, preparedTagName, tagsOf, type AutoScalingDeps } from './groups.ts';

/** Deploys in place: instances leave their group's traffic through Standby, and come back. */
export function standbyOf(deps: AutoScalingDeps): StandbyChanges {
  const { standby } = deps;
  return {
    prepare: async (fleet, prepared) => prepare(deps, fleet, prepared),
    restore: async (fleet) => restore(deps, fleet),
    enterStandby: async (fleet, instances) => standby.enter(nameOf(fleet), idsIn(instances, IN_SERVICE)),
    exitStandby: async (fleet, instances) => standby.exit(nameOf(fleet), idsIn(instances, 'Standby')),
  };
}

/** An instance has no state of its own in its group while it is in service. */
const IN_SERVICE = undefined;

function idsIn(instances: readonly Instance[], wanted: string | undefined): readonly string[] {
  return instances.filter(({ lifecycle }) => lifecycle === wanted).map(({ id }) => id);
}

/** What is changed is recorded before it is. */
async function prepare({ owner, scaling, standby }: AutoScalingDeps, fleet: Fleet, prepared: PreparedGroup) {
  const name = nameOf(fleet);
  const [group] = (await scaling.groups([name])) as [AutoScalingGroup];
  const tag = preparedTagName(owner);
  const text = preparedText(prepared);
  if (tagsOf(group)[tag] !== text) await scaling.tag(name, { [tag]: text }, false);
  const suspended = (group.SuspendedProcesses ?? []).map(({ ProcessName }) => ProcessName);
  const missing = prepared.paused.filter((process) => !suspended.includes(process));
  await standby.suspend(name, missing);
  if (group.MinSize !== prepared.at) await scaling.update({ AutoScalingGroupName: name, MinSize: prepared.at });
}

/**
 * A minimum that others have set since is left as they set it. What has ended in Standby leaves it, so that the group replaces it: its
 * desired capacity was lowered for that. The record goes last.
 */
async function restore({ owner, scaling, standby }: AutoScalingDeps, fleet: Fleet): Promise<void> {
  const name = nameOf(fleet);
  const [group] = (await scaling.groups([name])) as [AutoScalingGroup];
  const tag = preparedTagName(owner);
  const prepared = preparedIn(tagsOf(group)[tag]);
  if (prepared === undefined) return;
  await standby.exit(name, idsIn(endedInStandby(fleet), 'Standby'));
  if (group.MinSize === prepared.at && prepared.before !== prepared.at)
    await scaling.update({ AutoScalingGroupName: name, MinSize: prepared.before });
  await standby.resume(name, prepared.paused);
  await scaling.untag(name, [tag]);
}
