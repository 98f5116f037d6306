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

/** The record sets of a name, those of our groups in the order of the groups: by where they lead, and not by their set identifiers alone. */
export interface Found {
  readonly place: NameLocation;
  readonly sides: readonly (ResourceRecordSet | undefined)[];
  readonly others: readonly ResourceRecordSet[];
  /** Set identifiers of the config whose records lead to the load balancer of the other group, with that one's index. */
  readonly crossed: readonly { readonly id: string; readonly leadsTo: number }[];
}

/** What records name a load balancer by: its DNS name, and its addresses where those are its own for good. */
export type BalancerHosts = readonly string[];

/** Where the names are; and of which it could not be told in which zone, for all but the way back. */
interface FoundNames {
  readonly places: readonly NameLocation[];
  readonly unclear: readonly Unreadable[];
}

/**
 * Finds the zones, once a program. Of several with one name, those in which both records lead to these load balancers, in the
 * order of the groups: the way back moves the name in all of them. Throws `zone-not-found`, and `several-zones` where
 * none is.
 */
export async function findNames(
  route53: Route53,
  { production }: WeightedDnsConfig,
  balancers: () => Promise<readonly BalancerHosts[]>,
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
  balancers: readonly BalancerHosts[],
): Promise<readonly NameLocation[]> {
  const found = await Promise.all(places.map(async (place) => readRecords(route53, place, balancers)));
  const leads = ({ sides }: Found): boolean => balancers.every((hosts, index) => leadsTo(sides[index], hosts));
  return found.filter(leads).map(({ place }) => place);
}

/**
 * Other names in the zones of these places that lead to one of the load balancers, in the order of the pools; also
 * other types of the same name.
 */
export async function namesLeadingTo(
  route53: Route53,
  places: readonly NameLocation[],
  balancers: readonly BalancerHosts[],
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
          const index = balancers.findIndex((hosts) => leadsTo(set, hosts));
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

function leadsTo(set: ResourceRecordSet | undefined, balancer: BalancerHosts): boolean {
  const hosts = hostsIn(set);
  return balancer.some((host) => hosts.includes(plain(host)));
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

/**
 * The sides are where the records lead, as far as that can be told, since weights that are shown or set for the other group would give
 * clients what nobody has verified; whatever else is behind a record, the config is believed.
 * @param balancers in the order of the groups
 */
export async function readRecords(
  route53: Route53,
  place: NameLocation,
  balancers: readonly BalancerHosts[],
): Promise<Found> {
  const sets = await route53.records(place.zoneId, place.name, place.type);
  const ids = [place.blue, place.green];
  const sides = ids.map((id) => sets.find(({ SetIdentifier }) => SetIdentifier === id));
  const crossed = ids.flatMap((id, index) => {
    const isOwn = leadsTo(sides[index], balancers[index] ?? []);
    const other = isOwn ? -1 : balancers.findIndex((hosts) => leadsTo(sides[index], hosts));
    return other < 0 ? [] : [{ id, leadsTo: other }];
  });
  return {
    place,
    sides: crossed.length === ids.length ? sides.toReversed() : sides,
    others: sets.filter(({ SetIdentifier }) => !ids.includes(SetIdentifier ?? '')),
    crossed,
  };
}
