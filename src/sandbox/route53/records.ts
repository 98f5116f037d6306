import type {
  ChangeResourceRecordSetsRequest,
  ListResourceRecordSetsRequest,
  ListResourceRecordSetsResponse,
} from '@aws-sdk/client-route-53';
import type { Operation } from '../service.ts';
import { afterBatch } from './batch.ts';
import { addChange } from './changes.ts';
import { FatalProblem, invalidInput, priorRequest } from './errors.ts';
import type { Route53State } from './model.ts';
import { canonicalName, compareAscii, orderKey } from './names.ts';
import { pageSizeOf } from './paging.ts';
import { publishRecords } from './versions.ts';
import { zoneOf } from './zones.ts';

const LIST_MAX = 300;

export function recordOperations(state: Route53State): Record<string, Operation> {
  return {
    ChangeResourceRecordSets: (input: ChangeResourceRecordSetsRequest) => change(state, input),
    ListResourceRecordSets: (input: ListResourceRecordSetsRequest) => list(state, input),
  };
}

/** Applies the whole batch at the end of its processing time. */
async function change(state: Route53State, input: ChangeResourceRecordSetsRequest): Promise<object> {
  const zone = zoneOf(state, input.HostedZoneId);
  if (zone.busy) throw priorRequest();
  zone.busy = true;
  try {
    const { processingMs } = state.times;
    if (processingMs > 0) await new Promise<void>((resolve) => void state.scheduler.after(processingMs, resolve));
    publishRecords(state, zone, afterBatch(state, zone, input.ChangeBatch));
    return { ChangeInfo: addChange(state, input.ChangeBatch?.Comment) };
  } finally {
    zone.busy = false;
  }
}

/** Returns the newest records, including PENDING changes (Route 53 API, ListResourceRecordSets). */
function list(state: Route53State, input: ListResourceRecordSetsRequest): ListResourceRecordSetsResponse {
  const zone = zoneOf(state, input.HostedZoneId);
  const sorted = [...zone.records.values()].toSorted((a, b) => compareAscii(sortKey(a), sortKey(b)));
  const start = startOf(input);
  const all = sorted.filter((set) => sortKey(set) >= start);
  const size = pageSizeOf(state, input.MaxItems, LIST_MAX);
  const next = all[size];
  return {
    ResourceRecordSets: all.slice(0, size),
    IsTruncated: next !== undefined,
    MaxItems: size,
    ...(next && { NextRecordName: next.Name, NextRecordType: next.Type }),
    ...(next?.SetIdentifier !== undefined && { NextRecordIdentifier: next.SetIdentifier }),
  };
}

interface SortFields {
  readonly Name: string;
  readonly Type: string;
  readonly SetIdentifier?: string | undefined;
}

function sortKey({ Name, Type, SetIdentifier = '' }: SortFields): string {
  return [orderKey(Name), Type, SetIdentifier].join(' ');
}

function startOf(input: ListResourceRecordSetsRequest): string {
  const { StartRecordName: name, StartRecordType: type, StartRecordIdentifier: id } = input;
  if (type !== undefined && name === undefined) throw invalidInput('Invalid request: A type needs a name');
  if (id !== undefined && type === undefined) throw invalidInput('Invalid request: An identifier needs name and type');
  if (name === undefined) return '';
  try {
    return sortKey({ Name: canonicalName(name), Type: type ?? '', SetIdentifier: id });
  } catch (error) {
    throw error instanceof FatalProblem ? invalidInput(error.message) : error;
  }
}
