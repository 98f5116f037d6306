import type { Judged } from '../domain/gates.ts';
import type { PrometheusGateConfig, WebhookGateConfig } from '../config/config.ts';
import { inconclusive } from '../domain/verdicts.ts';
import { messageOf } from '../errors.ts';

/** What services say that are asked over HTTP. */

const SHOWN = 200;

/** Posts what is judged as JSON: 2xx passes, 4xx fails with the body as the reason; all else is inconclusive. */
export async function judgeWebhook(
  { url, headers, timeoutMs }: WebhookGateConfig,
  occasion: Readonly<Record<string, unknown>>,
): Promise<Judged> {
  const body = JSON.stringify(occasion);
  const answer = await ask(
    url,
    { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } },
    timeoutMs,
  );
  if (typeof answer === 'string') return inconclusive(answer);
  const { status, text } = answer;
  const said = text.trim().slice(0, SHOWN);
  const numbers = { status };
  if (status >= 200 && status <= 299) return { verdict: 'pass', why: said || `HTTP ${status}`, numbers };
  if (status >= 400 && status <= 499) return { verdict: 'fail', why: said || `HTTP ${status}`, numbers };
  return inconclusive(`HTTP ${status}`, numbers);
}

/** An instant query that has to have one value (Prometheus HTTP API, /api/v1/query). No data, and NaN of 0/0, are not 0. */
export async function judgePrometheus(
  { url, query, max, min, headers, timeoutMs }: PrometheusGateConfig,
  fill: (text: string) => string,
): Promise<Judged> {
  const at = new URL(`${url.replace(/\/$/, '')}/api/v1/query`);
  at.searchParams.set('query', fill(query));
  const answer = await ask(at.href, { headers }, timeoutMs);
  if (typeof answer === 'string') return inconclusive(answer);
  const value = valueIn(answer.text);
  if (answer.status !== 200 || typeof value === 'string')
    return inconclusive(typeof value === 'string' ? value : `HTTP ${answer.status}`, { status: answer.status });
  const numbers = { value };
  const limits = [...(min === undefined ? [] : [`at least ${min}`]), ...(max === undefined ? [] : [`at most ${max}`])];
  const why = `${value}, ${limits.join(' and ')} allowed`;
  const isRight = value <= (max ?? Infinity) && value >= (min ?? -Infinity);
  return { verdict: isRight ? 'pass' : 'fail', why, numbers };
}

/** The number, or why there is none. */
function valueIn(text: string): number | string {
  let answer: { status?: string; error?: string; data?: { resultType?: string; result?: unknown } };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    return `not JSON: ${text.trim().slice(0, SHOWN)}`;
  }
  if (answer.status !== 'success') return answer.error ?? 'no result';
  const { resultType, result } = answer.data ?? {};
  const series = resultType === 'scalar' ? [{ value: result }] : (result as readonly { value?: unknown }[]);
  if (!Array.isArray(series) || series.length === 0) return 'the query has no data';
  if (series.length > 1) return `the query has ${series.length} series, and one is expected`;
  const [, value] = ((series[0] as { value?: unknown }).value ?? []) as readonly unknown[];
  const number = Number(value);
  return typeof value === 'string' && Number.isFinite(number) ? number : `the query's value is ${String(value)}`;
}

async function ask(
  url: string,
  init: RequestInit,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly text: string } | string> {
  try {
    const answer = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
  }
}
