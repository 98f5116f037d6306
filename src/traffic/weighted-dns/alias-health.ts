import type { Elbv2, TargetGroup, TargetHealthDescription } from '../../aws/elbv2.ts';
import type { Settings } from '../target-groups.ts';
import type { Found } from './records.ts';

/**
 * Why Route 53 answers with other records than those of a group, whatever the weights are, by the group's name: its alias
 * evaluates the health of a load balancer at which another target group is empty or has no healthy target (Route 53 API,
 * AliasTarget). Asks for nothing where no alias does.
 */
export async function passedOver(
  elbv2: Elbv2,
  found: readonly Found[],
  groups: readonly Settings[],
): Promise<Readonly<Record<string, string>>> {
  const reasons = await Promise.all(
    groups.map(async ({ name, arn, group }, index) => {
      const [balancer] = group.LoadBalancerArns ?? [];
      const alias = found.find(({ sides }) => sides[index]?.AliasTarget?.EvaluateTargetHealth === true);
      if (alias === undefined || balancer === undefined) return [];
      const others = (await elbv2.targetGroupsAt(balancer)).filter(({ TargetGroupArn }) => TargetGroupArn !== arn);
      const sick = await firstSick(elbv2, others);
      return sick === undefined ? [] : [[name, reason(alias.place.name, balancer, sick)] as const];
    }),
  );
  return Object.fromEntries(reasons.flat());
}

async function firstSick(elbv2: Elbv2, groups: readonly TargetGroup[]): Promise<TargetGroup | undefined> {
  const health = await Promise.all(groups.map(async ({ TargetGroupArn = '' }) => elbv2.targetHealth(TargetGroupArn)));
  return groups.find((_, index) => !(health[index] ?? []).some(countsAsHealthy));
}

/** A target whose health is not checked counts as healthy. */
function countsAsHealthy({ TargetHealth }: TargetHealthDescription): boolean {
  return TargetHealth?.State === 'healthy' || TargetHealth?.State === 'unavailable';
}

function reason(name: string, balancer: string, { TargetGroupName }: TargetGroup): string {
  // `…:loadbalancer/app/shop-green/50dc6c495c0c9188`.
  const called = balancer.split('/').at(-2) ?? balancer;
  return `The record of ${name} evaluates the health of the load balancer ${called}, which counts as unhealthy while its target group ${TargetGroupName} has no healthy target: Route 53 answers with the other side then, whatever the weights are.`;
}
