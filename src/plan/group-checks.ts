import { withId } from '../domain/by-id.ts';
import { refusal, type Refusal } from '../domain/goal.ts';
import { configuredPools, isRegistered, poolsOf, servingFleets, targetsOf } from '../domain/roles.ts';
import { routesOf } from '../domain/routes.ts';
import type { Fleet, Pool, Snapshot } from '../domain/snapshot.ts';
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

/** What lets ELB check the health of what the group has; undefined where it does. */
export function checkedBy(snapshot: Snapshot, pool: Pool): readonly string[] | undefined {
  const no = groupProblem(snapshot, pool);
  if (no !== undefined || pool.loadBalancers?.length !== 0) return no?.next;
  const rules = routesOf(snapshot, 'test').map(({ name }) => name);
  return [`Let ${list(rules)} forward to ${pool.name} again: ELB checks no health where nothing forwards.`];
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

/** Why what enters production would be neither checked nor reached: what is missing, what serves, and what leads there again. */
export function unreachedProduction(snapshot: Snapshot, to: Fleet): Refusal | undefined {
  const model = trafficModel(snapshot);
  const isUnused = ({ targets }: Pool): boolean => targets.some(({ reason }) => reason === 'Target.NotInUse');
  const entered = model.movesServers ? poolsOf(snapshot, 'production') : model.testPools(to);
  const pool = entered.find((one) => one.loadBalancers?.length === 0 || isUnused(one));
  if (pool === undefined) return undefined;
  const unused = pool.loadBalancers?.length === 0 ? unusedGroup(snapshot, pool) : notInZone(pool);
  return { ...unused, message: `${unused.message}${servesText(snapshot, pool)}` };
}

/** Who gets no requests there, and who serves nevertheless. */
function servesText(snapshot: Snapshot, pool: Pool): string {
  const serving = servingFleets(snapshot);
  const cutOff = serving.filter((fleet) => targetsOf(pool, fleet).some(isRegistered) && !isReached(pool, fleet));
  const text = (fleets: readonly Fleet[], one: string, many: string): string =>
    fleets.length === 0 ? '' : ` ${list(fleets.map(({ release }) => release))} ${fleets.length === 1 ? one : many}.`;
  return (
    text(cutOff, 'is registered there, and gets no requests', 'are registered there, and get no requests') +
    text(
      serving.filter((fleet) => !cutOff.includes(fleet)),
      'serves production',
      'serve production',
    )
  );
}

function isReached({ loadBalancers, targets }: Pool, { instances }: Fleet): boolean {
  const ids = new Set(instances.map(({ id }) => id));
  return loadBalancers?.length !== 0 && targets.some(({ id, reason }) => ids.has(id) && reason !== 'Target.NotInUse');
}

function notInZone({ name, loadBalancers: [balancer = 'ARN'] = [], targets }: Pool): Refusal {
  const unused = targets.filter(({ reason }) => reason === 'Target.NotInUse').map(({ id }) => id);
  return refusal(
    'unused-target-group',
    `ELB calls ${list(unused, 3)} in ${name} unused (Target.NotInUse): its load balancer is not enabled in their zone, or a listener that led there is being changed.`,
    `\`aws elbv2 set-subnets --load-balancer-arn ${balancer} --subnets ...\`, with a subnet of each zone, enables them; then run this again.`,
  );
}

/** Its rule for test traffic leads to it before its health matters. */
function willBeUsed(snapshot: Snapshot, { role }: Pool): boolean {
  return role === 'test' && routesOf(snapshot, 'test').length > 0;
}

function unusedGroup(snapshot: Snapshot, pool: Pool): Refusal {
  const use = isForClients(snapshot, pool) ? 'clients' : 'test traffic';
  const key = trafficModel(snapshot).movesServers ? pool.role : 'groups';
  return refusal(
    'unused-target-group',
    `No listener and no rule forwards to ${pool.name}: no ${use} would reach it, and ELB checks no health there.`,
    `\`${createListener(snapshot, pool)}\` adds a listener; ports that listeners have already, and where TLS ends, have to be chosen otherwise.`,
    `Or name a group that is in use under \`traffic.${key}\` in the config.`,
  );
}

/** Where weights move, each group is production's in turn. */
function isForClients(snapshot: Snapshot, { role }: Pool): boolean {
  return role === 'production' || !trafficModel(snapshot).movesServers;
}

/** A free port is a guess: only the listeners that lead to the config's groups are known. */
function createListener(snapshot: Snapshot, pool: Pool): string {
  const { arn, protocol = 'HTTP', port } = pool;
  const used = configuredPools(snapshot).flatMap(({ loadBalancers = [] }) => loadBalancers);
  const layer4 = !protocol.startsWith('HTTP');
  const fits = used.find((one) => one.includes(':loadbalancer/net/') === layer4);
  const free = isForClients(snapshot, pool) ? 80 : 8081;
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
