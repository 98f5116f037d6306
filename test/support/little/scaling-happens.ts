import type { LittleCloud } from './cloud.ts';
import type { ScalingGroup } from './held-by.ts';
import { inService, scalingOf, withGroup } from './scaling-state.ts';
import { launch } from './scaling.ts';

/** What happens to Auto Scaling groups without any run's doing, and by the hand of others. */
export const GROUP_HAPPENINGS = [
  'a group scales out',
  'a group scales in',
  'a group rebalances',
  'an instance of a group is terminated by hand',
  'a group is refreshed by hand',
  'a minimum is set by hand',
] as const;

export type GroupHappening = (typeof GROUP_HAPPENINGS)[number];

/** Others delete it, by force: its instances end, and nothing is drained (API reference, DeleteAutoScalingGroup). */
export function deleteGroup(cloud: LittleCloud, name: string): void {
  const ids = [...(scalingOf(cloud.state).groups.get(name)?.members.keys() ?? [])];
  cloud.change((state) => {
    const scaling = scalingOf(state);
    const groups = new Map([...scaling.groups].filter(([other]) => other !== name));
    return { ...state, scaling: { ...scaling, groups } };
  });
  for (const id of ids) cloud.terminate(id);
}

/** As far as the group can: within its sizes. */
export function happenToGroup(cloud: LittleCloud, what: GroupHappening, who: number, forMs: number): void {
  const groups = [...scalingOf(cloud.state).groups.values()].filter(({ desired }) => desired > 0);
  const group = groups[who % Math.max(1, groups.length)];
  if (group === undefined) return;
  const { name, desired, minimum, maximum } = group;
  const set = (facts: Partial<ScalingGroup>): void => cloud.change((state) => withGroup(state, name, facts));
  if (what === 'a group scales out') set({ desired: Math.min(maximum, desired + 1 + (who % 2)) });
  if (what === 'a group scales in') set({ desired: Math.max(minimum, desired - 1) });
  // Launched before the other one goes (User guide, "rebalancing activities").
  if (what === 'a group rebalances') launch(cloud, name);
  if (what === 'a minimum is set by hand') set({ minimum: Math.min(desired, (who % 3) + 1) });
  const [first] = inService(group);
  if (what === 'an instance of a group is terminated by hand' && first !== undefined) cloud.terminate(first.id);
  if (what !== 'a group is refreshed by hand' || first === undefined) return;
  set({
    refresh: {
      status: 'InProgress',
      startedAt: cloud.clock.now,
      from: { version: group.version },
      keepsInstances: false,
      minPercent: 90,
      maxPercent: 100,
    },
  });
  cloud.terminate(first.id);
  cloud.clock.after(forMs, () => {
    const { refresh: _ended, ...rest } = scalingOf(cloud.state).groups.get(name) as ScalingGroup;
    cloud.change((state) => {
      const scaling = scalingOf(state);
      return { ...state, scaling: { ...scaling, groups: new Map(scaling.groups).set(name, rest) } };
    });
  });
}
