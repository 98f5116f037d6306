/** A client of the sandbox's admin pages. */
export function adminOf(endpoint: string) {
  return async (method: string, page: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${endpoint}/_turnout/${page}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${method} ${page}: ${await response.text()}`);
    return response.json();
  };
}

/** Requests by operation. */
export function countOf(log: readonly { readonly operation: string }[]): Record<string, number> {
  const groups = Map.groupBy(log, ({ operation }) => operation);
  return Object.fromEntries([...groups].map(([operation, records]) => [operation, records.length]));
}
