import type { ResourceRecordSet } from '../../aws/route53.ts';
import { duration } from '../../domain/text.ts';
import type { Lowering, Ttl } from '../../domain/snapshot.ts';
import type { Found } from './records.ts';

/** How long resolvers may keep answers, and how that is changed for a switch. All in seconds. */

/** An alias to a load balancer is answered with this TTL (Route 53 developer guide, values for weighted alias records). */
const ALIAS_TTL_S = 60;

export function ttlOf({ sides }: Found): number {
  return Math.max(...sides.map((set) => (set?.AliasTarget === undefined ? (set?.TTL ?? 0) : ALIAS_TTL_S)));
}

export function longestTtl(found: readonly Found[]): number {
  return Math.max(0, ...found.map(ttlOf));
}

/** The records of ours that have a TTL of their own; none where it is not to be changed. */
function ownTtls({ place, sides }: Found): readonly (ResourceRecordSet & { readonly TTL: number })[] {
  if (place.lowerTtl === undefined) return [];
  return sides.flatMap((set) => (set?.TTL === undefined ? [] : [{ ...set, TTL: set.TTL }]));
}

/** Whether nothing of the name has to be changed to get there. */
export function isAt(found: Found, which: Ttl): boolean {
  const { fromS = 0, toS = 0 } = found.place.lowerTtl ?? {};
  return ownTtls(found).every(({ TTL }) => (which === 'low' ? TTL <= toS : TTL === fromS));
}

/** Why its TTL is not as the config says: then so much as waiting for it would be wrong. */
export function unlikeTtl(found: Found): readonly string[] {
  const { fromS = 0 } = found.place.lowerTtl ?? {};
  if (ownTtls(found).every(({ TTL }) => TTL <= fromS)) return [];
  return [
    `The TTL of ${found.place.name} is ${duration(ttlOf(found))}, and \`lowerTtl.from\` says ${duration(fromS)}.`,
  ];
}

/** The records with that TTL, and nothing else changed. */
export function withTtl(found: Found, which: Ttl): readonly ResourceRecordSet[] {
  const { fromS = 0, toS = 0 } = found.place.lowerTtl ?? {};
  return ownTtls(found).map((set) => ({ ...set, TTL: which === 'low' ? toS : fromS }));
}

/** How far the names are that have a TTL to be lowered; undefined where there is none. `givenMs` is what the config says of all. */
export function loweringOf(found: readonly Found[], givenMs = Infinity): Lowering | undefined {
  const some = found.filter((one) => ownTtls(one).length > 0);
  if (some.length === 0) return undefined;
  const is = (['low', 'usual'] as const).find((which) => some.every((one) => isAt(one, which))) ?? 'other';
  const lowered = found.map((one) => (some.includes(one) ? { ...one, sides: withTtl(one, 'low') } : one));
  const usualS = Math.max(...some.map(({ place }) => place.lowerTtl?.fromS ?? 0));
  return { is, usualS, lowS: Math.min(longestTtl(lowered), givenMs / 1000) };
}
