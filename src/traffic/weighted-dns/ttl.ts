import type { ResourceRecordSet } from '../../aws/route53.ts';
import { duration } from '../../domain/text.ts';
import type { RouteTtl } from '../../domain/traffic.ts';
import type { Found } from './records.ts';

/** How long resolvers may keep answers, and how that is changed for a switch. All in seconds. */

/** An alias to a load balancer is answered with this TTL (Route 53 developer guide, values for weighted alias records). */
const ALIAS_TTL_S = 60;

export function ttlOf({ sides }: Pick<Found, 'sides'>): RouteTtl {
  const isAlias = sides.some((set) => set?.AliasTarget !== undefined);
  return {
    own: sides.flatMap((set) => (set?.AliasTarget === undefined ? (set?.TTL ?? []) : [])),
    fixedS: isAlias ? ALIAS_TTL_S : 0,
  };
}

export function longestTtl(found: Found): number {
  const { own, fixedS } = ttlOf(found);
  return Math.max(fixedS, ...own);
}

/** Why its TTL is not as the config says: then so much as waiting for it would be wrong. */
export function unlikeTtl(found: Found): readonly string[] {
  const { fromS = Infinity } = found.place.lowerTtl ?? {};
  if (ttlOf(found).own.every((seconds) => seconds <= fromS)) return [];
  return [
    `The TTL of ${found.place.name} is ${duration(longestTtl(found))}, and \`lowerTtl.from\` says ${duration(fromS)}.`,
  ];
}

/** The records that have a TTL of their own, with that one in seconds, and nothing else changed. */
export function withTtl({ sides }: Found, seconds: number): readonly ResourceRecordSet[] {
  return sides.flatMap((set) => (set?.TTL === undefined ? [] : { ...set, TTL: seconds }));
}
