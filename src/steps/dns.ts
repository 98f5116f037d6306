import { dnsOf } from '../domain/routes.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { DnsWeights } from '../domain/traffic.ts';

/** The snapshot with other facts about DNS. */
export function changeDns(snapshot: Snapshot, facts: Partial<DnsWeights>): Snapshot {
  return { ...snapshot, traffic: { ...dnsOf(snapshot), ...facts } };
}
