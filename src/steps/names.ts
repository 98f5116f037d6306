import type { Names, Snapshot } from '../domain/snapshot.ts';

/** The snapshot with other facts about names; the same where names move no traffic. */
export function changeNames(snapshot: Snapshot, facts: Partial<Names>): Snapshot {
  const { routing } = snapshot;
  if (routing?.names === undefined) return snapshot;
  return { ...snapshot, routing: { ...routing, names: { ...routing.names, ...facts } } };
}
