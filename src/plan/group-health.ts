import { refusal, type Refusal } from '../domain/goal.ts';
import { isHealthy } from '../domain/minimum-healthy.ts';
import { verified } from '../domain/queries.ts';
import { isIn, isRegistered, poolsOf, targetsOf } from '../domain/roles.ts';
import { membersToServe } from '../domain/scaled.ts';
import type { Fleet, Pool, Snapshot } from '../domain/snapshot.ts';
import { count, duration, list, sentences } from '../domain/text.ts';
import { isZonal, zoneLookup, zonesOfTargets } from '../domain/zones.ts';
import { trafficModel } from './traffic/index.ts';
import type { Switch } from './traffic/model.ts';

/**
 * How much health a target group wants: below it, ELB sends requests to all of its targets, or takes a zone out of DNS (ALB and NLB
 * user guides, target group health). Percentages are of all that are registered, also of those whose health is not known yet. The
 * numbers are of all zones together; where the clients of a zone reach its targets only, of each zone on its own.
 */

/** What ELB judges on its own: a pool, or a zone of it. */
interface Judged {
  readonly pool: Pool;
  /** Absent: all zones together. */
  readonly zone?: string;
  /** Whether it is in there, by its id. */
  readonly has: (one: { readonly id: string }) => boolean;
}

/** The pool, or its zones where one of these or of its targets is. */
function judgedIn(snapshot: Snapshot, pool: Pool, also: readonly { readonly id: string }[]): readonly Judged[] {
  if (!isZonal(pool)) return [{ pool, has: () => true }];
  const zoneOf = zoneLookup(snapshot);
  const zones = zonesOfTargets(zoneOf, [...pool.targets.filter(isRegistered), ...also]);
  return zones.map((zone) => ({ pool, zone, has: (one) => zoneOf(one) === zone }));
}

/** `prod`, `prod in eu-west-1a`. */
function whereText({ pool, zone }: Judged): string {
  return zone === undefined ? pool.name : `${pool.name} in ${zone}`;
}

/** Why ELB would send requests to unhealthy targets in a switch to the fleet, which it does not with what serves now. */
export function healthSettingsProblem(snapshot: Snapshot, change: Switch): Refusal | undefined {
  return tooFew(snapshot, change.to) ?? comesInSick(snapshot, change) ?? staysSick(snapshot, change);
}

function tooFew(snapshot: Snapshot, to: Fleet): Refusal | undefined {
  const production = poolsOf(snapshot, 'production');
  const asking = trafficModel(snapshot)
    .servingPools(to)
    .filter(({ routesToAllBelow }) => routesToAllBelow !== undefined);
  const all = asking.flatMap((pool) =>
    judgedIn(snapshot, pool, [...membersToServe(to), ...production.flatMap(({ targets }) => targets)]),
  );
  const found = all.flatMap((one) => {
    const { routesToAllBelow: wanted = 1 } = one.pool;
    const size = membersToServe(to).filter(one.has).length;
    const now = production.map((pool) => partNow(pool, one).healthy);
    return size < wanted && now.some((healthy) => healthy >= wanted) ? [{ one, wanted, size }] : [];
  });
  const [first] = found;
  if (first === undefined) return undefined;
  const { one, wanted, size } = first;
  const least = Math.min(...found.filter(({ one: { pool } }) => pool === one.pool).map((each) => each.size));
  return refusal(
    'too-few-targets',
    `${to.release} has ${count(size, 'instance')}${one.zone === undefined ? '' : ` in ${one.zone}`}, and with fewer than ${wanted} healthy targets in ${whereText(one)} ELB sends requests to all of them, also to unhealthy ones.`,
    ...(least > 0 ? [lowered(one.pool, 'count', least)] : []),
    ...(one.zone === undefined
      ? [
          `Or bring up ${wanted} with \`--count\`: \`turnout cleanup --discard\`, then \`turnout up --release R --count ${wanted}\`.`,
        ]
      : [acrossZones(one.pool)]),
  );
}

/** Then the numbers are of all zones together. */
export function acrossZones({ arn }: Pool): string {
  return `\`aws elbv2 modify-target-group-attributes --target-group-arn ${arn} --attributes Key=load_balancing.cross_zone.enabled,Value=true\` sends the clients of a zone to the targets of all zones.`;
}

