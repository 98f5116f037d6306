import type { Ec2 } from '../../aws/ec2.ts';
import type { Instance } from '../../domain/snapshot.ts';
import type { Notes } from '../fleet.ts';
import { leftTagCount, noteTags } from '../notes.ts';
import type { Ownership } from './tags.ts';

/** Writes notes on single instances, as EC2 tags. */
export async function writeNotes(
  ec2: Ec2,
  { tagPrefix }: Ownership,
  instances: readonly Instance[],
  notes: Notes,
): Promise<void> {
  const ids = instances.map(({ id }) => id);
  const { write, remove } = noteTags(notes, Math.max(0, ...instances.map(leftTagCount)));
  const key = (name: string): string => `${tagPrefix}:${name}`;
  // New tags first, so that no note is missing between the two requests.
  await ec2.tag(ids, Object.fromEntries(Object.entries(write).map(([name, value]) => [key(name), value])));
  await ec2.untag(ids, remove.map(key));
}
