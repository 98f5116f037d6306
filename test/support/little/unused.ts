import type { SourcesInput } from './scaling-api.ts';
import { asTargets, isWhole } from './scaling-rules.ts';
import type { Verb } from '../../../src/domain/goal.ts';
import type { Request, TargetsInput } from './api.ts';
import type { LittleCloud } from './cloud.ts';
import { idsOf, isEnding, mayReturn, serves } from './rules.ts';
import { groupOfBox } from './scaling-state.ts';
import { isUp, production, type Box, type Group, type State } from './state.ts';
import { healthyOf, sum, type Counts } from './surfaces.ts';
import { givenShare } from './ways.ts';

/** What a process was shown last: of each group, and of the weights, as it was at a moment of its own. */
export class Shown {
  readonly #cloud: LittleCloud;
  readonly #groups: ReadonlyMap<string, number>;
  readonly #routes: number;
  readonly #verb: Verb | undefined;

  constructor(cloud: LittleCloud, groups: ReadonlyMap<string, number>, routes: number, verb: Verb | undefined) {
    this.#verb = verb;
    this.#cloud = cloud;
    this.#groups = groups;
    this.#routes = routes;
  }

  /** What is so now. */
  get now(): State {
    return this.#cloud.state;
  }

  get routes(): State {
    return this.#cloud.stateAt(this.#routes);
  }

  /** Names of the groups to which, as it was shown, production goes. */
  get production(): readonly string[] {
    return production(this.routes).map(({ name }) => name);
  }

  /** Everything at the moment that the group was shown; undefined where it never was. */
  worldOf(group: string): State | undefined {
    const time = this.#groups.get(group);
    return time === undefined ? undefined : this.#cloud.stateAt(time);
  }

  group(name: string): Group | undefined {
    return this.worldOf(name)?.groups.get(name);
  }

  /** Healthy targets of these groups together, by `surface/zone`. */
  healthy(surface: string, groups: readonly string[], filter: (box: Box) => boolean = () => true): Counts {
    const all: Counts = new Map();
    for (const name of groups) {
      const [world, group] = [this.worldOf(name), this.group(name)];
      if (world === undefined || group === undefined) continue;
      for (const [key, n] of healthyOf(world, { name: surface, groups: [group] }, filter))
        all.set(key, (all.get(key) ?? 0) + n);
    }
    return all;
  }

  /**
   * A rollback may bring it into production, where ELB verifies it before it sends it requests: no group showed it unfit. So may a
   * rolling deploy put back what it has deployed to, though others have taken it out meanwhile; and where a group has a target group
   * of its own, that is what the group does with all that it launches.
   */
  mayBeFit(id: string): boolean {
    const isUnfit = [...this.#groups.keys()].some((name) => {
      const member = this.group(name)?.members.get(id);
      return member?.health === 'unhealthy' || (member !== undefined && !isUp(this.worldOf(name)?.boxes.get(id)));
    });
    const isDeployed = this.now.boxes.get(id)?.tags['turnout:deploy']?.endsWith(' done') === true;
    const isHome = this.now.ways !== undefined && groupOfBox(this.now, id) !== undefined;
    return (this.#verb === 'rollback' || (this.#verb === 'rolling' && isDeployed) || isHome) && !isUnfit;
  }

  /** What production's health is counted by, as in `surfaces`. */
  surfaceOf(group: string): readonly [name: string, groups: readonly string[]] {
    return this.now.ways === undefined ? [group, [group]] : ['production', this.production];
  }
}

/**
 * What a process read, and did not use: a look that is not used does not count. It knows nothing of what is true by now, so
 * that luck does not count.
 */
