import type { OutgoingHttpHeaders } from 'node:http';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { proxyOptions } from '../proxy.ts';

export interface Post {
  readonly url: string;
  readonly token?: string | undefined;
  readonly body: object;
  /** Of one attempt, until the status has come. */
  readonly timeoutMs: number;
  readonly retries: number;
}

const PAUSE_MS = 1000;

/** Sends it, again where that may help. @returns why it did not arrive, without the URL; undefined where it did */
export async function post(one: Post, clock: Clock): Promise<string | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await postOnce(one).catch((error: unknown) => withoutSecrets(messageOf(error), one));
    if (typeof answer === 'number' && answer >= 200 && answer < 300) return undefined;
    const why = typeof answer === 'number' ? `HTTP ${answer}` : answer;
    const mayPass = typeof answer === 'string' || answer === 429 || answer >= 500;
    if (!mayPass || attempt === one.retries) return why;
    await clock.sleep(PAUSE_MS * 2 ** attempt, undefined, { ref: false });
  }
}

/** @returns the status */
async function postOnce({ url, token, body, timeoutMs }: Post): Promise<number> {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new Error('it is not a URL with http or https');
  const { request, Agent } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  const text = JSON.stringify(body);
  const headers: OutgoingHttpHeaders = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const proxy = proxyOptions();
  const agent = proxy === undefined ? false : new Agent(proxy);
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const sent = request(url, { method: 'POST', agent, headers, signal });
    sent.on('error', (error) => reject(signal.aborted ? new Error(`no answer within ${timeoutMs / 1000} s`) : error));
    sent.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.end(text);
  });
}

/** Errors of Node name the host, and some the whole URL. */
function withoutSecrets(text: string, { url, token }: Post): string {
  const host = URL.canParse(url) ? new URL(url).hostname : url;
  return [url, token, host].reduce<string>((shown, secret) => (secret ? shown.replaceAll(secret, '***') : shown), text);
}
