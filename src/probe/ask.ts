import { messageOf } from '../errors.ts';

/** Asks an instance once: `ok` after a status of 200 to 299 and with that text, or else what was wrong, as a sentence. */
export async function askUrl(url: string, contains: string | undefined, timeoutMs: number): Promise<string> {
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    const text = await answer.text();
    if (!answer.ok) return `${url} answered ${answer.status}`;
    return contains === undefined || text.includes(contains) ? 'ok' : `${url} answered without ${contains}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return `${url}: ${messageOf(cause)}`;
  }
}

/** Whether anything answers at a URL, with whatever status. */
export async function isAnswered(url: string, timeoutMs: number): Promise<boolean> {
  return fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) }).then(
    async (answer) => (await answer.body?.cancel(), true),
    () => false,
  );
}
