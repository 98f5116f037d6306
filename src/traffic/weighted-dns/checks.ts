import type { ResourceRecordSet } from '../../aws/route53.ts';
import { duration } from '../../domain/text.ts';
import type { Found } from './records.ts';
import { longestTtl, unlikeTtl } from './ttl.ts';

/** Why traffic must not be moved by the records as they are, as sentences. */
export function problemsIn(found: readonly Found[]): readonly string[] {
  return found.flatMap((one) => [...recordProblems(one), ...unlikeTtl(one)]);
}

function recordProblems({ place, sides, others }: Found): readonly string[] {
  return [
    ...[place.blue, place.green].flatMap((id, index) => missing(place.name, id, sides[index])),
    ...others
      .filter(({ Weight }) => Weight === undefined)
      .map(() => `${place.name} has records that are not weighted.`),
    ...(sides.every((set) => set?.Weight === 0)
      ? [`All weights of ${place.name} are 0, which gives each record the same share.`]
      : []),
  ];
}

function missing(name: string, id: string, set: ResourceRecordSet | undefined): readonly string[] {
  if (set === undefined) return [`${name} has no record with the set identifier ${id}.`];
  return set.Weight === undefined ? [`The record ${id} of ${name} is not weighted.`] : [];
}

const LONG_S = 60;

/** What is worth knowing before traffic is moved, as sentences. */
export function recordNotes(found: readonly Found[]): readonly string[] {
  return found.flatMap((one) => {
    const { place, sides } = one;
    const checked = sides.filter((set) => set?.HealthCheckId !== undefined);
    const evaluated = sides.filter((set) => set?.AliasTarget?.EvaluateTargetHealth === true);
    const ttlS = longestTtl(one);
    return [
      ...(ttlS > LONG_S && place.lowerTtl === undefined
        ? [
            `Resolvers may keep answers of ${place.name} for ${duration(ttlS)}; a rollback takes as long. With \`lowerTtl: { from: ${ttlS}s, to: 10s }\` at that name in the config, promote lowers the TTL first, and cleanup sets it back.`,
          ]
        : []),
      ...(place.lowerTtl !== undefined && sides.every((set) => set?.TTL === undefined)
        ? [`${place.name} is an alias, whose TTL is that of its load balancer: \`lowerTtl\` changes nothing there.`]
        : []),
      ...(checked.length > 0
        ? [`Records of ${place.name} have health checks, which beat the weights: a side that fails them gets nothing.`]
        : []),
      ...(evaluated.length > 0
        ? [
            `Records of ${place.name} evaluate the health of their load balancer: one with an empty target group counts as unhealthy, and gets nothing.`,
          ]
        : []),
    ];
  });
}