function lowered({ arn }: Pool, what: 'count' | 'percentage', value: number): string {
  return `\`aws elbv2 modify-target-group-attributes --target-group-arn ${arn} --attributes Key=target_group_health.unhealthy_state_routing.minimum_healthy_targets.${what},Value=${value}\` lowers that number.`;
}

/** What a pool has healthy, of what is registered with it. */
interface Part {
  readonly healthy: number;
  readonly of: number;
}

function percentOf({ healthy, of }: Part): number {
  return of === 0 ? 100 : (healthy / of) * 100;
}

const ALL: Pick<Judged, 'has'> = { has: () => true };

function partNow({ targets }: Pool, { has }: Pick<Judged, 'has'> = ALL): Part {
  const own = targets.filter(has);
  return { healthy: own.filter(isHealthy).length, of: own.filter(isRegistered).length };
}

/** When that many more are registered, whose health is not known yet. */
function partAfter({ pool, has }: Judged, more: number): Part {
  const { healthy, of } = partNow(pool, { has });
  return { healthy, of: of + more };
}

/** The servers that come in at once are not healthy at first. */
function comesInSick(snapshot: Snapshot, { to, batch }: Switch): Refusal | undefined {
  const found = enteringParts(snapshot, to, batch);
  const [first] = found;
  if (first === undefined) return undefined;
  // What fits everywhere is accepted when it is asked for.
  const fits = Math.min(...enteringParts(snapshot, to, undefined).map(roomIn));
  const least = found.filter(({ one }) => one.pool === first.one.pool).map(({ part }) => percentOf(part));
  return refusal(
    'too-few-targets',
    partText(first.one, first.part, first.wanted, `while ${to.release} comes in`),
    ...(fits > 0
      ? [`\`turnout promote --batch ${fits}\` brings in so few at a time that enough of them are healthy.`]
      : []),
    lowered(first.one.pool, 'percentage', Math.floor(Math.min(...least))),
  );
}

/** How many may come in at once. */
function roomIn({ one, wanted }: Entering): number {
  const { healthy, of } = partNow(one.pool, one);
  return Math.floor((healthy * 100) / wanted) - of;
}

/** Those of the fleet that need not be healthy stay with it. */
function staysSick(snapshot: Snapshot, { to, need }: Switch): Refusal | undefined {
  if (need === 'all') return undefined;
  const all = trafficModel(snapshot)
    .servingPools(to)
    .flatMap((pool) => judgedIn(snapshot, pool, membersToServe(to)));
  const parts = all.map((one) => {
    const own = {
      healthy: verified(snapshot, to).filter(one.has).length,
      of: membersToServe(to).filter(one.has).length,
    };
    return { one, own, wanted: one.pool.routesToAllBelowPercent ?? 0 };
  });
  const found = parts.filter(({ own, wanted }) => percentOf(own) < wanted);
  const [first] = found;
  if (first === undefined) return undefined;
  const { one, own, wanted } = first;
  const least = Math.min(...found.filter((each) => each.one.pool === one.pool).map((each) => percentOf(each.own)));
  return refusal(
    'too-few-targets',
    partText(one, own, wanted, `of ${to.release}`),
    'Wait until they are healthy (`turnout status --watch`), or fix them, and run this again.',
    ...(least > 0 ? [lowered(one.pool, 'percentage', Math.floor(least))] : []),
  );
}

/** Of a part of production that would have less than it wants while the fleet comes in. */
interface Entering {
  readonly one: Judged;
  readonly part: Part;
  readonly wanted: number;
}

/** All that would have less than they want while the fleet comes in, and have that now. */
function enteringParts(snapshot: Snapshot, to: Fleet, batch: number = Infinity): readonly Entering[] {
  if (!trafficModel(snapshot).movesServers) return [];
  return poolsOf(snapshot, 'production').flatMap((pool) => {
    const registered = new Set(
      targetsOf(pool, to)
        .filter(isRegistered)
        .map(({ id }) => id),
    );
    const missing = membersToServe(to).filter(({ id }) => !registered.has(id));
    return judgedIn(snapshot, pool, missing).flatMap((one): readonly Entering[] => {
      const { routesToAllBelowPercent: wanted = 0 } = pool;
      const come = Math.min(batch, missing.filter(one.has).length);
      const part = partAfter(one, come);
      const isLost = come > 0 && percentOf(part) < wanted && percentOf(partNow(pool, one)) >= wanted;
      return isLost ? [{ one, part, wanted }] : [];
    });
  });
}

