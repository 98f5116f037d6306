import type { Request, TargetsInput } from './api.ts';
import { boxesOf } from './opsworks.ts';
import { groupOfBox } from './scaling-state.ts';
import { idsInGroup, isEmptying } from './scaling-rules.ts';
import { isServing, living, production, type Box, type Group, type State } from './state.ts';
import type { Sent } from './wire.ts';

/** What the watch asks of a request, and of the world that it arrives in. */

/** It was taken out of there by a deploy in place, and no later deploy on it failed or is unfinished. */
export function mayReturn({ boxes }: State, { name }: Group, id: string): boolean {
  const { 'turnout:left': left = '', 'turnout:deploy': deploy = '' } = boxes.get(id)?.tags ?? {};
  return left.split(' ').some((place) => place.startsWith(`${name}:`)) && !deploy.endsWith(' started');
}

/** At any port: a group may test an instance at another one than production's. */
export function serves(state: State, group: Group, id: string): boolean {
  return [...group.members.values()].some((member) => member.id === id && isServing(state, member));
}

/** Rule 2. */
export function killed(state: State, ids: readonly string[]): readonly string[] {
  return ids.flatMap((id) => {
    const members = production(state).flatMap((group) => [...group.members.values()].filter((one) => one.id === id));
    const foreign = isOwned(state.boxes.get(id) as Box) ? [] : [`ends ${id}, which is not ours`];
    return [...members.map(({ health }) => `ends ${id}, which is ${health} in production`), ...foreign];
  });
}

/** Only what is ours, or serves production, is ever tagged. */
export function claimed(state: State, ids: readonly string[]): readonly string[] {
  const serving = new Set(production(state).flatMap((group) => [...group.members.values()].map(({ id }) => id)));
  const names = new Set(production(state).map(({ name }) => name));
  // A group is tagged with all that it has, also what it has just launched and will register with production.
  const isOfServing = (id: string): boolean => {
    const group = groupOfBox(state, id);
    return (
      group !== undefined &&
      ([...group.members.keys()].some((one) => serving.has(one)) || group.targetGroups.some((name) => names.has(name)))
    );
  };
  const foreign = ids.filter((id) => {
    const box = state.boxes.get(id) as Box;
    return box.state !== 'terminated' && !serving.has(id) && !isOfServing(id) && shownFleet(state, box) === undefined;
  });
  return foreign.map((id) => `tags ${id}, which is not ours`);
}

/** What is wrong with instances that were booted: they have no tags, or there is another fleet beside production that `isSeen`. */
export function launchedBeside(before: State, fresh: readonly Box[], isSeen: (box: Box) => boolean): readonly string[] {
  const untagged = fresh.some((box) => !isOwned(box) || box.tags['turnout:release'] === undefined);
  const serving = new Set(production(before).flatMap(({ members }) => [...members.values()].map(({ id }) => id)));
  const idle = living(before).filter((box) => isOwned(box) && !serving.has(box.id) && isSeen(box));
  const others = new Set(idle.map(fleetOf));
  const homes = living(before)
    .filter((box) => serving.has(box.id))
    .flatMap((box) => fleetOf(box) ?? []);
  for (const fleet of [fleetOf(fresh[0] as Box), ...homes]) others.delete(fleet);
  // Where nothing of ours serves, none of them is beside it.
  const isBeside = others.size > 0 && homes.length > 0;
  return [
    ...(untagged ? ['boots without tags'] : []),
    ...(isBeside ? [`boots a second fleet beside ${[...others].join()}`] : []),
  ];
}

/** Of EC2, and of OpsWorks. */
const ENDING: ReadonlySet<string> = new Set(['TerminateInstances', 'StopInstance']);

/** It ends instances; of an Auto Scaling group, all that it has. */
export function isEnding(request: Request): boolean {
  return ENDING.has(request.operation) || isEmptying(request);
}

/** They take nothing from anybody. */
export const NOTES: ReadonlySet<string> = new Set([
  'CreateTags',
  'CreateOrUpdateTags',
  'DeleteTags',
  'TagResource',
  'UntagResource',
]);
export const TAGGING: ReadonlySet<string> = new Set(['CreateTags', 'TagResource']);

/** The note on a layer that its instances are being ended belongs to the requests that end them. */
export function isPartOfEnding({ operation, input }: Request): boolean {
  const { Tags } = input as { readonly Tags?: object };
  return operation === 'TagResource' && Tags !== undefined && 'turnout:ending' in Tags;
}

export function idsOf({ input, operation }: Pick<Sent, 'input' | 'operation'>, state: State): readonly string[] {
  if (operation === 'StopInstance' || operation === 'TagResource') return boxesOf(state, input);
  if (operation === 'UpdateAutoScalingGroup') return idsInGroup(state, input);
  const { Targets, InstanceIds, Resources } = input as {
    readonly Targets?: TargetsInput['Targets'];
    readonly InstanceIds?: readonly string[];
    readonly Resources?: readonly string[];
  };
  return InstanceIds ?? Resources ?? (Targets ?? []).map(({ Id }) => Id);
}

export function groupNamed(state: State, arn: string): Group {
  return state.groups.get(arn.replace('arn:', '')) as Group;
}

export function isOwned(box: Box): boolean {
  return box.tags['turnout:environment'] === 'shop' && box.tags['turnout:fleet'] !== undefined;
}

export function fleetOf(box: Box): string | undefined {
  return isOwned(box) ? box.tags['turnout:fleet'] : undefined;
}

/** As AWS shows it: whatever its own tags say, an instance of a group is of the fleet that the group is. */
export function shownFleet(state: State, box: Box): string | undefined {
  const group = groupOfBox(state, box.id);
  return group === undefined ? fleetOf(box) : group.tags['turnout:fleet']?.value;
}
