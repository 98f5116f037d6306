/** Items of all pages of a request that is paginated with `NextToken`; `pick` maps each page, which is then dropped. */
export async function pageItems<Page extends { readonly NextToken?: string | undefined }, T>(
  send: (command: object) => Promise<Page>,
  command: (next: { readonly NextToken?: string }) => object,
  pick: (page: Page) => readonly T[],
): Promise<readonly T[]> {
  const found: T[] = [];
  let token: string | undefined;
  do {
    const page: Page = await send(command(token === undefined ? {} : { NextToken: token }));
    found.push(...pick(page));
    token = page.NextToken;
  } while (token !== undefined && token !== '');
  return found;
}
