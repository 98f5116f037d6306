import type { Verb } from '../../../src/domain/goal.ts';
import type { Request, TargetsInput } from './api.ts';
import { fleetOf, groupNamed, idsOf, isEnding } from './rules.ts';
import {
  isNamed,
  isServing,
  isUp,
  memberKey,
  PORT,
  production,
  SECOND_PORT,
  withBox,
  withMember,
  type Box,
  type Group,
  type OtherWay,
  type State,
} from './state.ts';

/** What others have in a little cloud, which the config does not name. */
export interface Outsiders {
  /** What the target group `admin` of others holds: fleets of ours, and servers of others. */
  readonly holds: readonly ('blue' | 'green' | 'others')[];
  /** What leads there. */
  readonly by: 'listener' | 'rule' | 'nothing';
  /** A further rule of others gives requests to a group of the config, counted from 0. */
  readonly leads?: number;
  /** An Auto Scaling group launched that fleet. */
  readonly owned?: 'blue' | 'green';
  /** A cluster made the first group of the config. */
  readonly ofCluster?: boolean;
  /** What serves is registered at a second port too. */
  readonly ports?: boolean;
  /** An instance that no fleet has serves in production. */
  readonly unmanaged?: boolean;
}

export const ADMIN = 'admin';
/** The group of another environment, with a listener of its own. */
const OTHER_PRODUCTION = 'other-prod';
const OWNER_TAG = 'aws:autoscaling:groupName';
export const RULE = 'arn:8444:7';

export function withOutsiders(state: State, outsiders: Outsiders | undefined): State {
  if (outsiders === undefined) return state;
  const { holds, by, leads, owned, ofCluster, ports, unmanaged } = outsiders;
  const boxes = [...state.boxes.values()];
  const held = boxes.filter((box) => holds.some((name) => isOf(box, name)));
  const apart = ['i-env-1', 'i-env-2'].map((id) => ({ ...(state.boxes.get('i-other') as Box), id }));
  const groups = [groupOf(ADMIN, held), groupOf(OTHER_PRODUCTION, apart)];
  const way: OtherWay = { arn: 'arn:8443', port: 8443, weights: new Map([[ADMIN, 1]]) };
  const ways: readonly OtherWay[] = [
    ...(by === 'nothing' ? [] : [by === 'rule' ? { ...way, arn: 'arn:8443:5', priority: 5 } : way]),
    ...(leads === undefined ? [] : [ruleTo(state, leads)]),
    { arn: 'arn:8445', port: 8445, weights: new Map([[OTHER_PRODUCTION, 1]]) },
  ];
  let next: State = apart.reduce(withBox, state);
  if (owned !== undefined && state.scaling === undefined)
    next = boxes.filter((box) => isOf(box, owned)).reduce((so, box) => withBox(so, ownedBy(box)), next);
  if (ports === true) next = production(next).reduce(withSecondPort, next);
  if (unmanaged === true) next = production(next).reduce((so, { name }) => withMember(so, name, 'i-hand', HAND), next);
  const all = new Map([...next.groups, ...groups.map((group) => [group.name, group] as const)]);
  const [first] = all.values();
  if (ofCluster === true && first !== undefined)
    all.set(first.name, { ...first, tags: { 'elbv2.k8s.aws/cluster': 'main' } });
  return { ...next, groups: all, others: new Map(ways.map((one) => [one.arn, one])) };
}

const HAND = { id: 'i-hand', port: PORT, health: 'healthy' } as const;

function isOf(box: Box, name: Outsiders['holds'][number]): boolean {
  return name === 'others' ? box.id === 'i-other' : box.id.startsWith(`i-${name}-`);
}

export function ownedBy(box: Box): Box {
  return { ...box, tags: { ...box.tags, [OWNER_TAG]: 'web' } };
}

function groupOf(name: string, boxes: readonly Box[]): Group {
  const members = boxes.map(({ id, fit }) => [id, { id, port: PORT, health: fit ? 'healthy' : 'unhealthy' }] as const);
  return { name, others: true, members: new Map(members) };
}

/** Where groups are named, a part of its requests goes to production: what leads there alone is the config's own. */
export function ruleTo(state: State, n: number): OtherWay {
  const own = [...state.groups.values()].filter(({ others }) => others !== true);
  const to = own[n % own.length]?.name ?? '';
  const rest = state.ways === undefined ? production(state).slice(0, 1) : [];
  return {
    arn: RULE,
    port: 8444,
    priority: 7,
    weights: new Map([...rest.map(({ name }) => [name, 9] as const), [to, 1]]),
  };
}