export function unused(sent: Request, shown: Shown, minimum: Counts): readonly string[] {
  const request = asTargets(shown.now, sent);
  const ids = new Set(idsOf(request, shown.now));
  if (isEnding(request)) return [...endsWhatServes(ids, shown), ...endsWayBack(shown)];
  if (request.operation === 'DeregisterTargets') return takesTooMuch(groupIn(request), ids, shown, minimum);
  if (request.operation === 'RegisterTargets') {
    const blind = givesToUnverified(groupIn(request), ids, shown);
    return isWhole(sent) && (blind.length < ids.size || wasKnown(sent, shown)) ? [] : blind;
  }
  return givesToUnfit(givenShare(shown.now, request, shown.routes), shown, minimum);
}

/** Of a group that is attached as a whole, something was healthy when it was looked at, whatever has replaced that since. */
export function wasKnown({ input }: Request, shown: Shown): boolean {
  const { AutoScalingGroupName: name = '' } = input as SourcesInput;
  return [...shown.now.groups.keys()].some((pool) => {
    const [world, group] = [shown.worldOf(pool), shown.group(pool)];
    const members = world?.scaling?.groups.get(name)?.members.keys() ?? [];
    return world !== undefined && group !== undefined && [...members].some((id) => serves(world, group, id));
  });
}

function groupIn({ input }: Request): string {
  return (input as unknown as TargetsInput).TargetGroupArn.replace('arn:', '');
}

function endsWhatServes(ids: ReadonlySet<string>, shown: Shown): readonly string[] {
  return shown.production.flatMap((name) =>
    [...(shown.group(name)?.members.values() ?? [])]
      .filter(({ id }) => ids.has(id))
      .map(({ id, health }) => `ends ${id}, which it was shown ${health} in ${name}`),
  );
}

/** Nothing else serves: then what it ends is the only way back. */
function endsWayBack(shown: Shown): readonly string[] {
  const empty = shown.production.filter((name) => sum(shown.healthy(...shown.surfaceOf(name))) === 0);
  return empty.map((name) => `ends the way back, and was shown nothing healthy in ${name}`);
}

function takesTooMuch(group: string, ids: ReadonlySet<string>, shown: Shown, minimum: Counts): readonly string[] {
  if (!shown.production.includes(group)) return [];
  const [surface, groups] = shown.surfaceOf(group);
  const had = shown.healthy(surface, groups);
  const left = shown.healthy(surface, groups, ({ id }) => !ids.has(id));
  if (sum(left) === sum(had)) return [];
  if (sum(left) === 0) return [`was shown nothing else that is healthy in ${surface}`];
  return [...minimum]
    .filter(([key]) => key.startsWith(`${surface}/`) && (left.get(key) ?? 0) < (had.get(key) ?? 0))
    .filter(([key, least]) => (left.get(key) ?? 0) < least)
    .map(([key, least]) => `was shown only ${left.get(key) ?? 0} others healthy in ${key}, the minimum is ${least}`);
}

function givesToUnverified(group: string, ids: ReadonlySet<string>, shown: Shown): readonly string[] {
  const known = shown.group(group);
  if (known === undefined || !shown.production.includes(group)) return [];
  const isVerified = (id: string): boolean =>
    [...shown.now.groups.keys()].some((name) => {
      const [world, one] = [shown.worldOf(name), shown.group(name)];
      return world !== undefined && one !== undefined && serves(world, one, id);
    });
  const isThere = (id: string): boolean => (known.members.get(id)?.health ?? 'draining') !== 'draining';
  return [...ids]
    .filter((id) => !isThere(id) && !mayReturn(shown.now, known, id) && !shown.mayBeFit(id))
    .filter((id) => !isVerified(id))
    .map((id) => `gives production traffic to ${id}, which it was shown healthy nowhere`);
}

function givesToUnfit(groups: readonly string[], shown: Shown, minimum: Counts): readonly string[] {
  return groups.flatMap((name) => {
    const has = shown.healthy('production', [name]);
    const isFit = sum(has) > 0 && [...minimum].every(([key, least]) => (has.get(key) ?? 0) >= least);
    return isFit ? [] : [`gives more of production to ${name}, and was shown fewer healthy there than the minimum`];
  });
}
