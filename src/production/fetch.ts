import type { IncomingMessage } from 'node:http';
import type { TcpSocketConnectOpts } from 'node:net';
import { defined } from '../domain/defined.ts';
import { proxyOptions } from '../proxy.ts';
import { messageOf } from '../errors.ts';
import type { Received } from './marker.ts';

/** Looks a name up, as `dns.lookup` does. */
export type Lookup = NonNullable<TcpSocketConnectOpts['lookup']>;

export interface FetchOptions {
  readonly url: string;
  /** Until the last byte. */
  readonly timeoutMs: number;
  /** The system's, when absent. */
  readonly lookup?: Lookup;
  /** Who is asked for, where that is not the host of the URL; also the name that a certificate must have. */
  readonly host?: string;
}

/** More of a body is not read: a marker stands at its beginning. */
const BODY_MAX = 1_000_000;

/** One GET over a connection of its own. Rejects when nothing, or not all, is answered. */
export async function fetchOnce({ url, timeoutMs, lookup, host }: FetchOptions): Promise<Received> {
  const { request, Agent } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  // A proxy would look the name up itself.
  const proxy = lookup === undefined && host === undefined ? proxyOptions() : undefined;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    // Without an agent there is nothing that could keep a connection.
    const headers = { connection: 'close', ...defined({ host }) };
    const agent = proxy === undefined ? false : new Agent(proxy);
    const sent = request(url, { agent, headers, signal, ...defined({ lookup }) });
    const fail = (error: Error): void =>
      reject(signal.aborted ? new Error(`no answer within ${timeoutMs / 1000} s`) : error);
    sent.on('error', fail).on('response', (response) => {
      read(response).then(resolve, fail);
    });
    sent.end();
  });
}

async function read(response: IncomingMessage): Promise<Received> {
  let body = '';
  for await (const part of response.setEncoding('utf8')) if (body.length < BODY_MAX) body += String(part);
  if (!response.complete) throw new Error('the answer was cut off');
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

/** In words, without an address that says nothing. */
export function wordsOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = messageOf(error);
  return message === '' || code === '' || message.includes(code) ? message || code : `${code}: ${message}`;
}
