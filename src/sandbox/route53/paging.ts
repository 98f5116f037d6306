import { invalidInput } from './errors.ts';
import type { Route53State } from './model.ts';

/** Page size: the requested one up to AWS's maximum, or the sandbox's default. */
export function pageSizeOf({ pageSize }: Route53State, asked: number | undefined, max: number): number {
  const size = asked ?? pageSize;
  if (!Number.isInteger(size) || size < 1) throw invalidInput(`Value '${asked}' at 'maxItems' is not a number from 1`);
  return Math.min(size, max);
}
