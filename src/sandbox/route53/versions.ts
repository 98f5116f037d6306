import type { Route53State, Records, RecordsVersion, HostedZoneState } from './model.ts';

/** Changes a zone's records and starts their propagation to the name servers. */
export function publishRecords({ clock, times }: Route53State, zone: HostedZoneState, records: Records): void {
  const now = clock.monotonic();
  const allAt = now + times.insyncMs;
  const version: RecordsVersion = { records, firstAt: Math.min(now + times.propagationMs, allAt), allAt };
  // Versions that all name servers have replaced are not needed.
  const settled = zone.versions.findLastIndex((known) => known.allAt <= now);
  zone.records = records;
  zone.versions = [...zone.versions.slice(Math.max(0, settled)), version];
}

/**
 * The records on one of Route 53's name servers at `now`: between `firstAt` and `allAt` a growing share of them has a change.
 * Undefined while the name server does not have the zone.
 */
export function recordsAt(zone: HostedZoneState, now: number, random: () => number): Records | undefined {
  const known = ({ firstAt, allAt }: RecordsVersion) =>
    now >= allAt || (now >= firstAt && random() < (now - firstAt) / (allAt - firstAt));
  return zone.versions.findLast(known)?.records;
}
