import { withId } from '../domain/by-id.ts';
import { refusal, type Refusal } from '../domain/goal.ts';
import { countByZone, isHealthy } from '../domain/minimum-healthy.ts';
import { configuredPools, isRegistered, members, poolsOf } from '../domain/roles.ts';
import { routesOf } from '../domain/routes.ts';
import { ownPools } from '../domain/shares.ts';
import type { Fleet, Pool, Snapshot } from '../domain/snapshot.ts';
import { count, duration, list } from '../domain/text.ts';
import { behaviourOf, type Step } from '../steps/index.ts';

/** What the settings of the target groups tell before anything is begun: why it would not work, and what is worth knowing. */

/** Why servers would be brought up, or production moved, in vain; test groups matter only as long as the fleet is not in production. */
export function groupsProblem(snapshot: Snapshot, matters: 'all' | 'production'): Refusal | undefined {
  const pools = matters === 'all' ? configuredPools(snapshot) : poolsOf(snapshot, 'production');
  for (const pool of pools) {
    const no = unreached(snapshot, pool) ?? otherPort(pool);
    if (no !== undefined) return no;
  }
  return undefined;
}

/** No client reaches its targets, and ELB checks the health of none that no load balancer uses (ELBv2 API, TargetHealth). */
function unreached(snapshot: Snapshot, pool: Pool): Refusal | undefined {
  if (pool.loadBalancers?.length === 0) return willBeUsed(snapshot, pool) ? undefined : unusedGroup(snapshot, pool);
  const { traffic, outside } = snapshot;
  if (traffic.kind !== 'membership' || pool.role !== 'production' || outside.state !== 'seen') return undefined;
  const leading = outside.routes.filter(({ weights }) => pool.name in weights);
  if (leading.length === 0 || leading.some(({ weights }) => (weights[pool.name] ?? 0) > 0)) return undefined;
  return refusal(
    'no-production-traffic',
    `${pool.name} gets no requests: ${list(leading.map(({ name }) => name))} gives it the weight 0.`,
    'Give it a weight there, or name the group that gets the requests under `traffic.production` in the config; then run this again.',
  );
}

/** Its rule for test traffic leads to it before its health matters. */
function willBeUsed(snapshot: Snapshot, { role }: Pool): boolean {
  return role === 'test' && routesOf(snapshot, 'test').length > 0;
}

function unusedGroup(snapshot: Snapshot, pool: Pool): Refusal {
  const use = pool.role === 'production' ? 'clients' : 'test traffic';
  return refusal(
    'unused-target-group',
    `No listener and no rule forwards to ${pool.name}: no ${use} would reach it, and ELB checks no health there.`,
    `\`${createListener(snapshot, pool)}\` adds a listener; ports that listeners have already, and where TLS ends, have to be chosen otherwise.`,
    `Or name a group that is in use under \`traffic.${pool.role}\` in the config.`,
  );
}

/** A free port is a guess: only the listeners that lead to the config's groups are known. */
function createListener(snapshot: Snapshot, { arn, protocol = 'HTTP', port, role }: Pool): string {
  const used = configuredPools(snapshot).flatMap(({ loadBalancers = [] }) => loadBalancers);
  const layer4 = !protocol.startsWith('HTTP');
  const fits = used.find((one) => one.includes(':loadbalancer/net/') === layer4);
  const free = role === 'production' ? 80 : 8081;
  return [
    'aws elbv2 create-listener',
    `--load-balancer-arn ${fits ?? 'ARN'}`,
    `--protocol ${layer4 ? protocol : 'HTTP'} --port ${layer4 ? port : free}`,
    `--default-actions Type=forward,TargetGroupArn=${arn}`,
  ].join(' ');
}

/** All that serves there is registered at another port than the next fleet would be. */
function otherPort({ name, port, role, targets }: Pool): Refusal | undefined {
  const registered = targets.filter(isRegistered);
  if (role !== 'production' || registered.length === 0 || registered.some((target) => target.port === port))
    return undefined;
  const ports = [...new Set(registered.map((target) => String(target.port)))];
  return refusal(
    'other-port',
    `${name} has ${count(registered.length, 'target')} at port ${list(ports)}, and new ones would be registered at port ${port}.`,
    `\`port: ${ports[0]}\` at ${name} in the config registers them like those that serve.`,
  );
}

/** Few requests take longer than that, and ELB's default is ten times as much. */
const SHORT_DELAY_S = 30;

/** Where these instances leave, requests that still run are cut off after the delay (ELBv2 user guide, deregistration delay). */
export function cutOffTexts({ pools }: Snapshot, ids: readonly string[]): readonly string[] {
  return pools
    .filter(({ role, deregistrationDelayS }) => role !== 'test' && deregistrationDelayS < SHORT_DELAY_S)
    .filter(({ targets }) => ids.some((id) => withId(targets, id).length > 0))
    .map(
      ({ name, deregistrationDelayS: seconds }) =>
        `${name} has a deregistration delay of ${duration(seconds)}: requests that take longer are cut off when their server leaves.`,
    );
}

