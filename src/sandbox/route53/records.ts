import type {
  ChangeResourceRecordSetsRequest,
  ListResourceRecordSetsRequest,
  ListResourceRecordSetsResponse,
} from '@aws-sdk/client-route-53';
import type { Operation } from '../service.ts';
import { afterBatch } from './batch.ts';
import { noteChange } from './changes.ts';
import { Fatal, invalidInput, priorRequest } from './errors.ts';
import type { Route53State } from './model.ts';
import { canonicalName, compare, orderKey } from './names.ts';
import { pageSizeOf } from './paging.ts';
import { publishRecords } from './publish.ts';
import { zoneOf } from './zones.ts';

const LIST_MAX = 300;

export function recordOperations(names: Route53State): Record<string, Operation> {
  return {
    ChangeResourceRecordSets: (input: ChangeResourceRecordSetsRequest) => change(names, input),
    ListResourceRecordSets: (input: ListResourceRecordSetsRequest) => list(names, input),
  };
}

/** A batch is done at once and as a whole, at the end of its processing time. */
async function change(names: Route53State, input: ChangeResourceRecordSetsRequest): Promise<object> {
  const zone = zoneOf(names, input.HostedZoneId);
  if (zone.busy) throw priorRequest();
  zone.busy = true;
  try {
    const { processingMs } = names.times;
    if (processingMs > 0) await new Promise<void>((resolve) => void names.scheduler.after(processingMs, resolve));
    publishRecords(names, zone, afterBatch(names, zone, input.ChangeBatch));
    return { ChangeInfo: noteChange(names, input.ChangeBatch?.Comment) };
  } finally {
    zone.busy = false;
  }
}

/** Always the newest, also what is PENDING (API reference). */
function list(names: Route53State, input: ListResourceRecordSetsRequest): ListResourceRecordSetsResponse {
  const zone = zoneOf(names, input.HostedZoneId);
  const sorted = [...zone.records.values()].toSorted((a, b) => compare(place(a), place(b)));
  const start = startOf(input);
  const all = sorted.filter((set) => place(set) >= start);
  const size = pageSizeOf(names, input.MaxItems, LIST_MAX);
  const next = all[size];
  return {
    ResourceRecordSets: all.slice(0, size),
    IsTruncated: next !== undefined,
    MaxItems: size,
    ...(next && { NextRecordName: next.Name, NextRecordType: next.Type }),
    ...(next?.SetIdentifier !== undefined && { NextRecordIdentifier: next.SetIdentifier }),
  };
}

interface Place {
  readonly Name: string;
  readonly Type: string;
  readonly SetIdentifier?: string | undefined;
}

function place({ Name, Type, SetIdentifier = '' }: Place): string {
  return [orderKey(Name), Type, SetIdentifier].join(' ');
}

function startOf(input: ListResourceRecordSetsRequest): string {
  const { StartRecordName: name, StartRecordType: type, StartRecordIdentifier: id } = input;
  if (type !== undefined && name === undefined) throw invalidInput('Invalid request: A type needs a name');
  if (id !== undefined && type === undefined) throw invalidInput('Invalid request: An identifier needs name and type');
  if (name === undefined) return '';
  try {
    return place({ Name: canonicalName(name), Type: type ?? '', SetIdentifier: id });
  } catch (error) {
    throw error instanceof Fatal ? invalidInput(error.message) : error;
  }
}