function withSecondPort(state: State, group: Group): State {
  const serving = [...group.members.values()].filter(({ health }) => health !== 'draining');
  return serving.reduce(
    (so, one) => withMember(so, group.name, memberKey(one.id, SECOND_PORT), { ...one, port: SECOND_PORT }),
    state,
  );
}

/** What of others leads to the group, where that is not the config's own: clients that it knows nothing of. */
function foreignWays(state: State, { name, others, role }: Group): readonly string[] {
  const leading = [...(state.others?.values() ?? [])].filter(({ weights }) => (weights.get(name) ?? 0) > 0);
  const isForeign = ({ weights }: OtherWay): boolean => {
    if (others === true) return true;
    if (isNamed(state)) return false;
    if (state.ways !== undefined) return true;
    return role === 'test' && production(state).some((group) => (weights.get(group.name) ?? 0) > 0);
  };
  return leading.filter(isForeign).map(({ arn }) => arn);
}

/** The groups that clients of others reach, but for those that may lose what they have. */
function reached(state: State, allowed: ReadonlySet<string>): readonly Group[] {
  const groups = [...state.groups.values()].filter(({ name }) => !allowed.has(name));
  return groups.filter((group) => foreignWays(state, group).length > 0);
}

/** What a process was asked for and has been shown, and what others may lose by it. */
interface Asked {
  readonly shown: (group: string) => State | undefined;
  readonly verb: Verb | undefined;
  readonly allowed: ReadonlySet<string>;
}

/** What others lose by a request that ends instances or takes them out of a group; and what would be replaced. */
export function harmsOthers(state: State, { operation, input }: Request, asked: Asked): readonly string[] {
  const ids = idsOf({ operation, input }, state);
  const owned = ids.filter((id) => {
    const owner = state.boxes.get(id)?.tags[OWNER_TAG];
    return owner !== undefined && !asked.allowed.has(owner) && state.scaling?.groups.has(owner) !== true;
  });
  if (isEnding({ operation, input }))
    return [
      ...endsReached(state, ids, asked),
      ...owned.map((id) => `ends ${id}, which its Auto Scaling group replaces`),
    ];
  if (operation !== 'DeregisterTargets') return [];
  const group = groupNamed(state, (input as unknown as TargetsInput).TargetGroupArn);
  // The way back adds before it takes away, and what fights back then has nothing to take.
  const isGuarded = asked.verb !== 'rollback' && production(state).includes(group);
  const foreign = group.others === true ? ids.filter((id) => fleetOf(state.boxes.get(id) as Box) === undefined) : [];
  return [
    ...foreign.map((id) => `takes ${id}, which is not ours, out of ${group.name}`),
    ...(isGuarded ? owned : []).map((id) => `takes ${id} out of production, which its Auto Scaling group replaces`),
  ];
}

/** Rule 2, for the production of others. */
function endsReached(state: State, ids: readonly string[], { allowed }: Asked): readonly string[] {
  return reached(state, allowed).flatMap(({ name, members }) =>
    [...members.values()]
      .filter(({ id }) => ids.includes(id) && isUp(state.boxes.get(id)))
      .map(({ id, health }) => `ends ${id}, which is ${health} in ${name}, where clients of others reach it`),
  );
}

/** Nobody of others loses the last healthy one; `shown` is what the process saw of a group, where others may have stayed healthy. */
export function starvesOthers(before: State, after: State, { shown, allowed }: Asked): readonly string[] {
  return reached(after, allowed).flatMap(({ name, members }) => {
    const [had, has] = [healthyIn(before, name), healthyIn(after, name)];
    if (had.length === 0 || has.length > 0) return [];
    const seen = shown(name);
    const stays = (id: string): boolean => members.get(id)?.health !== 'draining' && !had.includes(id);
    const isExcused = seen !== undefined && healthyIn(seen, name).some(stays);
    return isExcused ? [] : [`leaves clients of others nothing healthy in ${name}`];
  });
}

function healthyIn(state: State, group: string): readonly string[] {
  const members = [...(state.groups.get(group)?.members.values() ?? [])];
  return members.filter((member) => isServing(state, member)).map(({ id }) => id);
}
