import { refusal, type Refusal } from '../domain/goal.ts';
import { countByZone, isHealthy } from '../domain/minimum-healthy.ts';
import { verified } from '../domain/queries.ts';
import { isIn, isRegistered, members, poolsOf, targetsOf } from '../domain/roles.ts';
import { ownPools } from '../domain/shares.ts';
import type { Fleet, Pool, Snapshot } from '../domain/snapshot.ts';
import { count, duration, list } from '../domain/text.ts';
import type { Switch } from './traffic/model.ts';

/**
 * How much health a target group wants: below it, ELB sends requests to all of its targets, or takes a zone out of DNS (ALB and NLB
 * user guides, target group health). Percentages are of all that are registered, also of those whose health is not known yet.
 */

/** Where the fleet serves after a switch. */
function poolsFor(snapshot: Snapshot, to: Fleet): readonly Pool[] {
  return snapshot.traffic.kind === 'membership' ? poolsOf(snapshot, 'production') : ownPools(snapshot, to);
}

/** Why ELB would send requests to unhealthy targets in a switch to the fleet, which it does not with what serves now. */
export function healthSettingsProblem(snapshot: Snapshot, change: Switch): Refusal | undefined {
  return tooFew(snapshot, change.to) ?? comesInSick(snapshot, change) ?? staysSick(snapshot, change);
}

