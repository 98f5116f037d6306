import type { NameConfig, RouteConfig, TargetGroupConfig, TrafficConfig, WeightedDnsConfig } from '../config/config.ts';
import { OperatorError } from '../errors.ts';
import type { SandboxOptions } from '../sandbox/index.ts';

type FrontOptions = Pick<SandboxOptions, 'production' | 'test' | 'weighted'> & {
  /** DNS names of the load balancers. */
  readonly names?: NonNullable<SandboxOptions['dns']>['names'];
};

/** The config's target groups and routes as options of the sandbox. */
export function frontOf(traffic: TrafficConfig, appPort: number): FrontOptions {
  const group = ({ targetGroup, port }: TargetGroupConfig) => ({ name: targetGroup, port: port ?? appPort });
  if (traffic.kind === 'target-groups') {
    return { production: traffic.production.map(group), test: traffic.test.map(group) };
  }
  if (traffic.kind === 'weighted-dns') return namesOf(traffic, traffic.groups.map(group));
  const loadBalancer = traffic.production[0]?.loadBalancer;
  const [first, second] = traffic.groups.map((one) => ({ ...group(one), loadBalancer }));
  const route = ({ port, priority }: RouteConfig) => {
    if (port !== undefined) return { port, priority };
    throw new OperatorError('sandbox-arn', 'The sandbox cannot create a listener or a rule with a given ARN.', {
      next: ['Use `loadBalancer` and `port` in `traffic.production` and `traffic.test`.'],
    });
  };
  return {
    production: first ? [first] : [],
    test: second ? [second] : [],
    weighted: { production: traffic.production.map(route), test: traffic.test.map(route) },
  };
}

/** Each group behind a load balancer of its own, of the same name. */
function namesOf({ production }: WeightedDnsConfig, groups: readonly { name: string; port: number }[]): FrontOptions {
  const [blue, green] = groups.map((one) => ({ ...one, loadBalancer: one.name }));
  if (blue === undefined || green === undefined) throw new Error('There must be two groups.');
  return {
    production: [blue, { ...green, serves: false }],
    test: [],
    names: production.map(({ name, zone, type, blue: first, green: second }: NameConfig) => ({
      name,
      zone: zoneName(zone),
      record: type === 'CNAME' ? ('CNAME' as const) : ('alias' as const),
      sides: [
        { id: first, loadBalancer: blue.loadBalancer, weight: 100 },
        { id: second, loadBalancer: green.loadBalancer, weight: 0 },
      ],
    })),
  };
}

function zoneName(zone: string): string {
  if (zone.includes('.')) return zone;
  throw new OperatorError('sandbox-zone', 'The sandbox cannot create a hosted zone with a given id.', {
    next: ['Use its name in `traffic.production`, for example example.com.'],
  });
}
