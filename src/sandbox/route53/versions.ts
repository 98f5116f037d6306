import type { Route53State, Records, RecordsVersion, HostedZoneState } from './model.ts';

/** Sends a zone's records on their way to the name servers. */
export function publishRecords({ clock, times }: Route53State, zone: HostedZoneState, records: Records): void {
  const now = clock.monotonic();
  const allAt = now + times.insyncMs;
  const version: RecordsVersion = { records, firstAt: Math.min(now + times.propagationMs, allAt), allAt };
  // What all name servers have moved on from is never asked for again.
  const settled = zone.versions.findLastIndex((known) => known.allAt <= now);
  zone.records = records;
  zone.versions = [...zone.versions.slice(Math.max(0, settled)), version];
}

/**
 * The records that a name server answers with at `now`: Route 53 has many, and between `firstAt` and `allAt` more and more of
 * them know a change. Nothing while none knows the zone.
 */
export function recordsAt(zone: HostedZoneState, now: number, random: () => number): Records | undefined {
  const known = ({ firstAt, allAt }: RecordsVersion) =>
    now >= allAt || (now >= firstAt && random() < (now - firstAt) / (allAt - firstAt));
  return zone.versions.findLast(known)?.records;
}
