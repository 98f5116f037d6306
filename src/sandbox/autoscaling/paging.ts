import { scalingError } from './errors.ts';

interface PageRequest {
  readonly MaxRecords?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** One page of a list; the token names how many items came before it. Throws `InvalidNextToken` and `ValidationError`. */
export function pageByOffset<T>(
  items: readonly T[],
  request: PageRequest,
  usual: number,
  most = 100,
): { readonly items: T[]; readonly next: { readonly NextToken?: string } } {
  const size = request.MaxRecords ?? Math.min(usual, most);
  if (size < 1 || size > most) throw scalingError.invalid(`MaxRecords must be between 1 and ${most}`);
  const start = request.NextToken === undefined ? 0 : offsetOf(request.NextToken);
  const end = start + size;
  return { items: items.slice(start, end), next: end < items.length ? { NextToken: tokenOf(end) } : {} };
}

function tokenOf(offset: number): string {
  return Buffer.from(`after ${offset}`).toString('base64url');
}

function offsetOf(token: string): number {
  const [, offset] = /^after (\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (offset === undefined) throw scalingError.invalidToken();
  return Number(offset);
}
