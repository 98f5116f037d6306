import type { Scaling, Stack } from './held-by.ts';

/** What is so in a little cloud, as one value that never changes: the past is a list of them. */

export interface Box {
  readonly id: string;
  readonly zone: string;
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated';
  readonly image: string;
  /** Whether its app passes health checks. */
  readonly fit: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly launchedAt: number;
  readonly token?: string;
}

export type Health = 'registering' | 'checking' | 'healthy' | 'unhealthy' | 'draining';

/** A target of a group. */
export interface Member {
  readonly id: string;
  readonly port: number;
  readonly health: Health;
}

export interface Group {
  readonly name: string;
  /** Where membership moves traffic; elsewhere the ways say what goes where. */
  readonly role?: 'production' | 'test';
  /** It is of the type `ip`: its targets are addresses. */
  readonly byAddress?: true;
  /** The config does not name it. */
  readonly others?: true;
  /** Of the group itself. */
  readonly tags?: Readonly<Record<string, string>>;
  /** By `memberKey`. */
  readonly members: ReadonlyMap<string, Member>;
}

/** A listener, or the one rule of it, that divides what comes among the groups by weights. */
export interface Way {
  readonly arn: string;
  readonly port: number;
  /** Of a rule; absent for the listener's default action. */
  readonly priority?: number;
  readonly role: 'production' | 'test';
  /** By group. */
  readonly weights: ReadonlyMap<string, number>;
  /** Of a name: the TTL of its records, in seconds, where that is not the one of all. */
  readonly ttlS?: number;
}

/** A rule that was made above a way. */
export interface MadeRule {
  readonly arn: string;
  readonly listener: string;
  readonly port: number;
  readonly priority: number;
  readonly group: string;
  readonly tags: Readonly<Record<string, string>>;
  /** As ELB's API has them. */
  readonly conditions?: readonly object[];
}

/** The same where others made it, and the config does not name it. */
export type OtherWay = Pick<Way, 'arn' | 'port' | 'priority' | 'weights'>;

export interface State {
  /** Where the fleets are layers of OpsWorks. */
  readonly stack?: Stack;
  /** Where they are Auto Scaling groups. */
  readonly scaling?: Scaling;
  readonly boxes: ReadonlyMap<string, Box>;
  readonly groups: ReadonlyMap<string, Group>;
  /** By ARN; absent where traffic is moved by membership. */
  readonly ways?: ReadonlyMap<string, Way>;
  /** By ARN. */
  readonly others?: ReadonlyMap<string, OtherWay>;
  /** Where membership moves traffic, and it is asked: the listener that leads to production. */
  readonly front?: OtherWay;
  /** By ARN. */
  readonly made?: ReadonlyMap<string, MadeRule>;
}

export const PORT = 8080;
/** At which some instances serve too. */
export const SECOND_PORT = 9090;

/** An instance is in a group once for each port. */
export function memberKey(id: string, port: number): string {
  return port === PORT ? id : `${id}:${port}`;
}

export function withBox(state: State, box: Box): State {
  return { ...state, boxes: new Map(state.boxes).set(box.id, box) };
}

export function withMember(state: State, group: string, key: string, member: Member | undefined): State {
  const before = state.groups.get(group);
  if (before === undefined) throw new Error(`There is no group ${group}.`);
  const members = new Map(before.members);
  if (member === undefined) members.delete(key);
  else members.set(key, member);
  return { ...state, groups: new Map(state.groups).set(group, { ...before, members }) };
}

export function isUp(box: Box | undefined): boolean {
  return box?.state === 'running' || box?.state === 'shutting-down';
}

/** Gets traffic: healthy in ELB's eyes, and its instance is there. */
export function isServing(state: State, member: Member): boolean {
  return member.health === 'healthy' && isUp(state.boxes.get(member.id));
}

/** Ids of the group's targets that are to get requests: those that drain get no new ones. */
export function staying({ members }: Group): readonly string[] {
  return [...members.values()].flatMap(({ id, health }) => (health === 'draining' ? [] : id));
}

/** The groups that production goes to. */
export function production(state: State): readonly Group[] {
  return [...state.groups.values()].filter((group) => leads(state, 'production', group));
}

/** The groups that test traffic goes to. */
export function testing(state: State): readonly Group[] {
  return [...state.groups.values()].filter((group) => leads(state, 'test', group));
}

function leads({ ways }: State, role: Way['role'], group: Group): boolean {
  if (group.others === true) return false;
  if (ways === undefined) return group.role === role;
  const all = [...ways.values()];
  const isLed = (by: Way['role']): boolean =>
    all.some((way) => way.role === by && (way.weights.get(group.name) ?? 0) > 0);
  // Where nothing leads to tests, what has nothing of production is tried.
  const isTried = role === 'test' && all.every((way) => way.role !== 'test');
  return isTried ? !isLed('production') : isLed(role);
}

export function withWeights(state: State, arn: string, weights: Way['weights']): State {
  return withWay(state, arn, { weights });
}

export function withWay(state: State, arn: string, facts: Pick<Way, 'weights' | 'ttlS'>): State {
  const way = state.ways?.get(arn);
  if (way === undefined) throw new Error(`There is no ${arn}.`);
  return { ...state, ways: new Map(state.ways).set(arn, { ...way, ...facts }) };
}

/** Names, and not listeners, lead to production. */
export function isNamed({ ways }: State): boolean {
  return [...(ways?.keys() ?? [])].some((arn) => !arn.startsWith('arn:'));
}

export function living(state: State): readonly Box[] {
  return [...state.boxes.values()].filter((box) => box.state === 'pending' || box.state === 'running');
}

/** With the listener that leads to production, where only groups are known. */
export function withFront(state: State): State {
  const [first] = [...state.groups.values()].filter(({ role }) => role === 'production');
  if (first === undefined || state.ways !== undefined) return state;
  return { ...state, front: { arn: 'arn:80', port: 80, weights: new Map([[first.name, 1]]) } };
}
