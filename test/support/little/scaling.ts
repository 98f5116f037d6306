import type { LittleCloud } from './cloud.ts';
import type { ScalingGroup, ScalingMember } from './held-by.ts';
import { isToReplace, launchesOf, replaceNext, surplusOf } from './refreshes.ts';
import { groupOfBox, letGo, scalingOf, withScalingMember } from './scaling-state.ts';
import { withBox, type Box, type State } from './state.ts';

/**
 * Auto Scaling over a little cloud's instances, without its API's breadth: groups launch what is missing, register it, let go of what is
 * too much or sick, and replace it, at moments of their own. Rules as in the sandbox (src/sandbox/BEHAVIOUR.md).
 */

const GROUP_NAME = 'aws:autoscaling:groupName';
/** From a change to what a group makes of it. */
const REACTS_MS = 700;
/** A target that ELB has called unhealthy for so long is replaced. */
const SICK_MS = 8000;

/** From now on the groups do what groups do by themselves. */
export function startScaling(cloud: LittleCloud): void {
  if (cloud.state.scaling === undefined) return;
  const groups = new Groups(cloud);
  let isWaiting = false;
  cloud.reactions.push(() => {
    if (isWaiting) return;
    isWaiting = true;
    cloud.clock.after(REACTS_MS, () => {
      isWaiting = false;
      groups.act();
    });
  });
}

class Groups {
  readonly #cloud: LittleCloud;
  /** Sick ones whose time is being taken. */
  readonly #watched = new Set<string>();

  constructor(cloud: LittleCloud) {
    this.#cloud = cloud;
  }

  act(): void {
    for (const name of scalingOf(this.#cloud.state).groups.keys()) {
      for (const { id } of this.#group(name).members.values()) this.#follow(name, id);
      this.#resize(name);
      replaceNext(this.#cloud, name);
    }
  }

  #group(name: string): ScalingGroup {
    return scalingOf(this.#cloud.state).groups.get(name) as ScalingGroup;
  }

  #set(name: string, id: string, member: ScalingMember | undefined): void {
    this.#cloud.change((state) => withScalingMember(state, name, id, member));
  }

  /** What has booted is registered, and what is gone or sick is let go. */
  #follow(name: string, id: string): void {
    const { members, targetGroups } = this.#group(name);
    const member = members.get(id) as ScalingMember;
    const box = this.#cloud.state.boxes.get(id) as Box;
    if (box.state === 'terminated') {
      for (const one of targetGroups) this.#cloud.deregister(one, id);
      return this.#set(name, id, undefined);
    }
    if (member.state === 'Pending' && box.state === 'running') {
      this.#set(name, id, { ...member, state: 'InService' });
      for (const one of targetGroups) if (this.#cloud.state.groups.has(one)) this.#cloud.register(one, id);
    }
    if (member.state === 'InService' && box.state === 'shutting-down') letGo(this.#cloud, name, id);
    if (member.state === 'InService' && this.#isSick(name, id)) this.#replaceLater(name, id);
  }

  #isSick(name: string, id: string): boolean {
    if (!scalingOf(this.#cloud.state).groups.has(name)) return false;
    const { groups } = this.#cloud.state;
    return this.#group(name).targetGroups.some((one) => groups.get(one)?.members.get(id)?.health === 'unhealthy');
  }

  #replaceLater(name: string, id: string): void {
    if (this.#watched.has(id)) return;
    this.#watched.add(id);
    this.#cloud.clock.after(SICK_MS, () => {
      this.#watched.delete(id);
      if (this.#isSick(name, id) && this.#group(name).members.get(id)?.state === 'InService')
        letGo(this.#cloud, name, id);
    });
  }

  #resize(name: string): void {
    const { members, desired } = this.#group(name);
    const active = [...members.values()].filter(({ state }) => !AWAY.has(state));
    const most = desired + surplusOf(this.#cloud.state, this.#group(name));
    for (let n = active.length; n < most; n += 1) launch(this.#cloud, name);
    // A new one is in service before an old one goes for its sake; at 0 nothing is waited for.
    const counted = desired === 0 ? active : active.filter(({ state }) => state === 'InService');
    for (let n = counted.length; n > most; n -= 1) letGo(this.#cloud, name, this.#victim(name, desired === 0));
  }

  /** The oldest one where there are the most (User guide, "default termination policy"). */
  #victim(name: string, isPendingToo: boolean): string {
    const { boxes } = this.#cloud.state;
    const group = this.#group(name);
    const all = [...group.members.values()].filter(
      ({ state }) => state === 'InService' || (isPendingToo && state === 'Pending'),
    );
    const before = all.filter((one) => isToReplace(this.#cloud.state, group, one));
    const able = before.length > 0 ? before : all;
    const byZone = Map.groupBy(able, ({ id }) => boxes.get(id)?.zone);
    const [most = []] = [...byZone.values()].toSorted((a, b) => b.length - a.length);
    const age = (id: string): number => boxes.get(id)?.launchedAt ?? 0;
    return most.toSorted((a, b) => age(a.id) - age(b.id))[0]!.id;
  }
}

function propagated({ name, tags }: ScalingGroup): Record<string, string> {
  const own = Object.entries(tags).flatMap(([key, { value, propagates }]) => (propagates ? [[key, value]] : []));
  return { ...(Object.fromEntries(own) as Record<string, string>), [GROUP_NAME]: name };
}

const ZONES = ['a', 'b'];
/** What counts for no desired capacity. */
const AWAY: ReadonlySet<string> = new Set(['Terminating', 'EnteringStandby', 'Standby']);

/** Where there are the fewest, from the version of now, with the tags of now. */
export function launch(cloud: LittleCloud, name: string): void {
  const scaling = scalingOf(cloud.state);
  const group = scaling.groups.get(name) as ScalingGroup;
  const { version, ownImage } = launchesOf(group);
  const image = ownImage ?? scaling.versions[version - 1]!.image;
  const active = [...group.members.values()].filter(({ state }) => state !== 'Terminating');
  const inZone = (zone: string): number => active.filter(({ id }) => cloud.state.boxes.get(id)?.zone === zone).length;
  const [zone = 'a'] = ZONES.toSorted((a, b) => inZone(a) - inZone(b));
  const id = cloud.boot({ zone, image, fit: !image.endsWith('-sick'), tags: propagated(group) });
  cloud.change((state) => withScalingMember(state, name, id, { id, state: 'Pending', version }));
}

/** Tags of an instance, and those of the group that it is of, which say what the fleet is. */
export function marksOn(state: State, { id, tags }: Box): Readonly<Record<string, string>> {
  const group = groupOfBox(state, id);
  if (group === undefined) return tags;
  const own = Object.fromEntries(Object.entries(group.tags).map(([key, { value }]) => [key, value]));
  return { ...own, ...tags };
}

/** The instance was launched by the group. */
export function ofGroup(state: State, box: Box, name: string): State {
  return withBox(state, { ...box, tags: { ...box.tags, [GROUP_NAME]: name } });
}
