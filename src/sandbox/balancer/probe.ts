import { request } from 'node:http';
import type { Clock } from '../../clock.ts';

/** What one health check found out. */
export type CheckResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly cause: 'mismatch'; readonly code: number }
  | { readonly ok: false; readonly cause: 'timeout' | 'failed' };

export interface CheckRequest {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** Sends one health check and resolves with the response's status; rejects when there is no proper response, or when aborted. */
export type Probe = (check: CheckRequest, signal: AbortSignal) => Promise<number>;

/** One GET over a connection of its own, closed afterwards, as ELB does (ALB user guide, health checks). */
export const httpProbe: Probe = async ({ host, port, path }, signal) =>
  await new Promise((resolve, reject) => {
    const headers = { host: `${host}:${port}`, 'user-agent': 'ELB-HealthChecker/2.0', connection: 'close' };
    const check = request({ host, port, path, headers, agent: false, signal }, (response) => {
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', reject);
      response.resume();
    });
    check.on('error', reject);
    check.end();
  });

export interface CheckTerms {
  readonly timeoutMs: number;
  /** Is this HTTP status a pass? */
  accepts(code: number): boolean;
}

/** One health check with its limit. Never rejects; once `signal` is aborted its result means nothing. */
export async function checkOnce(
  probe: Probe,
  check: CheckRequest,
  terms: CheckTerms,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<CheckResult> {
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener('abort', end, { once: true });
  try {
    const limit = clock.sleep(terms.timeoutMs, over.signal).then(() => 'timeout' as const);
    const answer = await Promise.race([probe(check, over.signal), limit]);
    if (answer === 'timeout') return { ok: false, cause: 'timeout' };
    return terms.accepts(answer) ? { ok: true } : { ok: false, cause: 'mismatch', code: answer };
  } catch {
    return { ok: false, cause: 'failed' };
  } finally {
    signal.removeEventListener('abort', end);
    over.abort();
  }
}
