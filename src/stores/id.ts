import { randomBytes } from 'node:crypto';

/** The id of a store that has none yet: short enough to read aloud, and to be in a tag. */
export function newStoreId(): string {
  return randomBytes(5).toString('hex');
}
