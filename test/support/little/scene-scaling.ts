import { heldText } from '../../../src/domain/scaling.ts';
import { EPOCH } from './clock.ts';
import type { GroupTag, ScalingGroup, ScalingMember } from './held-by.ts';
import { scalingOf, TEMPLATE } from './scaling-state.ts';
import { ofGroup } from './scaling.ts';
import type { Scene } from './scene.ts';
import type { Box, Group, State } from './state.ts';

/** What the groups' minimum is before any run: a team's own. */
export const MINIMUM = 1;
const MAXIMUM = 8;
/** Room for a group to grow beyond its scene. */
const ROOM = 2;
const LONG_AGO = new Date(EPOCH - 86_400_000).toISOString();
const OWNERSHIP: ReadonlySet<string> = new Set(['turnout:environment', 'turnout:fleet', 'turnout:release']);

/**
 * Each fleet is an Auto Scaling group, which has what was noted of the fleet: with weights in a target group of its own, else in those
 * that its instances are in.
 */
export function withScaling(state: State, { start, size: most }: Scene): State {
  const maximum = Math.max(MAXIMUM, most + ROOM);
  const ours = [...state.boxes.values()].filter(({ id }) => id !== 'i-other' && id !== 'i-hand');
  const [blue = [], green = []] = ['i-blue-', 'i-green-'].map((prefix) =>
    ours.filter(({ id }) => id.startsWith(prefix)),
  );
  const isHeld = start !== 'unadopted' && green.length > 0;
  const groups = [
    groupOf('shop-a', placesOf(state, blue) ?? ['one'], blue, 1, isHeld && start !== 'green', maximum),
    groupOf('shop-b', placesOf(state, green) ?? ['two'], green, green.length > 0 ? 2 : 1, isHeld, maximum),
  ];
  const versions = [{ image: 'ami-41' }, ...(green.length > 0 ? [{ image: 'ami-42' }] : [])];
  const plain = { ...state, scaling: { groups: new Map(groups.map((group) => [group.name, group])), versions } };
  return groups.reduce(
    (so, { name, members }) =>
      [...members.keys()].reduce((world, id) => ofGroup(world, withoutMarks(world.boxes.get(id) as Box), name), so),
    plain as State,
  );
}

/** A single instance carries what its group tells those that it launches. */
function withoutMarks(box: Box): Box {
  return { ...box, tags: Object.fromEntries(Object.entries(box.tags).filter(([key]) => OWNERSHIP.has(key))) };
}

/** Absent where weights move traffic. */
function placesOf({ ways, groups }: State, boxes: readonly Box[]): readonly string[] | undefined {
  if (ways !== undefined) return undefined;
  const isHome = ({ members }: Group): boolean =>
    boxes.some(({ id }) => members.has(id) && members.get(id)?.health !== 'draining');
  return [...groups.values()].filter((group) => group.others !== true && isHome(group)).map(({ name }) => name);
}

function groupOf(
  name: string,
  targetGroups: readonly string[],
  boxes: readonly Box[],
  version: number,
  isHeld: boolean,
  maximum: number,
): ScalingGroup {
  const size = boxes.length;
  const tags = Object.entries(boxes[0]?.tags ?? {});
  const held = { before: MINIMUM, at: size, run: 'r0', since: LONG_AGO, who: 'ann@desk' };
  const own: Record<string, GroupTag> = Object.fromEntries(
    tags.map(([key, value]) => [key, { value, propagates: OWNERSHIP.has(key) }]),
  );
  if (tags.length > 0) own['turnout:template'] = { value: `${TEMPLATE} version ${version}`, propagates: false };
  if (isHeld) own['turnout:minimum'] = { value: heldText(held), propagates: false };
  const members = boxes.map(({ id }): [string, ScalingMember] => [id, { id, state: 'InService', version }]);
  const minimum = isHeld ? size : Math.min(MINIMUM, size);
  return {
    name,
    minimum,
    maximum,
    desired: size,
    version,
    tags: own,
    targetGroups,
    members: new Map(members),
  };
}

/** The same where each type of a group's mixed instances policy has an image of its own. */
export function withOwnImages(state: State): State {
  const { groups, versions } = scalingOf(state);
  const own = [...groups].map(([name, group]) => {
    const ownImage = versions[group.version - 1]!.image;
    return [name, { ...group, ownImage }] as const;
  });
  return { ...state, scaling: { groups: new Map(own), versions } };
}
