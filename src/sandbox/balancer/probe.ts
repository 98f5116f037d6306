import { request } from 'node:http';
import type { Clock } from '../../clock.ts';
import { afterAwake, type Scheduler } from '../scheduler.ts';

/** The result of a health check. */
export type CheckResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly cause: 'mismatch'; readonly code: number }
  | { readonly ok: false; readonly cause: 'timeout' | 'failed' };

export interface CheckRequest {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** Sends a health check and resolves with the response's status; rejects without a valid response, or when aborted. */
export type HealthProbe = (check: CheckRequest, signal: AbortSignal) => Promise<number>;

/** One GET over a new connection, which is closed afterwards, as ELB does (ALB user guide, "Health checks"). */
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
  /** Whether this HTTP status passes. */
  accepts(code: number): boolean;
}

/**
 * One health check with its timeout. Never rejects; after an abort of `signal` the result is meaningless. The timeout does not
 * include time in which this process, which also runs the targets, was too busy to read responses.
 */
export async function checkOnce(
  probe: HealthProbe,
  check: CheckRequest,
  limits: CheckLimits,
  { clock, scheduler, signal }: { clock: Clock; scheduler: Scheduler; signal: AbortSignal },
): Promise<CheckResult> {
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener('abort', end, { once: true });
  const cancel = afterAwake({ clock, scheduler }, limits.timeoutMs, end);
  try {
    const code = await probe(check, over.signal);
    return limits.accepts(code) ? { ok: true } : { ok: false, cause: 'mismatch', code };
  } catch {
    return { ok: false, cause: over.signal.aborted ? 'timeout' : 'failed' };
  } finally {
    cancel();
    signal.removeEventListener('abort', end);
  }
}
