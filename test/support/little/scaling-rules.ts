import { refreshIn } from '../../../src/domain/refresh.ts';
import type { Request, TargetsInput } from './api.ts';
import type { LittleCloud } from './cloud.ts';
import { sourcesIn, type SourcesInput, type UpdateInput } from './scaling-api.ts';
import type { ScalingGroup } from './held-by.ts';
import { groupOfBox, inService, scalingOf } from './scaling-state.ts';
import { marksOn } from './scaling.ts';
import { isUp, living, PORT, production, type Box, type State } from './state.ts';

/** What must never happen to Auto Scaling groups, beside what must never happen at all. */

/** What a group does by itself. */
const BY_ITSELF: ReadonlySet<string> = new Set([
  'RegisterTargets',
  'DeregisterTargets',
  'RunInstances',
  'TerminateInstances',
]);

/** Sets a group to 0: its instances end. */
export function isEmptying({ operation, input }: Request): boolean {
  return operation === 'UpdateAutoScalingGroup' && (input as UpdateInput).DesiredCapacity === 0;
}

/** Ids of the instances that end when the group is set to 0: not those that it ends already, or that others have ended. */
export function idsInGroup(state: State, input: object): readonly string[] {
  const { AutoScalingGroupName: name = '' } = input as UpdateInput;
  const members = [...(scalingOf(state).groups.get(name)?.members.values() ?? [])];
  const isEnding = (id: string): boolean => state.boxes.get(id)?.state === 'shutting-down';
  return members.filter((one) => one.state !== 'Terminating' && !isEnding(one.id)).map(({ id }) => id);
}

const MOVES: Readonly<Record<string, string>> = {
  AttachTrafficSources: 'RegisterTargets',
  DetachTrafficSources: 'DeregisterTargets',
};

/** What a request that attaches or detaches a group does to targets; any other one as it is. */
export function asTargets(state: State, request: Request): Request {
  const operation = MOVES[request.operation];
  if (operation === undefined) return request;
  const input = request.input as SourcesInput;
  const group = scalingOf(state).groups.get(input.AutoScalingGroupName ?? '');
  const [name = ''] = sourcesIn(input);
  const ids = group === undefined ? [] : inService(group).map(({ id }) => id);
  return { operation, input: { TargetGroupArn: `arn:${name}`, Targets: ids.map((Id) => ({ Id, Port: PORT })) } };
}

/** A group is attached as a whole: ELB checks what is new in it, and something of it has to be known. */
export function isWhole({ operation }: Pick<Request, 'operation'>): boolean {
  return operation === 'AttachTrafficSources';
}

/** The worlds that a process was shown groups in: readings of their own say what a group is, and what it is attached to. */
export interface ShownGroups {
  readonly groups: State;
  attachmentsOf(name: string): State;
}

/** Registers what a group that is attached has left out, or takes out what one that is not has there by hand. */
function mends(state: State, seen: ShownGroups, { operation, input }: Request): boolean {
  if (!('Targets' in input)) return false;
  const { TargetGroupArn: arn, Targets } = input as unknown as TargetsInput;
  const wanted = operation === 'RegisterTargets';
  return Targets.every(({ Id }) => {
    const { name = '' } = groupOfBox(state, Id) ?? groupOfBox(seen.groups, Id) ?? {};
    // What its group has replaced is of no group any more: a second port of it stays registered.
    const isAttached = (world: State): boolean =>
      groupOfBox(world, Id)?.targetGroups.includes(arn.replace('arn:', '')) ?? false;
    return [state, seen.attachmentsOf(name)].some((world) => isAttached(world) === wanted);
  });
}

/** What is wrong with a request about groups. `seen`: the worlds as its process was shown the groups last; `least`: the team's own minimum. */
export function harmsGroups(state: State, request: Request, seen: ShownGroups, least: number): readonly string[] {
  if (state.scaling === undefined) return [];
  if (BY_ITSELF.has(request.operation) && !mends(state, seen, request)) return ['does by hand what a group does'];
  if (request.operation !== 'UpdateAutoScalingGroup') return [];
  const { AutoScalingGroupName: name = '', MinSize, MaxSize, DesiredCapacity } = request.input as UpdateInput;
  const known = [scalingOf(state), scalingOf(seen.groups)].flatMap(({ groups }) => groups.get(name) ?? []);
  const isSmaller = DesiredCapacity !== undefined && known.every(({ desired }) => DesiredCapacity < desired);
  return [
    ...(MaxSize === undefined ? [] : ['changes the maximum']),
    ...(isSmaller && !isEmptying(request) ? [`scales ${name} in to ${DesiredCapacity}`] : []),
    ...(MinSize !== undefined && MinSize < least && !isEmptying(request)
      ? [`sets the minimum of ${name} to ${MinSize}; before any run it was ${least}`]
      : []),
  ];
}

/** Its group ends it, or has forgotten it since it has ended, and has taken it out of its target group. */
export function isLetGo(state: State, id: string): boolean {
  const group = groupOfBox(state, id);
  return group === undefined ? !isUp(state.boxes.get(id)) : group.members.get(id)?.state === 'Terminating';
}

/** Notes in `broken`, once, what must not be in production of all that groups do by themselves, as long as it `matters`. */
export function watchRetired(cloud: LittleCloud, broken: string[], matters: () => boolean): void {
  if (cloud.state.scaling === undefined) return;
  cloud.reactions.push(() => {
    if (!matters()) return;
    for (const what of retiredInProduction(cloud.state)) if (!broken.includes(what)) broken.push(what);
  });
}

/** Instances in production that are not of the release which their group has. */
function retiredInProduction(state: State): readonly string[] {
  const ids = new Set(production(state).flatMap(({ members }) => [...members.keys()]));
  return living(state)
    .filter(({ id }) => ids.has(id) && groupOfBox(state, id) !== undefined)
    .filter((box) => !releasesOf(state, box).includes(box.image.slice('ami-'.length)))
    .map(({ id, image }) => `${id} is in production from ${image}, which is not its group's`);
}

/** What an instance may be of: what its group is told to have, or to be refreshed from and to. */
function releasesOf(state: State, box: Box): readonly string[] {
  const { tags = {}, refresh } = groupOfBox(state, box.id) ?? {};
  const recorded = refreshIn(tags['turnout:refresh']?.value);
  // The tags of an instance are those of its group when it was launched: what an instance is, its template version tells.
  const own = refresh === undefined ? marksOn(state, box)['turnout:release'] : tags['turnout:release']?.value;
  const known = [own, recorded?.from.release, recorded?.to.release].filter((one) => one !== undefined);
  return known.length > 0 ? known : [box.image.slice('ami-'.length)];
}

const isThere = ({ members, tags }: ScalingGroup): boolean => members.size > 0 && tags['turnout:fleet'] !== undefined;

/** After the last run has ended or was given up: only what the way back or the next switch needs is held, and all else is as it was. */
export function stillHeld({ scaling }: State, least: number | undefined): readonly string[] {
  const groups = [...(scaling?.groups.values() ?? [])];
  return groups.flatMap((group) => {
    const { name, tags, minimum } = group;
    const isHeld = tags['turnout:minimum'] !== undefined;
    const isAlone = !groups.some((other) => other !== group && isThere(other));
    if (isHeld) return isAlone ? [`${name} is held, and nothing is beside it`] : [];
    if (least === undefined || minimum === (group.members.size > 0 ? least : 0)) return [];
    return [`${name} has a minimum of ${minimum}, and nothing says what it was`];
  });
}