/** Why ELB would treat the fleet as unhealthy where it serves alone, which it does not with what serves now (ALB user guide, target group health). */
export function healthSettingsProblem(snapshot: Snapshot, to: Fleet): Refusal | undefined {
  const size = members(to).length;
  const pool = poolsFor(snapshot, to).find(({ routesToAllBelow = 1 }) => size < routesToAllBelow);
  const now = poolsOf(snapshot, 'production').map(({ targets }) => targets.filter(isHealthy).length);
  if (pool?.routesToAllBelow === undefined || now.every((healthy) => healthy < (pool.routesToAllBelow ?? 1)))
    return undefined;
  return refusal(
    'too-few-targets',
    `${to.release} has ${count(size, 'instance')}, and with fewer than ${pool.routesToAllBelow} healthy targets in ${pool.name} ELB sends requests to all of them, also to unhealthy ones.`,
    `\`aws elbv2 modify-target-group-attributes --target-group-arn ${pool.arn} --attributes Key=target_group_health.unhealthy_state_routing.minimum_healthy_targets.count,Value=${size}\` lowers that number.`,
    `Or bring up ${pool.routesToAllBelow} with \`--count\`: \`turnout cleanup --discard\`, then \`turnout up --release R --count ${pool.routesToAllBelow}\`.`,
  );
}

/** Where the fleet serves after a switch. */
function poolsFor(snapshot: Snapshot, to: Fleet): readonly Pool[] {
  return snapshot.traffic.kind === 'membership' ? poolsOf(snapshot, 'production') : ownPools(snapshot, to);
}

/** Zones in which the fleet has fewer targets than ELB wants for DNS. */
export function dnsFailoverTexts(snapshot: Snapshot, to: Fleet): readonly string[] {
  const zones = Object.entries(countByZone(members(to)));
  return poolsFor(snapshot, to).flatMap(({ name, leavesDnsBelow = 1 }) => {
    const few = zones.filter(([, n]) => n < leavesDnsBelow).map(([zone]) => zone);
    return few.length === 0
      ? []
      : [
          `ELB takes a zone out of DNS that has fewer than ${leavesDnsBelow} healthy targets in ${name}; ${to.release} has fewer in ${list(few)}.`,
        ];
  });
}

/**
 * Why the steps would exceed the quota of a load balancer: a target counts in each of its groups, and as long as it drains (ALB user
 * guide, quotas). A fleet of N beside another one needs up to 4 N where all groups are at one load balancer.
 */
export function targetsQuotaProblem(snapshot: Snapshot, steps: readonly Step[]): Refusal | undefined {
  const most = new Map<string, number>();
  let world = snapshot;
  for (const step of steps) {
    world = behaviourOf(step).simulate(world);
    const counts = Map.groupBy(world.pools, balancerOf);
    for (const [balancer, pools] of counts) {
      const now = pools.reduce((sum, { targets }) => sum + targets.length, 0);
      most.set(balancer, Math.max(now, most.get(balancer) ?? 0));
    }
  }
  return overQuota(snapshot, most, 'This needs');
}

/** The same of the promote that follows, before its fleet of that size is there. */
export function nextQuotaProblem(snapshot: Snapshot, serving: number, next: number): Refusal | undefined {
  if (snapshot.traffic.kind !== 'membership') return undefined;
  const groups = Map.groupBy(configuredPools(snapshot), balancerOf);
  const added = ({ role, targets }: Pool): number => targets.length + next + (role === 'test' ? serving : 0);
  const most = [...groups].map(([one, pools]) => [one, pools.reduce((sum, pool) => sum + added(pool), 0)] as const);
  return overQuota(snapshot, new Map(most), 'A promote of them would need');
}

function overQuota(snapshot: Snapshot, most: ReadonlyMap<string, number>, what: string): Refusal | undefined {
  const over = snapshot.pools.find((pool) => (most.get(balancerOf(pool)) ?? 0) > (pool.targetsMax ?? Infinity));
  if (over === undefined) return undefined;
  const need = most.get(balancerOf(over));
  return refusal(
    'too-many-targets',
    `${what} up to ${need} targets at the load balancer of ${over.name}, and its quota is ${over.targetsMax}: each server counts in every group, also while it drains.`,
    `Ask AWS for a quota of ${need} targets per load balancer, or put the test groups behind a load balancer of their own; then run this again.`,
  );
}

/** A group belongs to one at most. */
function balancerOf({ loadBalancers = [] }: Pool): string {
  return loadBalancers[0] ?? '';
}
