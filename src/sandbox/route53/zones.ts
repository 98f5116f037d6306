import type {
  CreateHostedZoneRequest,
  DeleteHostedZoneRequest,
  GetHostedZoneRequest,
  HostedZone,
  ListHostedZonesByNameRequest,
  ListHostedZonesRequest,
} from '@aws-sdk/client-route-53';
import { ApiError, type Operation } from '../service.ts';
import { bareId, newRoute53Id, addChange } from './changes.ts';
import { FatalProblem, invalidInput, route53NotFound, priorRequest, route53Unsupported } from './errors.ts';
import { recordKey, type Route53State, type Records, type RecordSet, type HostedZoneState } from './model.ts';
import { canonicalName, compareAscii, orderKey } from './names.ts';
import { pageSizeOf } from './paging.ts';
import { publishRecords } from './versions.ts';

/** Route 53 developer guide, "NS and SOA records that Route 53 creates for a public hosted zone". */
const NS_TTL = 172_800;
const SOA_TTL = 900;
const NAME_SERVERS = [
  'ns-2048.awsdns-64.com',
  'ns-2049.awsdns-65.net',
  'ns-2050.awsdns-66.org',
  'ns-2051.awsdns-67.co.uk',
];

const LIST_MAX = 100;

export function zoneOperations(state: Route53State): Record<string, Operation> {
  return {
    CreateHostedZone: (input: CreateHostedZoneRequest) => create(state, input),
    GetHostedZone: ({ Id }: GetHostedZoneRequest) => {
      const zone = zoneOf(state, Id);
      return { HostedZone: zoneShape(zone), ...(zone.vpc === undefined ? delegationOf(zone) : { VPCs: [zone.vpc] }) };
    },
    ListHostedZones: (input: ListHostedZonesRequest) => list(state, input),
    ListHostedZonesByName: (input: ListHostedZonesByNameRequest) => listByName(state, input),
    DeleteHostedZone: ({ Id }: DeleteHostedZoneRequest) => remove(state, zoneOf(state, Id)),
  };
}

/** Throws `NoSuchHostedZone`. */
export function zoneOf(state: Route53State, id: string | undefined): HostedZoneState {
  const zone = state.zones.get(bareId(id));
  if (!zone) throw route53NotFound.zone(bareId(id));
  return zone;
}

/** Whether a name is that of a name server of hosted zones. */
export function isNameServer(name: string): boolean {
  return NAME_SERVERS.includes(name);
}

