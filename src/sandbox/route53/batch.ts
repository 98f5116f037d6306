import type { Change, ChangeBatch } from '@aws-sdk/client-route-53';
import { ApiError } from '../service.ts';
import { FatalProblem, invalidBatch, invalidInput, route53NotFound } from './errors.ts';
import { recordConflicts } from './conflicts.ts';
import { recordKey, type Route53State, type Records, type RecordSet, type HostedZoneState } from './model.ts';
import { canonicalName, compareAscii, within } from './names.ts';
import { checkChange } from './change-syntax.ts';
import { checkValue } from './values.ts';

/** Maximum values and characters in a batch; UPSERT counts twice (Route 53 developer guide, "Quotas"). */
const VALUES_MAX = 1000;
const CHARACTERS_MAX = 32_000;

interface RecordChange {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
  readonly set: RecordSet;
}

/**
 * The zone's records after a batch. The zone is not modified, so that a batch is applied completely or not at all.
 * Throws `InvalidInput`, `NoSuchHealthCheck`, or `InvalidChangeBatch` with all problems.
 */
export function afterBatch(state: Route53State, zone: HostedZoneState, batch: ChangeBatch | undefined): Records {
  const changes = batch?.Changes ?? [];
  if (changes.length === 0) throw invalidInput('Invalid request: A change batch must have at least one change');
  changes.forEach(checkChange);
  checkSize(changes);
  const steps = recordChanges(zone, changes);
  const records = new Map(zone.records);
  const messages = [...repeatedChanges(steps), ...steps.flatMap((step) => applyChange(records, step))];
  const changed = steps.filter(({ action }) => action !== 'DELETE').map(({ set }) => set);
  if (messages.length === 0) messages.push(...recordConflicts(state, zone, records, changed));
  if (messages.length > 0) throw invalidBatch([...new Set(messages)]);
  for (const { HealthCheckId: id } of changed) {
    if (id !== undefined && !state.healthChecks.has(id)) throw route53NotFound.healthCheck(id);
  }
  return records;
}

function checkSize(changes: readonly Change[]): void {
  let values = 0;
  let characters = 0;
  for (const { Action: action, ResourceRecordSet: set } of changes) {
    const times = action === 'UPSERT' ? 2 : 1;
    const records = set?.ResourceRecords ?? [];
    values += times * Math.max(1, records.length);
    characters += times * records.reduce((sum, { Value: value = '' }) => sum + value.length, 0);
  }
  if (values > VALUES_MAX)
    throw new ApiError('InvalidChangeBatch', `Number of records limit of ${VALUES_MAX} exceeded.`);
  if (characters > CHARACTERS_MAX) {
    throw new ApiError('InvalidChangeBatch', `Number of characters limit of ${CHARACTERS_MAX} exceeded.`);
  }
}

function recordChanges(zone: HostedZoneState, changes: readonly Change[]): readonly RecordChange[] {
  const messages: string[] = [];
  const steps = changes.flatMap(({ Action: action, ResourceRecordSet: given }): RecordChange[] => {
    try {
      const set = canonicalSet(given as RecordSet);
      if (within(set.Name, zone.name)) return [{ action: action as RecordChange['action'], set }];
      messages.push(`RRSet with DNS name ${set.Name} is not permitted in zone ${zone.name}`);
    } catch (error) {
      if (!(error instanceof FatalProblem)) throw error;
      messages.push(error.message);
    }
    return [];
  });
  if (messages.length > 0) throw invalidBatch(messages);
  return steps;
}

/** Throws `FatalProblem` if the name, a value or the alias target is not valid. */
function canonicalSet(given: RecordSet): RecordSet {
  const { AliasTarget: alias } = given;
  for (const { Value: value = '' } of given.ResourceRecords ?? []) checkRecord(given.Type, value);
  return {
    ...given,
    Name: canonicalName(given.Name),
    ...(alias && { AliasTarget: { ...alias, DNSName: canonicalName(alias.DNSName ?? '') } }),
  };
}

function checkRecord(type: string, value: string): void {
  try {
    checkValue(type, value);
  } catch (error) {
    if (error instanceof FatalProblem) error.message = `Invalid Resource Record: '${error.message}'`;
    throw error;
  }
}

/** Problems of record sets with several changes: only DELETE, then CREATE is allowed in a batch. */
function repeatedChanges(steps: readonly RecordChange[]): readonly string[] {
  const actions = new Map<string, string>();
  for (const { action, set } of steps) {
    const key = recordKey(set);
    actions.set(key, `${actions.get(key) ?? ''}${action} `);
  }
  const wrong = steps.filter(({ action, set }) => {
    return ![`${action} `, 'DELETE CREATE '].includes(actions.get(recordKey(set)) ?? '');
  });
  return wrong.map(
    ({ set: { Type, Name } }) =>
      `The request contains an invalid set of changes for a resource record set '${Type} ${Name}'`,
  );
}

/** Applies one change; returns its problems. */
function applyChange(records: Map<string, RecordSet>, { action, set }: RecordChange): readonly string[] {
  const key = recordKey(set);
  const known = records.get(key);
  if (action === 'CREATE' && known)
    return [`Tried to create resource record set ${recordSetText(set)} but it already exists`];
  if (action !== 'DELETE') {
    records.set(key, set);
    return [];
  }
  if (!known) return [`Tried to delete resource record set ${recordSetText(set)} but it was not found`];
  if (fingerprint(known) !== fingerprint(set)) {
    return [
      `Tried to delete resource record set ${recordSetText(set)} but the values provided do not match the current values`,
    ];
  }
  records.delete(key);
  return [];
}

function recordSetText({ Name, Type, SetIdentifier }: RecordSet): string {
  const identifier = SetIdentifier === undefined ? '' : `, set-identifier='${SetIdentifier}'`;
  return `[name='${Name}', type='${Type}'${identifier}]`;
}

/** Equal for record sets with the same contents, whatever the order of their values. */
function fingerprint({ TTL, Weight, HealthCheckId, AliasTarget: alias, ResourceRecords: values }: RecordSet): string {
  const target = alias && [alias.HostedZoneId, alias.DNSName, alias.EvaluateTargetHealth];
  const sorted = (values ?? []).map(({ Value = '' }) => Value).toSorted(compareAscii);
  return JSON.stringify([TTL, Weight, HealthCheckId, target, sorted]);
}
