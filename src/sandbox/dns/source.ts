import { balancerName } from '../route53/conflicts.ts';
import type { BalancerEndpoint, Route53State, Records, RecordSet } from '../route53/model.ts';
import { within } from '../route53/names.ts';
import { recordsAt } from '../route53/versions.ts';

/** A zone as one name server knows it at one moment. */
export interface ServedZone {
  readonly name: string;
  readonly records: Records;
}

/** All that an answer depends on. */
export interface AnswerSource {
  /** The zone with the longest name that a name lies in. */
  zone(name: string): ServedZone | undefined;
  balancer(name: string): BalancerEndpoint | undefined;
  /** Whether a health check passes. */
  passes(healthCheckId: string): boolean;
  /** Seconds for which the address of a load balancer may be kept. */
  readonly ttl: number;
  /** From 0 to 1, for weights. */
  readonly random: () => number;
}

/** What one query is answered from; `random` also says how far a change has come. */
export function answerSource(state: Route53State, random: () => number): AnswerSource {
  const now = state.clock.monotonic();
  return {
    ttl: Math.round(state.times.ttlMs / 1000),
    random,
    balancer: (name) => state.balancer(balancerName(name)),
    // A health check that was deleted doesn't count.
    passes: (id) => state.healthChecks.get(id)?.failing !== true,
    zone: (name) => {
      const zones = [...state.zones.values()].filter((zone) => within(name, zone.name));
      for (const zone of zones.toSorted((a, b) => b.name.length - a.name.length)) {
        const records = recordsAt(zone, now, random);
        if (records) return { name: zone.name, records };
      }
      return undefined;
    },
  };
}

/** Record sets by name; made once for each state of a zone. */
const indexes = new WeakMap<Records, ZoneIndex>();

export interface ZoneIndex {
  readonly byName: ReadonlyMap<string, readonly RecordSet[]>;
  /** Names that exist, also those that only lead to others. */
  readonly nodes: ReadonlySet<string>;
}

export function zoneIndex({ name, records }: ServedZone): ZoneIndex {
  const known = indexes.get(records);
  if (known) return known;
  const byName = Map.groupBy(records.values(), (set) => set.Name);
  const nodes = new Set<string>();
  for (const full of byName.keys()) {
    for (let node = full; within(node, name); node = parentOf(node)) nodes.add(node);
  }
  const index = { byName, nodes };
  indexes.set(records, index);
  return index;
}

/** `example.com.` of `www.example.com.`. */
export function parentOf(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}
