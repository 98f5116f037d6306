import { withId } from '../domain/by-id.ts';
import { refusal, type Refusal } from '../domain/goal.ts';
import { configuredPools, isRegistered, poolsOf } from '../domain/roles.ts';
import { routesOf } from '../domain/routes.ts';
import type { Pool, Snapshot } from '../domain/snapshot.ts';
import { count, duration, list } from '../domain/text.ts';
import { trafficModel } from './traffic/index.ts';

/** What the settings of the target groups show before anything starts: why it would not work, and what is worth knowing. */

/** Why servers would be brought up, or production moved, in vain; test groups matter only as long as the fleet is not in production. */
export function groupsProblem(snapshot: Snapshot, matters: 'all' | 'production'): Refusal | undefined {
  const pools = matters === 'all' ? configuredPools(snapshot) : poolsOf(snapshot, 'production');
  for (const pool of pools) {
    const no = groupProblem(snapshot, pool);
    if (no !== undefined) return no;
  }
  return undefined;
}

/** The same of one group. */
export function groupProblem(snapshot: Snapshot, pool: Pool): Refusal | undefined {
  return unreached(snapshot, pool) ?? otherPort(pool);
}

/** No client reaches its targets, and ELB checks the health of none that no load balancer uses (ELBv2 API, TargetHealth). */
function unreached(snapshot: Snapshot, pool: Pool): Refusal | undefined {
  if (pool.loadBalancers?.length === 0) return willBeUsed(snapshot, pool) ? undefined : unusedGroup(snapshot, pool);
  const { outside } = snapshot;
  if (!trafficModel(snapshot).movesServers || pool.role !== 'production' || outside.state !== 'seen') return undefined;
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
