import { liveFleets } from '../domain/roles.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { isMarked, keptBy, otherStore, storeMarkOf, writeStoreMark, type StoreIdentity } from '../domain/store-mark.ts';
import { list } from '../domain/text.ts';
import { NOTHING } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { TAGS } from './presets.ts';
import { idsOf, withMarks } from './world.ts';

/** Record in the tags of all fleets which store keeps the lease. */
export interface TagStoreId {
  readonly do: 'tag-store-id';
  readonly fleet: string;
  readonly store: StoreIdentity;
  /** The mark of another store that it takes the environment over from. */
  readonly from?: string;
}

export const tagStoreId: StepDefinition<TagStoreId> = (step) => ({
  ...TAGS,
  title: (snapshot) => {
    const releases = list(liveFleets(snapshot).map(({ release }) => release));
    const mark = otherStore(snapshot, step.store.id);
    return `tag ${releases} with the store of this run${mark === undefined ? '' : ` instead of ${mark.words}`}`;
  },
  instances: () => [],
  progress: (snapshot) => (isMarked(snapshot, step.store.id) ? 'done' : 'todo'),
  conflict: (snapshot) => {
    const mark = otherStore(snapshot, step.store.id);
    return mark === undefined || mark.text === step.from ? undefined : keptBy(mark, snapshot.at);
  },
  readsBefore: () => ({ ...NOTHING, fleets: 'all' }),
  readsToPoll: (snapshot) => ({ ...NOTHING, fleets: idsOf(liveFleets(snapshot)) }),
  apply: async ({ fleet: port }, snapshot) => {
    const store = markFor(snapshot, step);
    for (const fleet of liveFleets(snapshot)) if (fleet.marks.store !== store) await port.mark(fleet, { store });
  },
  simulate: (snapshot) => {
    const store = markFor(snapshot, step);
    return idsOf(liveFleets(snapshot)).reduce((world, id) => withMarks(world, id, { store }), snapshot);
  },
});

/** What is there already, where fleets only lack it; where it replaces anything, newer than all of it. */
function markFor(snapshot: Snapshot, { store }: TagStoreId): string {
  const mark = storeMarkOf(snapshot);
  const known = new Set(liveFleets(snapshot).flatMap(({ marks }) => marks.store ?? []));
  if (mark?.id === store.id && known.size === 1) return mark.text;
  return writeStoreMark(Math.max(snapshot.at, (mark?.at ?? 0) + 1), store);
}
