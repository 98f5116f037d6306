import type { Elbv2, Listener, LoadBalancer, Rule, TargetGroup, TargetHealthDescription } from '../aws/elbv2.ts';
import type { TargetGroupsConfig } from '../config/config.ts';
import { OperatorError } from '../errors.ts';
import { list } from '../observe/words.ts';
import type { Pool, PoolRole, Target } from '../observe/snapshot.ts';
import type { TrafficPort } from './traffic.ts';

/** A pool without its targets, and the load balancers that use it. */
interface Settings {
  readonly pool: Omit<Pool, 'targets'>;
  readonly loadBalancerArns: readonly string[];
}

/** Traffic moved by membership: production and test are target groups, and instances are registered with one or the other. */
export function createTargetGroups(elbv2: Elbv2, config: TargetGroupsConfig): TrafficPort {
  // A group's settings do not change under a switch; they are read once a program.
  let known: Promise<readonly Settings[]> | undefined;
  const settings = (): Promise<readonly Settings[]> => {
    known ??= readSettings(elbv2, config).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };

  return {
    kind: 'target-groups',

    async read(names) {
      const wanted = (await settings()).filter(({ pool }) => names?.includes(pool.name) ?? true);
      return Promise.all(
        wanted.map(async ({ pool }) => ({ ...pool, targets: (await elbv2.targetHealth(pool.arn)).map(toTarget) })),
      );
    },

    async urls() {
      const groups = await settings();
      const arns = [...new Set(groups.flatMap((group) => group.loadBalancerArns))];
      const found = arns.length > 0 ? await readForwards(elbv2, arns) : [];
      const urlsOf = (arn: string): readonly string[] =>
        found.filter((forward) => forward.arn === arn).map(({ url }) => url);
      return Object.fromEntries(groups.map(({ pool }) => [pool.name, urlsOf(pool.arn)]));
    },

    register: async (pool, targets) =>
      elbv2.register(
        pool.arn,
        targets.map(({ id, port }) => ({ Id: id, Port: port })),
      ),

    // Deregistering needs the port that a target was registered with (ELBv2 API, DeregisterTargets).
    deregister: async (pool, targets) =>
      elbv2.deregister(
        pool.arn,
        targets.map(({ id, port }) => ({ Id: id, Port: port })),
      ),
  };
}

async function readSettings(elbv2: Elbv2, config: TargetGroupsConfig): Promise<readonly Settings[]> {
  const wanted = [
    ...config.production.map((group) => ({ ...group, role: 'production' as const })),
    ...config.test.map((group) => ({ ...group, role: 'test' as const })),
  ];
  const found = await findGroups(
    elbv2,
    wanted.map((group) => group.targetGroup),
  );
  return Promise.all(
    wanted.map(async ({ targetGroup, port, role }) => {
      const group = found.find(
        (candidate) => candidate.TargetGroupName === targetGroup || candidate.TargetGroupArn === targetGroup,
      );
      if (group === undefined) throw notFound([targetGroup]);
      return toSettings(group, port, role, await elbv2.attributes(group.TargetGroupArn as string));
    }),
  );
}

/** All of them, by name or ARN. ELB says "one or more not found" and not which: then each one is asked for on its own. */
async function findGroups(elbv2: Elbv2, keys: readonly string[]): Promise<readonly TargetGroup[]> {
  const found = await find(elbv2, keys);
  if (found !== undefined) return found;
  const missing = await Promise.all(keys.map(async (key) => ((await find(elbv2, [key])) === undefined ? [key] : [])));
  throw notFound(missing.flat());
}

/** Undefined when there is one that ELB does not know. */
async function find(elbv2: Elbv2, keys: readonly string[]): Promise<readonly TargetGroup[] | undefined> {
  const wish = { names: keys.filter((key) => !isArn(key)), arns: keys.filter(isArn) };
  return elbv2.targetGroups(wish).catch((error: unknown) => {
    if (error instanceof OperatorError && error.code === 'target-group-not-found') return undefined;
    throw error;
  });
}

function isArn(key: string): boolean {
  return key.startsWith('arn:');
}

function notFound(keys: readonly string[]): OperatorError {
  return new OperatorError('target-group-not-found', `AWS knows no target group ${list(keys)}.`, {
    next: ['Check the names under `traffic` in the config, the region and the account.'],
  });
}

function toSettings(
  group: TargetGroup,
  port: number | undefined,
  role: PoolRole,
  attributes: ReadonlyMap<string, string>,
): Settings {
  const pool = {
    name: group.TargetGroupName as string,
    arn: group.TargetGroupArn as string,
    role,
    port: port ?? group.Port ?? 0,
    intervalS: group.HealthCheckIntervalSeconds ?? 30,
    timeoutS: group.HealthCheckTimeoutSeconds ?? 5,
    healthyThreshold: group.HealthyThresholdCount ?? 5,
    unhealthyThreshold: group.UnhealthyThresholdCount ?? 2,
    deregistrationDelayS: Number(attributes.get('deregistration_delay.timeout_seconds') ?? 300),
    urls: [],
  };
  return { pool, loadBalancerArns: group.LoadBalancerArns ?? [] };
}

function toTarget({ Target: target, TargetHealth: health }: TargetHealthDescription): Target {
  return {
    id: target?.Id ?? '',
    port: target?.Port ?? 0,
    state: health?.State ?? 'unavailable',
    ...(health?.Reason === undefined ? {} : { reason: health.Reason }),
    ...(health?.Description === undefined ? {} : { description: health.Description }),
  };
}

/** Every pair of a target group and the URL of a listener that forwards to it. */
async function readForwards(
  elbv2: Elbv2,
  loadBalancerArns: readonly string[],
): Promise<readonly { arn: string; url: string }[]> {
  const balancers = await elbv2.loadBalancers(loadBalancerArns);
  const pairs = await Promise.all(
    balancers.map(async (balancer) => {
      const listeners = await elbv2.listeners(balancer.LoadBalancerArn as string);
      return Promise.all(
        listeners.map(async (listener) =>
          forwardsOf(balancer, listener, await elbv2.rules(listener.ListenerArn as string)),
        ),
      );
    }),
  );
  return pairs.flat(2);
}

function forwardsOf(
  balancer: LoadBalancer,
  listener: Listener,
  rules: readonly Rule[],
): readonly { arn: string; url: string }[] {
  const url = urlOf(balancer, listener);
  const actions = rules.flatMap((rule) => rule.Actions ?? []);
  const arns = actions.flatMap((action) => [
    action.TargetGroupArn,
    ...(action.ForwardConfig?.TargetGroups ?? []).map((group) => group.TargetGroupArn),
  ]);
  return [...new Set(arns)].flatMap((arn) => (arn === undefined ? [] : [{ arn, url }]));
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

function urlOf(balancer: LoadBalancer, listener: Listener): string {
  const scheme = (listener.Protocol ?? 'HTTP').toLowerCase();
  const port = listener.Port === DEFAULT_PORTS[scheme] ? '' : `:${listener.Port}`;
  return `${scheme}://${balancer.DNSName}${port}/`;
}
