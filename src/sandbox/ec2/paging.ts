import { ec2Error } from './errors.ts';

/** An item with an increasing sequence number, by which lists are paged. */
export interface Numbered {
  readonly seq: number;
}

interface PageRequest {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next: { readonly NextToken?: string };
}

const MAX = 1_000;
const MIN = 5;

/**
 * One page of a list. AWS may return fewer items than requested, so the default page is small.
 * The token names the last returned item, so that added and removed items do not shift the pages.
 */
export function pageBySequence<T extends Numbered>(items: readonly T[], request: PageRequest, usual: number): Page<T> {
  const size = request.MaxResults ?? usual;
  if (request.MaxResults !== undefined && (size < MIN || size > MAX)) {
    throw ec2Error.invalid(
      `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value between ${MIN} and ${MAX}.`,
    );
  }
  const after = request.NextToken === undefined ? -1 : readToken(request.NextToken);
  const left = items.filter((item) => item.seq > after).toSorted((a, b) => a.seq - b.seq);
  const shown = left.slice(0, size);
  const last = shown.at(-1);
  return { items: shown, next: last && left.length > size ? { NextToken: writeToken(last.seq) } : {} };
}

function writeToken(seq: number): string {
  return Buffer.from(JSON.stringify({ after: seq })).toString('base64url');
}

function readToken(token: string): number {
  try {
    const { after } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { after?: unknown };
    if (typeof after === 'number') return after;
  } catch {
    // Not a token of the sandbox: the same error as below.
  }
  throw ec2Error.invalid('Unable to parse pagination token');
}
