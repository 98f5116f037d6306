import { validationError } from './errors.ts';

interface PageInput {
  readonly Marker?: string | undefined;
  readonly PageSize?: number | undefined;
}

interface Page<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly next: { readonly NextMarker: string } | Record<string, never>;
}

/** Maximum page size (ELBv2 API). */
const LARGEST = 400;

/** One page of a list; the marker is the encoded ARN of the next page's first item. Throws `ValidationError`. */
export function pageByMarker<T extends { readonly arn: string }>(
  all: readonly T[],
  input: PageInput,
  usual: number,
): Page<T> {
  const size = input.PageSize ?? Math.min(usual, LARGEST);
  if (!Number.isInteger(size) || size < 1 || size > LARGEST) {
    throw validationError(`PageSize must be between 1 and ${LARGEST}`);
  }
  const start = input.Marker ? all.findIndex((item) => item.arn === unseal(input.Marker ?? '')) : 0;
  if (start < 0) throw validationError('Invalid marker');
  const following = all[start + size];
  return { items: all.slice(start, start + size), next: following ? { NextMarker: seal(following.arn) } : {} };
}

function seal(arn: string): string {
  return Buffer.from(arn).toString('base64url');
}

function unseal(marker: string): string {
  return Buffer.from(marker, 'base64url').toString();
}
