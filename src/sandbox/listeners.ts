import type { Action, CreateListenerOutput, CreateTargetGroupOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { EmulatedElbv2 } from './elbv2/index.ts';
import type { GroupOption, RouteOption, SandboxPlan, WeightedOption } from './options.ts';
import { call } from './service.ts';

/** A target group of the sandbox, and the URL at which clients reach it. */
export interface SandboxGroup extends GroupOption {
  readonly arn: string;
  readonly url: string;
  readonly loadBalancer: string;
}

/** What is needed to create target groups and the listeners that forward to them. */
export interface ListenerSetup {
  readonly plan: SandboxPlan;
  readonly elbv2: EmulatedElbv2;
  readonly vpc: string;
  /** ARN of the group's load balancer. */
  readonly arnOf: (option: GroupOption) => string;
}

interface Groups {
  readonly production: readonly SandboxGroup[];
  readonly test: readonly SandboxGroup[];
}

/** The name of the group's load balancer. */
export function loadBalancerName(plan: SandboxPlan, { loadBalancer = plan.environment }: GroupOption): string {
  return loadBalancer;
}

/** Creates a listener for each group: the first of each kind on the port of the plan, the others on free ports. */
export async function createOwnListeners(setup: ListenerSetup): Promise<Groups> {
  const { plan } = setup;
  const all = async (options: readonly GroupOption[], first: number): Promise<readonly SandboxGroup[]> => {
    const made: SandboxGroup[] = [];
    for (const option of options) {
      const arn = await createGroup(setup, option);
      const forward = { Type: 'forward', TargetGroupArn: arn } as const;
      const url = await createRoute(setup, option, { port: portOf(made, option, first) }, forward);
      made.push({ ...option, arn, url, loadBalancer: loadBalancerName(plan, option) });
    }
    return made;
  };
  const production = await all(plan.production, plan.productionPort);
  return { production, test: await all(plan.test, plan.testPort) };
}

/** Load balancers of one DNS name share a port, each on its own address; a second group of one load balancer gets a free port. */
function portOf(made: readonly SandboxGroup[], option: GroupOption, first: number): number {
  const [other] = made;
  if (!other) return first;
  return made.some(({ loadBalancer }) => loadBalancer === option.loadBalancer) || option.loadBalancer === undefined
    ? 0
    : Number(new URL(other.url).port);
}

/** Creates listeners that forward to all groups by weight: production ones to the production groups, test ones to the test groups. */
export async function createWeightedGroups(setup: ListenerSetup, routes: WeightedOption): Promise<Groups> {
  const { plan } = setup;
  const arns = new Map<GroupOption, string>();
  const [first] = plan.production;
  if (first === undefined) throw new Error('There is no production group');
  for (const option of [...plan.production, ...plan.test]) arns.set(option, await createGroup(setup, option));
  const createRoutes = async (to: readonly GroupOption[], through: readonly RouteOption[]): Promise<string> => {
    const TargetGroups = [...arns].map(([option, arn]) => ({
      TargetGroupArn: arn,
      Weight: to.includes(option) ? 100 : 0,
    }));
    const urls: string[] = [];
    for (const route of through) {
      urls.push(await createRoute(setup, first, route, { Type: 'forward', ForwardConfig: { TargetGroups } }));
    }
    return urls[0] ?? '';
  };
  const group = (url: string) => (option: GroupOption) => ({
    ...option,
    arn: arns.get(option) as string,
    url,
    loadBalancer: loadBalancerName(plan, option),
  });
  const urls = {
    production: await createRoutes(plan.production, routes.production),
    test: await createRoutes(plan.test, routes.test),
  };
  return { production: plan.production.map(group(urls.production)), test: plan.test.map(group(urls.test)) };
}

/** @returns its ARN */
async function createGroup({ plan, elbv2, vpc }: ListenerSetup, option: GroupOption): Promise<string> {
  const { healthCheck: check } = plan;
  const output = await call<CreateTargetGroupOutput>(elbv2, 'CreateTargetGroup', {
    Name: option.name,
    Protocol: 'HTTP',
    Port: option.port,
    VpcId: vpc,
    TargetType: 'instance',
    HealthCheckPath: check.path,
    // Fractions of a second are valid for calls within the process.
    HealthCheckIntervalSeconds: check.interval / 1000,
    HealthCheckTimeoutSeconds: check.timeout / 1000,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
  });
  const TargetGroupArn = output.TargetGroups![0]!.TargetGroupArn!;
  const delay = { Key: 'deregistration_delay.timeout_seconds', Value: String(plan.deregistrationDelay / 1000) };
  await call(elbv2, 'ModifyTargetGroupAttributes', { TargetGroupArn, Attributes: [delay] });
  return TargetGroupArn;
}

const NOT_FOUND_RESPONSE: Action = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } };

/** Creates a listener whose default action, or with a priority whose rule, is `action`. @returns its URL */
async function createRoute(
  { elbv2, arnOf }: ListenerSetup,
  option: GroupOption,
  { port, priority }: RouteOption,
  action: Action,
): Promise<string> {
  const created = await call<CreateListenerOutput>(elbv2, 'CreateListener', {
    LoadBalancerArn: arnOf(option),
    Protocol: 'HTTP',
    Port: port,
    DefaultActions: [priority === undefined ? action : NOT_FOUND_RESPONSE],
  });
  const arn = created.Listeners![0]!.ListenerArn!;
  if (priority !== undefined) {
    const everything = [{ Field: 'path-pattern', Values: ['*'] }];
    await call(elbv2, 'CreateRule', {
      ListenerArn: arn,
      Priority: priority,
      Conditions: everything,
      Actions: [action],
    });
  }
  return elbv2.urls().find(({ listenerArn }) => listenerArn === arn)?.url ?? '';
}
