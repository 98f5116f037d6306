import type { BalancerEndpoint } from '../route53/model.ts';
import type { LoadBalancer, TargetGroup } from './model.ts';
import type { Elbv2State } from './state.ts';

/** Finds a load balancer by its DNS name, ignoring case. */
export function endpointOf(state: Elbv2State, dnsName: string): BalancerEndpoint | undefined {
  const name = dnsName.toLowerCase();
  const found = [...state.loadBalancers.values()].find((candidate) => candidate.dnsName.toLowerCase() === name);
  if (!found) return undefined;
  return { zoneId: HOSTED_ZONE, address: found.host, healthy: () => isHealthy(state, found) };
}

/** Canonical hosted zone of the load balancers in eu-west-1; used for every region here. */
export const HOSTED_ZONE = 'Z32O12XQLNTSW2';

/**
 * Whether EvaluateTargetHealth considers it healthy: each of its target groups, whatever its weight, has a healthy target.
 * A group without registered targets is unhealthy (Route 53 API, AliasTarget).
 */
function isHealthy(state: Elbv2State, loadBalancer: LoadBalancer): boolean {
  const groups = [...state.groups.values()].filter((group) => group.loadBalancer === loadBalancer);
  return groups.every(hasHealthyTarget);
}

function hasHealthyTarget({ targets }: TargetGroup): boolean {
  return [...targets.values()].some((target) => !target.drain && target.checks && target.health.state === 'healthy');
}

/** A DNS name in AWS's format, for a load balancer with its own address. */
export function dnsNameOf(state: Elbv2State, name: string, scheme: string): string {
  const number = 100_000_000 + Math.floor(state.random() * 900_000_000);
  return `${scheme === 'internal' ? 'internal-' : ''}${name}-${number}.${state.region}.elb.amazonaws.com`;
}
