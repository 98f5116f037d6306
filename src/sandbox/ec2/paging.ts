import { ec2Error } from './errors.ts';

/** What can be put on pages: things with a number that grows as they are made. */
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
 * One page of a listing. AWS may answer with fewer than there are whenever it likes, so the usual page here is small.
 * The token names the last item seen, so that a page stays right when items come or go.
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
    // Not one of ours: the same error as a token without a place.
  }
  throw ec2Error.invalid('Unable to parse pagination token');
}
