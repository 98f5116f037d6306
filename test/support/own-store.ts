import { writeStoreMark, type StoreIdentity } from '../../src/domain/store-mark.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';

/** The store of the runs in tests, and another one. */
export const OWN_STORE: StoreIdentity = { id: 'own', words: 'file /ann/shop.db on desk by ann' };
const FOREIGN_STORE: StoreIdentity = { id: 'foreign', words: 'file /ci/shop.db on build-1 by ci' };

const OWN_MARK = writeStoreMark(Date.UTC(2025, 10, 1), OWN_STORE);
export const FOREIGN_MARK = writeStoreMark(Date.UTC(2025, 10, 2), FOREIGN_STORE);

/** The same world, in which all fleets have that mark. */
export function markedWith(snapshot: Snapshot, store = OWN_MARK): Snapshot {
  const fleets = snapshot.fleets.map((fleet) => ({ ...fleet, marks: { ...fleet.marks, store } }));
  return { ...snapshot, fleets };
}