function tooFew(snapshot: Snapshot, to: Fleet): Refusal | undefined {
  const size = members(to).length;
  const pool = poolsFor(snapshot, to).find(({ routesToAllBelow = 1 }) => size < routesToAllBelow);
  const now = poolsOf(snapshot, 'production').map(({ targets }) => targets.filter(isHealthy).length);
  if (pool?.routesToAllBelow === undefined || now.every((healthy) => healthy < (pool.routesToAllBelow ?? 1)))
    return undefined;
  return refusal(
    'too-few-targets',
    `${to.release} has ${count(size, 'instance')}, and with fewer than ${pool.routesToAllBelow} healthy targets in ${pool.name} ELB sends requests to all of them, also to unhealthy ones.`,
    lowered(pool, 'count', size),
    `Or bring up ${pool.routesToAllBelow} with \`--count\`: \`turnout cleanup --discard\`, then \`turnout up --release R --count ${pool.routesToAllBelow}\`.`,
  );
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

function partNow({ targets }: Pool): Part {
  return { healthy: targets.filter(isHealthy).length, of: targets.filter(isRegistered).length };
}

/** When that many more are registered, whose health is not known yet. */
function partAfter(pool: Pool, more: number): Part {
  const { healthy, of } = partNow(pool);
  return { healthy, of: of + more };
}

/** The servers that come in at once are not healthy at first. */
function comesInSick(snapshot: Snapshot, { to, batch }: Switch): Refusal | undefined {
  const found = enteringPart(snapshot, to, batch);
  if (found === undefined) return undefined;
  const { pool, part, wanted } = found;
  const { healthy, of } = partNow(pool);
  const fits = Math.floor((healthy * 100) / wanted) - of;
  return refusal(
    'too-few-targets',
    partText(pool, part, wanted, `while ${to.release} comes in`),
    ...(fits > 0
      ? [`\`turnout promote --batch ${fits}\` brings in so few at a time that enough of them are healthy.`]
      : []),
    lowered(pool, 'percentage', Math.floor(percentOf(part))),
  );
}

/** Those of the fleet that need not be healthy stay with it. */
function staysSick(snapshot: Snapshot, { to, need }: Switch): Refusal | undefined {
  if (need === 'all') return undefined;
  const own = { healthy: verified(snapshot, to).length, of: members(to).length };
  const pool = poolsFor(snapshot, to).find(
    ({ routesToAllBelowPercent = 0 }) => percentOf(own) < routesToAllBelowPercent,
  );
  if (pool?.routesToAllBelowPercent === undefined) return undefined;
  return refusal(
    'too-few-targets',
    partText(pool, own, pool.routesToAllBelowPercent, `of ${to.release}`),
    'Wait until they are healthy (`turnout status --watch`), or fix them, and run this again.',
    ...(own.healthy > 0 ? [lowered(pool, 'percentage', Math.floor(percentOf(own)))] : []),
  );
}

/** Of the first production pool that would have less than it wants while the fleet comes in, and has that now. */
function enteringPart(snapshot: Snapshot, to: Fleet, batch: number = Infinity) {
  if (snapshot.traffic.kind !== 'membership') return undefined;
  for (const pool of poolsOf(snapshot, 'production')) {
    const { routesToAllBelowPercent: wanted = 0 } = pool;
    const come = Math.min(batch, members(to).length - targetsOf(pool, to).filter(isRegistered).length);
    const part = partAfter(pool, Math.max(0, come));
    if (come > 0 && percentOf(part) < wanted && percentOf(partNow(pool)) >= wanted) return { pool, part, wanted };
  }
  return undefined;
}

function partText({ name }: Pool, { healthy, of }: Part, wanted: number, when: string): string {
  return `${healthy} of ${of} targets ${when} would be healthy in ${name}, and below ${wanted} % ELB sends requests to all of them, also to those that are not healthy.`;
}

/** What the way back risks, which is neither refused nor delayed for it. */
export function enteringTexts(snapshot: Snapshot, to: Fleet, batch: number | undefined): readonly string[] {
  const found = enteringPart(snapshot, to, batch);
  const slow = poolsFor(snapshot, to).filter((pool) => pool.slowStartS !== undefined && !isIn(pool, to));
  const starts = snapshot.traffic.kind === 'membership' ? slow.map(slowStartText) : [];
  return found === undefined
    ? starts
    : [...starts, partText(found.pool, found.part, found.wanted, `while ${to.release} comes in`)];
}

function slowStartText({ name, slowStartS = 0 }: Pool): string {
  return `${name} has a slow start of ${duration(slowStartS)}, which ends when the others leave: servers that come in get their whole share of requests at once.`;
}

/** What a batch in place risks when it is put back, before it is healthy. */
export function returningTexts({ pools }: Snapshot, batches: readonly (readonly string[])[]): readonly string[] {
  return pools.flatMap((pool) => {
    const { routesToAllBelowPercent: wanted = 0 } = pool;
    const back = batches.map((batch) => pool.targets.filter(({ id }) => batch.includes(id)).length);
    const { healthy, of } = partNow(pool);
    const part = { healthy: Math.max(0, healthy - Math.max(0, ...back)), of };
    return of > 0 && percentOf(part) < wanted ? [partText(pool, part, wanted, 'while a batch comes back')] : [];
  });
}

/** Zones in which the fleet has fewer targets than ELB wants for DNS. */
export function dnsFailoverTexts(snapshot: Snapshot, to: Fleet): readonly string[] {
  const zones = Object.entries(countByZone(members(to)));
  return poolsFor(snapshot, to).flatMap((pool) => {
    const { name, leavesDnsBelow = 1, leavesDnsBelowPercent = 0 } = pool;
    const few = zones.filter(([, n]) => n < leavesDnsBelow).map(([zone]) => zone);
    const part = snapshot.traffic.kind === 'membership' ? partAfter(pool, members(to).length) : partNow(pool);
    const isSmall = percentOf(part) < leavesDnsBelowPercent;
    return [
      ...(few.length === 0
        ? []
        : [
            `ELB takes a zone out of DNS that has fewer than ${leavesDnsBelow} healthy targets in ${name}; ${to.release} has fewer in ${list(few)}.`,
          ]),
      ...(isSmall
        ? [
            `ELB takes a zone out of DNS of whose targets in ${name} fewer than ${leavesDnsBelowPercent} % are healthy, as they may be while ${to.release} comes in.`,
          ]
        : []),
    ];
  });
}
