import type { ResourceRecordSet, Route53 } from '../../aws/route53.ts';
import type { NameConfig, WeightedDnsConfig } from '../../config/config.ts';
import { list } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';

/** Where a name of the config is. */
export interface NameLocation extends NameConfig {
  readonly zoneId: string;
  /** Host names of the zone's own name servers. */
  readonly nameServers: readonly string[];
}

/** The record sets of a name, those of our groups in the order of the groups. */
export interface Found {
  readonly place: NameLocation;
  readonly sides: readonly (ResourceRecordSet | undefined)[];
  readonly others: readonly ResourceRecordSet[];
}

/** Finds the zones, once a program. Throws `zone-not-found` or `several-zones`. */
export async function findNames(route53: Route53, { production }: WeightedDnsConfig): Promise<readonly NameLocation[]> {
  const names = [...new Set(production.map(({ zone }) => zone))];
  const zones = new Map(await Promise.all(names.map(async (zone) => [zone, await findZone(route53, zone)] as const)));
  return production.map((name) => {
    const { id: zoneId, nameServers } = zones.get(name.zone)!;
    return { ...name, zoneId, nameServers };
  });
}

async function findZone(route53: Route53, zone: string) {
  const found = await findZones(route53, zone);
  if (found.length > 1) throw severalZones(zone, found);
  return route53.zone(found[0]!.id);
}

/** All that have this name, or the one with this id; at least one. Throws `zone-not-found`. */
export async function findZones(route53: Route53, zone: string): ReturnType<Route53['zonesNamed']> {
  const found = ZONE_ID.test(zone) ? [{ id: zone, isPrivate: false }] : await route53.zonesNamed(zone);
  if (found.length > 0) return found;
  throw new OperatorError('zone-not-found', `Route 53 has no hosted zone ${zone}.`, {
    next: ['Check `zone` under `traffic.production` in the config, and the account.'],
  });
}

function severalZones(zone: string, found: Awaited<ReturnType<Route53['zonesNamed']>>): OperatorError {
  const ids = found.map(({ id, isPrivate }) => `${id} (${isPrivate ? 'private' : 'public'})`);
  return new OperatorError('several-zones', `Route 53 has ${found.length} hosted zones ${zone}: ${list(ids)}.`, {
    next: [
      `Write the id in place of the name: \`zone: ${found[0]?.id}\` under \`traffic\` in the config.`,
      'To switch a name in several zones, list it once for each, by their ids.',
    ],
  });
}

/** For example `Z0123456789ABCDEFGHIJ`; a zone's name has a dot. */
const ZONE_ID = /^Z[A-Z0-9]+$/;

/** Then Route 53 gives all of them the same share (Route 53 developer guide, weighted routing). */
export function isAllZero({ sides, others }: Found): boolean {
  const weights = [...sides, ...others].flatMap((set) => set?.Weight ?? []);
  return weights.length > 0 && weights.every((weight) => weight === 0);
}

export async function readRecords(route53: Route53, place: NameLocation): Promise<Found> {
  const sets = await route53.records(place.zoneId, place.name, place.type);
  const ids = [place.blue, place.green];
  return {
    place,
    sides: ids.map((id) => sets.find(({ SetIdentifier }) => SetIdentifier === id)),
    others: sets.filter(({ SetIdentifier }) => !ids.includes(SetIdentifier ?? '')),
  };
}
