import { invalidInput } from './errors.ts';
import type { Route53State } from './model.ts';

/** Entries in one page: as many as asked for, up to AWS's limit; the sandbox's page size when nothing is asked for. */
export function pageSizeOf({ pageSize }: Route53State, asked: number | undefined, max: number): number {
  const size = asked ?? pageSize;
  if (!Number.isInteger(size) || size < 1) throw invalidInput(`Value '${asked}' at 'maxItems' is not a number from 1`);
  return Math.min(size, max);
}
