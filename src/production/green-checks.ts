import type { GreenCheck } from '../domain/green-checks.ts';
import type { GreenPort } from './green.ts';
import { fetchOnce, wordsOf } from './fetch.ts';
import { atPath, type Received } from './marker.ts';

/** Asks over a connection of its own each time. */
export function createGreen(checks: readonly GreenCheck[]): GreenPort {
  return {
    checks,
    ask: async (check, url, release) => {
      const { timeoutMs, host } = check;
      const whole = filled(url, release);
      return fetchOnce({ url: whole, timeoutMs, ...(host !== undefined && { host }) }).then(
        (received) => checkProblem(check, received, release) ?? 'ok',
        (error: unknown) => wordsOf(error),
      );
    },
  };
}

/** What is wrong with the response; undefined when it is as it should be. */
export function checkProblem(check: GreenCheck, received: Received, release: string): string | undefined {
  const { status, body, headers } = received;
  const isRight = check.status === undefined ? status >= 200 && status <= 299 : status === check.status;
  if (!isRight) return `HTTP ${status}`;
  for (const [name, wanted] of Object.entries(check.headers)) {
    const got = headers[name.toLowerCase()];
    if (String(got) !== filled(wanted, release)) return `the header ${name} is ${shown(got)}`;
  }
  for (const [path, wanted] of Object.entries(check.json)) {
    const got = atPath(body, path.split('.'));
    if (got !== (typeof wanted === 'string' ? filled(wanted, release) : wanted))
      return `the JSON at ${path} is ${shown(got)}`;
  }
  if (check.pattern === undefined) return undefined;
  const pattern = filled(check.pattern, release.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`));
  return new RegExp(pattern, 'm').test(body) ? undefined : `nothing matches ${pattern}`;
}

function filled(text: string, release: string): string {
  return text.replaceAll('{release}', release);
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80);
}
