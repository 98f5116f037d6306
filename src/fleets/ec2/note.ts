import type { Ec2 } from '../../aws/ec2.ts';
import type { Instance } from '../../domain/snapshot.ts';
import type { Notes } from '../fleet.ts';
import { leftTags, noteTags } from '../notes.ts';
import type { Owner } from './tags.ts';

/** Writes notes on single instances, as tags of EC2's. */
export async function writeNotes(
  ec2: Ec2,
  { tagPrefix }: Owner,
  instances: readonly Instance[],
  notes: Notes,
): Promise<void> {
  const ids = instances.map(({ id }) => id);
  const { write, remove } = noteTags(notes, Math.max(0, ...instances.map(leftTags)));
  const key = (name: string): string => `${tagPrefix}:${name}`;
  // What is new first: between the two requests nothing that is needed is missing.
  await ec2.tag(
    ids,
    Object.entries(write).map(([name, Value]) => ({ Key: key(name), Value })),
  );
  await ec2.untag(ids, remove.map(key));
}