function partText(one: Judged, { healthy, of }: Part, wanted: number, when: string): string {
  return `${healthy} of ${of} targets ${when} would be healthy in ${whereText(one)}, and below ${wanted} % ELB sends requests to all of them, also to those that are not healthy.`;
}

/** What the way back risks, which is neither refused nor delayed for it. */
export function enteringTexts(snapshot: Snapshot, to: Fleet, batch: number | undefined): readonly string[] {
  const found = enteringParts(snapshot, to, batch);
  const model = trafficModel(snapshot);
  const slow = model.servingPools(to).filter((pool) => pool.slowStartS !== undefined && !isIn(pool, to));
  const starts = model.movesServers ? slow.map(slowStartText) : [];
  return [
    ...starts,
    ...sentences(tooFew(snapshot, to)?.message),
    ...found.map(({ one, part, wanted }) => partText(one, part, wanted, `while ${to.release} comes in`)),
  ];
}

function slowStartText({ name, slowStartS = 0 }: Pool): string {
  return `${name} has a slow start of ${duration(slowStartS)}, which ends when the others leave: servers that come in get their whole share of requests at once.`;
}

/** What a batch in place risks when it is put back, before it is healthy. */
export function returningTexts(snapshot: Snapshot, batches: readonly (readonly string[])[]): readonly string[] {
  return snapshot.pools.flatMap((pool) =>
    judgedIn(snapshot, pool, []).flatMap((one) => {
      const { routesToAllBelowPercent: wanted = 0 } = pool;
      const own = pool.targets.filter(one.has);
      const back = batches.map((batch) => own.filter(({ id }) => batch.includes(id)).length);
      const { healthy, of } = partNow(pool, one);
      const part = { healthy: Math.max(0, healthy - Math.max(0, ...back)), of };
      return of > 0 && percentOf(part) < wanted ? [partText(one, part, wanted, 'while a batch comes back')] : [];
    }),
  );
}

/** Where the fleet has fewer targets than ELB wants for DNS. */
export function dnsFailoverTexts(snapshot: Snapshot, to: Fleet): readonly string[] {
  const model = trafficModel(snapshot);
  return model.servingPools(to).flatMap((pool) => {
    const { leavesDnsBelow = 1, leavesDnsBelowPercent = 0 } = pool;
    const judged = judgedIn(snapshot, pool, membersToServe(to));
    const few = judged.filter((one) => membersToServe(to).filter(one.has).length < leavesDnsBelow);
    const small = judged.filter((one) => {
      const come = model.movesServers ? membersToServe(to).filter(one.has).length : 0;
      return percentOf(partAfter(one, come)) < leavesDnsBelowPercent;
    });
    return sentences(few.length > 0 && fewText(few, pool, to), small.length > 0 && smallText(small, pool, to));
  });
}

function fewText(few: readonly Judged[], pool: Pool, to: Fleet): string {
  const { name, leavesDnsBelow = 1 } = pool;
  if (!isZonal(pool))
    return `With fewer than ${leavesDnsBelow} healthy targets in ${name} ELB takes all zones out of DNS; ${to.release} has ${membersToServe(to).length}.`;
  return `ELB takes a zone out of DNS that has fewer than ${leavesDnsBelow} healthy targets in ${name}; ${to.release} has fewer in ${zoneList(few)}.`;
}

function smallText(small: readonly Judged[], pool: Pool, to: Fleet): string {
  const { name, leavesDnsBelowPercent = 0 } = pool;
  if (!isZonal(pool))
    return `ELB takes all zones out of DNS while fewer than ${leavesDnsBelowPercent} % of the targets in ${name} are healthy, as they may be while ${to.release} comes in.`;
  return `ELB takes a zone out of DNS of whose targets in ${name} fewer than ${leavesDnsBelowPercent} % are healthy, as they may be in ${zoneList(small)} while ${to.release} comes in.`;
}

function zoneList(all: readonly Judged[]): string {
  return list(all.flatMap(({ zone }) => zone ?? []));
}
