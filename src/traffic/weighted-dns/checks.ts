import type { ResourceRecordSet, Route53 } from '../../aws/route53.ts';
import { duration, sentences } from '../../domain/text.ts';
import { findZones, isAllZero, type Found } from './records.ts';
import { longestTtl, unlikeTtl } from './ttl.ts';

/** Why traffic must not be moved by the records as they are, as sentences. */
export function problemsIn(found: readonly Found[], groups: readonly string[]): readonly string[] {
  return found.flatMap((one) => [...crossedTexts(one, groups), ...recordProblems(one), ...unlikeTtl(one)]);
}

/** By their names, in the order of the config. */
function crossedTexts({ place: { name }, crossed }: Found, groups: readonly string[]): readonly string[] {
  return crossed.map(
    ({ id, leadsTo }) =>
      `The record ${id} of ${name} leads to the load balancer of ${groups[leadsTo]}, and the config names it for ${groups[1 - leadsTo]}.`,
  );
}

function recordProblems({ place, sides, others }: Found): readonly string[] {
  const { name, blue, green } = place;
  const notWeighted = others.filter(({ Weight }) => Weight === undefined);
  return sentences(
    ...[blue, green].map((id, index) => sideProblem(name, sides[index]?.SetIdentifier ?? id, sides[index])),
    ...notWeighted.map(() => `${name} has records that are not weighted.`),
  );
}

function sideProblem(name: string, id: string, set: ResourceRecordSet | undefined): string | undefined {
  if (set === undefined) return `${name} has no record with the set identifier ${id}.`;
  return set.Weight === undefined ? `The record ${id} of ${name} is not weighted.` : undefined;
}

const LONG_S = 60;

/** What is worth knowing before traffic is moved, as sentences. */
export function recordNotes(found: readonly Found[], groups: readonly string[]): readonly string[] {
  return found.flatMap((one) => {
    const { sides } = one;
    const { name, lowerTtl } = one.place;
    const ttlS = longestTtl(one);
    const evaluating = sides.filter((set) => set?.AliasTarget?.EvaluateTargetHealth === true);
    return sentences(
      ...crossedTexts(one, groups),
      ttlS > LONG_S &&
        lowerTtl === undefined &&
        `Resolvers may keep answers of ${name} for ${duration(ttlS)}; a rollback takes as long. With \`lowerTtl: { from: ${ttlS}s, to: 10s }\` at that name in the config, promote lowers the TTL first, and cleanup sets it back.`,
      lowerTtl !== undefined &&
        sides.every((set) => set?.TTL === undefined) &&
        `${name} is an alias, whose TTL is that of its load balancer: \`lowerTtl\` changes nothing there.`,
      isAllZero(one) && `All weights of ${name} are 0: Route 53 answers with each of its records equally often.`,
      sides.some((set) => set?.HealthCheckId !== undefined) &&
        `Records of ${name} have health checks, which beat the weights: a side that fails them gets nothing.`,
      evaluating.length > 0 &&
        `Records of ${name} evaluate the health of their load balancer: one with an empty target group counts as unhealthy, and gets nothing.`,
      evaluating.length === 1 &&
        `Of ${name} only ${evaluating[0]?.SetIdentifier} does: the other record counts as healthy whatever is behind it, and gets all clients while that one does not.`,
    );
  });
}

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
      const zones = await findZones(route53, zone);
      const sets = zones.flatMap(({ id }) => [route53.records(id, name, 'A'), route53.records(id, name, 'AAAA')]);
      const evaluates = (await Promise.all(sets))
        .flat()
        .some(({ AliasTarget }) => AliasTarget?.EvaluateTargetHealth === true);
      return (
        evaluates &&
        `${name} evaluates the health of the load balancer, which counts as unhealthy as long as one of its target groups is empty or has no healthy target, as the idle one may. Set EvaluateTargetHealth to false.`
      );
    }),
  );
  return sentences(...found);
}
