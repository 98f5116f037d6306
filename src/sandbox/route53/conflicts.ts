import type { Route53State, Records, RecordSet, HostedZoneState } from './model.ts';
import { within } from './names.ts';

/** Maximum weighted record sets of a name and type (Route 53 developer guide, "Quotas"). */
const WEIGHTED_MAX = 100;

/** The problems of a zone's records after a batch that created or changed some of them. */
export function recordConflicts(
  state: Route53State,
  zone: HostedZoneState,
  records: Records,
  changed: readonly RecordSet[],
): readonly string[] {
  const all = [...records.values()];
  const messages = changed.flatMap((set) => {
    const others = all.filter((other) => other !== set && other.Name === set.Name);
    return [
      ...cnameConflicts(zone, set, others),
      ...routingConflicts(
        set,
        others.filter(({ Type }) => Type === set.Type),
      ),
      ...aliasFaults(state, zone, all, set),
    ];
  });
  return [...messages, ...apexFaults(zone, all)];
}

function cnameConflicts(zone: HostedZoneState, set: RecordSet, others: readonly RecordSet[]): readonly string[] {
  const start = `RRSet of type ${set.Type} with DNS name ${set.Name} is not permitted`;
  if (set.Type === 'CNAME' && set.Name === zone.name) return [`${start} at apex in zone ${zone.name}`];
  if (set.Type === 'CNAME' && others.some(({ Type }) => Type !== 'CNAME')) {
    return [`${start} as it conflicts with other records with the same DNS name in zone ${zone.name}`];
  }
  if (set.Type !== 'CNAME' && others.some(({ Type }) => Type === 'CNAME')) {
    const why = 'because a conflicting RRSet of type CNAME with the same DNS name already exists';
    return [`${start} ${why} in zone ${zone.name}`];
  }
  return [];
}

/** Conflicts among record sets of one name and type. */
function routingConflicts(set: RecordSet, siblings: readonly RecordSet[]): readonly string[] {
  const { Name, Type, SetIdentifier } = set;
  if (SetIdentifier === undefined) {
    if (siblings.length === 0) return [];
    return [
      `RRSet with DNS name ${Name}, type ${Type} cannot be created as other RRSets exist with the same name and type.`,
    ];
  }
  const cannot = `RRSet with DNS name ${Name}, type ${Type}, SetIdentifier ${SetIdentifier} cannot be created as`;
  if (siblings.some((sibling) => sibling.SetIdentifier === undefined)) {
    return [`${cannot} a non-weighted set exists with the same name and type.`];
  }
  if (set.TTL !== undefined && siblings.some(({ TTL }) => TTL !== undefined && TTL !== set.TTL)) {
    return [`${cannot} weighted sets must contain the same TTL.`];
  }
  return siblings.length >= WEIGHTED_MAX ? [`${cannot} there are ${WEIGHTED_MAX} weighted sets already.`] : [];
}

function aliasFaults(
  state: Route53State,
  zone: HostedZoneState,
  all: readonly RecordSet[],
  set: RecordSet,
): readonly string[] {
  const { AliasTarget: alias, Type } = set;
  if (!alias) return [];
  const { DNSName: target = '', HostedZoneId: zoneId = '' } = alias;
  const tried = `Tried to create an alias that targets ${target}, type ${Type} in zone ${zoneId}`;
  const missing = `${tried}, but that target was not found`;
  if (zoneId === zone.id) {
    if (!within(target, zone.name))
      return [`${tried}, but the alias target name does not lie within the target zone`, missing];
    const found = all.some((other) => other !== set && other.Name === target && other.Type === Type);
    return found ? [] : [missing];
  }
  const balancer = state.balancer(balancerName(target));
  if (balancer?.zoneId === zoneId) return Type === 'A' || Type === 'AAAA' ? [] : [missing];
  return [`${tried}, but the alias target name does not lie within the target zone`, missing];
}

/** The load balancer's DNS name in an alias target. */
export function balancerName(target: string): string {
  return target.replace(/\.$/, '').replace(/^dualstack\./, '');
}

function apexFaults(zone: HostedZoneState, all: readonly RecordSet[]): readonly string[] {
  const apex = all.filter(({ Name }) => Name === zone.name).map(({ Type }) => Type);
  return [
    ...(apex.filter((type) => type === 'SOA').length === 1
      ? []
      : ['A HostedZone must contain exactly one SOA record.']),
    ...(apex.includes('NS') ? [] : ['A HostedZone must contain at least one NS record for the zone itself.']),
  ];
}
