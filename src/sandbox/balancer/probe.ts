import { request } from 'node:http';
import type { Clock } from '../../clock.ts';
import type { Scheduler } from '../scheduler.ts';

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
export type HealthProbe = (check: CheckRequest, signal: AbortSignal) => Promise<number>;

/** One GET over a connection of its own, closed afterwards, as ELB does (ALB user guide, health checks). */
export const httpProbe: HealthProbe = async ({ host, port, path }, signal) =>
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

export interface CheckLimits {
  readonly timeoutMs: number;
  /** Is this HTTP status a pass? */
  accepts(code: number): boolean;
}

/** Later than this, a time-out was held up by the sandbox itself. */
const DELAYED_TIMER_MS = 20;

/**
 * One health check with its limit. Never rejects; once `signal` is aborted its result means nothing. The limit does not
 * count time in which this process, which runs the targets too, did not come to look for answers.
 */
export async function checkOnce(
  probe: HealthProbe,
  check: CheckRequest,
  terms: CheckLimits,
  { clock, scheduler, signal }: { clock: Clock; scheduler: Scheduler; signal: AbortSignal },
): Promise<CheckResult> {
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener('abort', end, { once: true });
  let cancel = (): void => {};
  const limit = (ms: number): void => {
    const due = clock.monotonic() + ms;
    cancel = scheduler.after(ms, () => {
      const late = clock.monotonic() - due;
      if (late > DELAYED_TIMER_MS) limit(late);
      else end();
    });
  };
  limit(terms.timeoutMs);
  try {
    const code = await probe(check, over.signal);
    return terms.accepts(code) ? { ok: true } : { ok: false, cause: 'mismatch', code };
  } catch {
    return { ok: false, cause: over.signal.aborted ? 'timeout' : 'failed' };
  } finally {
    cancel();
    signal.removeEventListener('abort', end);
  }
}
