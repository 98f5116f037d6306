import { balancerName } from '../route53/conflicts.ts';
import type { BalancerEndpoint, HostedZoneState, Route53State, Records, RecordSet } from '../route53/model.ts';
import { within } from '../route53/names.ts';
import { recordsAt } from '../route53/versions.ts';

/** A zone as a name server has it at one moment. */
export interface ServedZone {
  readonly name: string;
  readonly records: Records;
}

/** The data for an answer. */
export interface AnswerSource {
  /** The zone with the longest name that contains `name`. */
  zone(name: string): ServedZone | undefined;
  balancer(name: string): BalancerEndpoint | undefined;
  /** Whether a health check passes. */
  passes(healthCheckId: string): boolean;
  /** TTL of a load balancer's address, in seconds. */
  readonly ttl: number;
  /** From 0 to 1, for weights. */
  readonly random: () => number;
}

/** The data for the answer to one query; `random` also decides whether the name server already has a change. */
export function answerSource(state: Route53State, random: () => number): AnswerSource {
  const now = state.clock.monotonic();
  return {
    ttl: Math.round(state.times.ttlMs / 1000),
    random,
    balancer: (name) => state.balancer(balancerName(name)),
    // A deleted health check is ignored.
    passes: (id) => state.healthChecks.get(id)?.failing !== true,
    zone: (name) => {
      // Records of a private zone are answered inside of its VPC alone.
      const isAsked = (zone: HostedZoneState): boolean => zone.vpc === undefined && within(name, zone.name);
      const zones = [...state.zones.values()].filter(isAsked);
      for (const zone of zones.toSorted((a, b) => b.name.length - a.name.length)) {
        const records = recordsAt(zone, now, random);
        if (records) return { name: zone.name, records };
      }
      return undefined;
    },
  };
}

/** Record sets by name, cached for each version of a zone. */
const indexes = new WeakMap<Records, ZoneIndex>();

export interface ZoneIndex {
  readonly byName: ReadonlyMap<string, readonly RecordSet[]>;
  /** Existing names, empty non-terminals too. */
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

/** The parent domain: `example.com.` of `www.example.com.`. */
export function parentOf(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}
