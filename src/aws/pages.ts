import type { Send, Sendable } from './session.ts';

/** A response is the last page when it has no token, or an empty one. */
interface Page {
  readonly NextToken?: string | undefined;
  readonly NextMarker?: string | undefined;
}

/** Items of all pages of a request, which is made with the token of the previous page; `pick` maps each page, which is then dropped. */
export async function pageItems<P extends Page, T>(
  send: Send,
  command: (token: string | undefined) => Sendable<P>,
  pick: (page: P) => readonly T[] | undefined,
): Promise<readonly T[]> {
  const found: T[] = [];
  let token: string | undefined;
  do {
    const page: P = await send(command(token));
    found.push(...(pick(page) ?? []));
    token = page.NextToken ?? page.NextMarker;
  } while (token !== undefined && token !== '');
  return found;
}
