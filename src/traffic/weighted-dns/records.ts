import type { ResourceRecordSet, Route53 } from '../../aws/route53.ts';
import type { NameConfig, WeightedDnsConfig } from '../../config/config.ts';
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

/** Finds the zones, once a program. Throws `zone-not-found`. */
export async function findNames(route53: Route53, { production }: WeightedDnsConfig): Promise<readonly NameLocation[]> {
  const names = [...new Set(production.map(({ zone }) => zone))];
  const zones = new Map(await Promise.all(names.map(async (zone) => [zone, await findZone(route53, zone)] as const)));
  return production.map((name) => {
    const { id: zoneId, nameServers } = zones.get(name.zone)!;
    return { ...name, zoneId, nameServers };
  });
}

export async function findZone(route53: Route53, zone: string) {
  const id = ZONE_ID.test(zone) ? zone : await route53.zoneNamed(zone);
  if (id !== undefined) return route53.zone(id);
  throw new OperatorError('zone-not-found', `Route 53 has no hosted zone ${zone}.`, {
    next: ['Check `zone` under `traffic.production` in the config, and the account.'],
  });
}

/** For example `Z0123456789ABCDEFGHIJ`; a zone's name has a dot. */
const ZONE_ID = /^Z[A-Z0-9]+$/;

export async function readRecords(route53: Route53, place: NameLocation): Promise<Found> {
  const sets = await route53.records(place.zoneId, place.name, place.type);
  const ids = [place.blue, place.green];
  return {
    place,
    sides: ids.map((id) => sets.find(({ SetIdentifier }) => SetIdentifier === id)),
    others: sets.filter(({ SetIdentifier }) => !ids.includes(SetIdentifier ?? '')),
  };
}
