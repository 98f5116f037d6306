import type { RouteConfig, TargetGroupConfig, TrafficConfig } from '../config/config.ts';
import { OperatorError } from '../errors.ts';
import type { SandboxOptions } from '../sandbox/index.ts';

type FrontOptions = Pick<SandboxOptions, 'production' | 'test' | 'weighted'>;

/** The config's target groups in the sandbox's words, and what leads to them. */
export function frontOf(traffic: TrafficConfig, appPort: number): FrontOptions {
  const group = ({ targetGroup, port }: TargetGroupConfig) => ({ name: targetGroup, port: port ?? appPort });
  if (traffic.kind === 'target-groups') {
    return { production: traffic.production.map(group), test: traffic.test.map(group) };
  }
  const loadBalancer = traffic.production[0]?.loadBalancer;
  const [first, second] = traffic.groups.map((one) => ({ ...group(one), loadBalancer }));
  const route = ({ port, priority }: RouteConfig) => {
    if (port !== undefined) return { port, priority };
    throw new OperatorError('sandbox-arn', 'The sandbox cannot make a listener or a rule with a given ARN.', {
      next: ['Name it by `loadBalancer` and `port` in `traffic.production` and `traffic.test`.'],
    });
  };
  return {
    production: first ? [first] : [],
    test: second ? [second] : [],
    weighted: { production: traffic.production.map(route), test: traffic.test.map(route) },
  };
}