function create(state: Route53State, input: CreateHostedZoneRequest): object {
  if (input.HostedZoneConfig?.PrivateZone === true && input.VPC === undefined)
    throw invalidInput('When you create a private hosted zone, you must specify a VPC.');
  if (input.DelegationSetId !== undefined) throw route53Unsupported('reusable delegation sets');
  const { CallerReference: callerReference = '' } = input;
  if ([...state.zones.values()].some((zone) => zone.callerReference === callerReference)) {
    const message = 'A hosted zone has already been created with the specified caller reference.';
    throw new ApiError('HostedZoneAlreadyExists', message, 409);
  }
  const name = zoneName(input.Name ?? '');
  const id = newRoute53Id('Z');
  const comment = input.HostedZoneConfig?.Comment;
  const zone: HostedZoneState = {
    id,
    name,
    callerReference,
    comment,
    nameServers: NAME_SERVERS,
    tags: new Map(),
    records: new Map(),
    versions: [],
    busy: false,
    ...(input.VPC && { vpc: input.VPC }),
  };
  state.zones.set(id, zone);
  publishRecords(state, zone, apexRecords(name));
  return {
    HostedZone: zoneShape(zone),
    ChangeInfo: addChange(state),
    ...(zone.vpc === undefined ? delegationOf(zone) : { VPC: zone.vpc }),
    Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${id}`,
  };
}

function delegationOf(zone: HostedZoneState): object {
  return { DelegationSet: { NameServers: [...zone.nameServers] } };
}

function zoneName(text: string): string {
  try {
    return canonicalName(text);
  } catch (error) {
    if (!(error instanceof FatalProblem)) throw error;
    throw new ApiError('InvalidDomainName', error.message);
  }
}

function apexRecords(Name: string): Records {
  const soa = `${NAME_SERVERS[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`;
  const servers = NAME_SERVERS.map((server) => ({ Value: `${server}.` }));
  const sets: RecordSet[] = [
    { Name, Type: 'NS', TTL: NS_TTL, ResourceRecords: servers },
    { Name, Type: 'SOA', TTL: SOA_TTL, ResourceRecords: [{ Value: soa }] },
  ];
  return new Map(sets.map((set) => [recordKey(set), set]));
}

function zoneShape(zone: HostedZoneState): HostedZone {
  return {
    Id: `/hostedzone/${zone.id}`,
    Name: zone.name,
    CallerReference: zone.callerReference,
    Config: { ...(zone.comment !== undefined && { Comment: zone.comment }), PrivateZone: zone.vpc !== undefined },
    ResourceRecordSetCount: zone.records.size,
  };
}

function list(
  state: Route53State,
  { Marker: marker, MaxItems, DelegationSetId, HostedZoneType }: ListHostedZonesRequest,
) {
  if (DelegationSetId !== undefined) throw route53Unsupported('reusable delegation sets');
  const all = HostedZoneType === undefined ? [...state.zones.values()] : [];
  const size = pageSizeOf(state, MaxItems, LIST_MAX);
  const start = marker === undefined ? 0 : all.findIndex(({ id }) => id === bareId(marker));
  if (start < 0) throw invalidInput(`The marker ${marker} is not a hosted zone`);
  const next = all[start + size];
  return {
    HostedZones: all.slice(start, start + size).map(zoneShape),
    ...(marker !== undefined && { Marker: marker }),
    IsTruncated: next !== undefined,
    ...(next && { NextMarker: next.id }),
    MaxItems: size,
  };
}

/** Sorted by name with reversed labels, then by id. */
function listByName(state: Route53State, { DNSName, HostedZoneId, MaxItems }: ListHostedZonesByNameRequest): object {
  if (HostedZoneId !== undefined && DNSName === undefined) {
    throw invalidInput('Invalid request: HostedZoneId requires DNSName');
  }
  const key = ({ name, id }: Pick<HostedZoneState, 'name' | 'id'>) => `${orderKey(name)} ${id}`;
  const first = DNSName === undefined ? '' : key({ name: zoneName(DNSName), id: bareId(HostedZoneId) });
  const sorted = [...state.zones.values()].toSorted((a, b) => compareAscii(key(a), key(b)));
  const all = sorted.filter((zone) => key(zone) >= first);
  const size = pageSizeOf(state, MaxItems, LIST_MAX);
  const next = all[size];
  return {
    HostedZones: all.slice(0, size).map(zoneShape),
    ...(DNSName !== undefined && { DNSName }),
    ...(HostedZoneId !== undefined && { HostedZoneId }),
    IsTruncated: next !== undefined,
    ...(next && { NextDNSName: next.name, NextHostedZoneId: next.id }),
    MaxItems: size,
  };
}

/** Deletes the zone with its NS and SOA records at the apex; all other records must have been deleted. */
function remove(state: Route53State, zone: HostedZoneState): object {
  if (zone.busy) throw priorRequest();
  const own = ({ Name, Type }: RecordSet) => Name === zone.name && (Type === 'NS' || Type === 'SOA');
  if (![...zone.records.values()].every(own)) {
    const message = 'The specified hosted zone contains non-required resource record sets and so cannot be deleted.';
    throw new ApiError('HostedZoneNotEmpty', message);
  }
  state.zones.delete(zone.id);
  return { ChangeInfo: addChange(state) };
}
