import type { Route53 } from '../../aws/route53.ts';
import { sentences } from '../../domain/text.ts';
import { findZone } from './records.ts';

/**
 * What is worth knowing of names that lead to a load balancer with an idle target group: an alias that evaluates its health
 * calls it unhealthy as long as one of its groups has no targets (Route 53 API, AliasTarget).
 */
export async function aliasNotes(
  route53: Route53,
  names: readonly { readonly name: string; readonly zone: string }[],
): Promise<readonly string[]> {
  const found = await Promise.all(
    names.map(async ({ name, zone }) => {
      const { id } = await findZone(route53, zone);
      const [ipv4, ipv6] = await Promise.all([route53.records(id, name, 'A'), route53.records(id, name, 'AAAA')]);
      const evaluates = [...ipv4, ...ipv6].some(({ AliasTarget }) => AliasTarget?.EvaluateTargetHealth === true);
      return (
        evaluates &&
        `${name} evaluates the health of the load balancer, which counts as unhealthy as long as one of its target groups is empty or has no healthy target, as the idle one may. Set EvaluateTargetHealth to false.`
      );
    }),
  );
  return sentences(...found);
}
