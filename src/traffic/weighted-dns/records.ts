import type { ResourceRecordSet, Route53 } from '../../aws/route53.ts';
import type { NameConfig, WeightedDnsConfig } from '../../config/config.ts';
import { list } from '../../domain/text.ts';
import type { Surroundings } from '../../domain/traffic.ts';
import type { Unreadable } from '../../domain/unreadable.ts';
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

/** Where the names are; and of which it could not be told in which zone, for all but the way back. */
interface FoundNames {
  readonly places: readonly NameLocation[];
  readonly unclear: readonly Unreadable[];
}

/**
 * Finds the zones, once a program. Of several with one name, those in which both records lead to these load balancers, as their DNS
 * names in the order of the groups: the way back moves the name in all of them. Throws `zone-not-found`, and `several-zones` where
 * none is.
 */
export async function findNames(
  route53: Route53,
  { production }: WeightedDnsConfig,
  balancers: () => Promise<readonly string[]>,
): Promise<FoundNames> {
  const names = [...new Set(production.map(({ zone }) => zone))];
  const zones = new Map(await Promise.all(names.map(async (zone) => [zone, await findZones(route53, zone)] as const)));
  const found = production.map(async (name): Promise<FoundNames> => {
    const all = zones.get(name.zone)!;
    const places = await Promise.all(
      all.map(async (zone): Promise<NameLocation> => {
        const { id: zoneId, nameServers } = await route53.zone(zone.id);
        return { ...name, zoneId, nameServers };
      }),
    );
    if (all.length === 1) return { places, unclear: [] };
    const several = severalZones(name.zone, all);
    const ours = await placesLeadingTo(route53, places, await balancers());
    if (ours.length === 0) throw several;
    const { code, message: why, next } = several;
    return { places: ours, unclear: [{ name: `The zone of ${name.name}`, code, why, next }] };
  });
  const all = await Promise.all(found);
  return { places: all.flatMap(({ places }) => places), unclear: all.flatMap(({ unclear }) => unclear) };
}

async function placesLeadingTo(
  route53: Route53,
  places: readonly NameLocation[],
  balancers: readonly string[],
): Promise<readonly NameLocation[]> {
  const found = await Promise.all(places.map(async (place) => readRecords(route53, place)));
  const leads = ({ sides }: Found): boolean =>
    balancers.every((host, index) => hostsIn(sides[index]).includes(plain(host)));
  return found.filter(leads).map(({ place }) => place);
}

/**
 * Other names in the zones of these places that lead to one of the load balancers, given by their DNS names in the order of the pools;
 * also other types of the same name.
 */
export async function namesLeadingTo(
  route53: Route53,
  places: readonly NameLocation[],
  balancers: readonly string[],
  pools: readonly string[],
): Promise<Surroundings['names']> {
  const zones = [...new Set(places.map(({ zoneId }) => zoneId))];
  const found = await Promise.all(
    zones.map(async (zone) => {
      const own = places.filter(({ zoneId }) => zoneId === zone).map(({ name, type }) => `${plain(name)} ${type}`);
      const all = await route53.allRecords(zone);
      return all
        .filter(({ Name = '', Type, Weight }) => Weight !== 0 && !own.includes(`${plain(Name)} ${Type}`))
        .flatMap((set) => {
          const hosts = hostsIn(set);
          const index = balancers.findIndex((host) => hosts.includes(plain(host)));
          return index < 0 ? [] : [{ name: `${plain(set.Name ?? '')} (${set.Type})`, pool: pools[index] ?? '' }];
        });
    }),
  );
  return found.flat();
}

/** The names that the record stands for; the console writes aliases of load balancers with `dualstack.`. */
function hostsIn(set: ResourceRecordSet | undefined): readonly string[] {
  const values = set?.AliasTarget?.DNSName ?? (set?.ResourceRecords ?? []).map(({ Value = '' }) => Value);
  return [values].flat().map((value) => plain(value).replace(/^dualstack\./, ''));
}

function plain(name: string): string {
  return name.replace(/\.$/, '').toLowerCase();
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
      `Write the id in place of the name: \`zone: ${found[0]?.id}\` under \`traffic.production\` in the config.`,
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
