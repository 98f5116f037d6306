import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tasks } from '../../tasks/index.ts';
import { ExitCode, messageOf, OperatorError } from '../errors.ts';
import { planNow } from '../run/task/resolve-goal.ts';
import { behaviourOf } from '../steps/index.ts';
import { statusFragment, statusPage, type StatusPage } from '../views/status-page.ts';
import type { StatusReport } from '../views/status.ts';
import type { Context } from './context.ts';
import { rememberOutside } from './outside-memory.ts';
import { print } from './print.ts';
import { statusReport } from './status-report.ts';

/** Between two looks, however many readers there are. */
const PERIOD_MS = 2000;
const HISTORY = 15;
const HOST = '127.0.0.1';

/**
 * Serves `status` as a page on loopback until Ctrl-C. It changes nothing. Other users of the machine can reach the port, and pages
 * of other sites can send requests to it: only the address with the token, under its own name, is answered.
 */
export async function statusWeb(context: Context): Promise<ExitCode> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const token = randomBytes(24).toString('base64url');
  const look = looking(context);
  const server = createServer((request, response) => {
    void answer(request, response, token, look);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, HOST, resolve);
  });
  const { port } = server.address() as AddressInfo;
  await print(`http://${HOST}:${port}/${token}/`, 'Read only, for this machine. Ctrl-C ends it.');
  await new Promise<void>((resolve) => {
    if (stop.signal.aborted) resolve();
    stop.signal.addEventListener('abort', () => resolve());
  });
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return ExitCode.done;
}

type Look = () => Promise<StatusPage>;

/** At most one look at AWS in each period, and none while no page asks for it. */
function looking(context: Context): Look {
  const { clock } = context.ports;
  const memory = rememberOutside(clock);
  let last: { readonly at: number; readonly page: Promise<StatusPage> } | undefined;
  const look = async (): Promise<StatusPage> => {
    const report = await statusReport(context, memory);
    // Without the store the rest is shown; the report says why.
    const history = await context.store.history(HISTORY).catch(() => []);
    return { report, steps: stepsLeft(report), history };
  };
  return async () => {
    const now = clock.monotonic();
    if (last === undefined || now - last.at >= PERIOD_MS) last = { at: now, page: look() };
    return last.page;
  };
}

/** Of a run that is under way, or that did not end; none where its goal is refused in this world. */
function stepsLeft({ snapshot, goal }: StatusReport): readonly string[] {
  if (goal === undefined) return [];
  try {
    const { steps } = planNow(tasks[goal.goal.verb], snapshot, goal.goal);
    return steps.map((step) => behaviourOf(step).title(snapshot));
  } catch (error) {
    if (error instanceof OperatorError) return [];
    throw error;
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, token: string, look: Look): Promise<void> {
  const nonce = randomBytes(16).toString('base64');
  const send = (status: number, type: string, text: string): void => {
    response.writeHead(status, { ...headers(nonce), 'content-type': `${type}; charset=utf-8` }).end(text);
  };
  const place = placeIn(request, token);
  if (place === undefined) return send(404, 'text/plain', 'Not found.\n');
  if (request.method !== 'GET') return send(405, 'text/plain', 'Read only.\n');
  try {
    const shown = await look();
    send(200, 'text/html', place === 'page' ? statusPage(shown, nonce) : statusFragment(shown));
  } catch (error) {
    send(503, 'text/plain', `${messageOf(error)}\n`);
  }
}

/** What is asked for; undefined without the token, by another name than ours, or from a page of another origin. */
function placeIn({ url = '', headers: { host, origin }, socket }: IncomingMessage, token: string) {
  const own = `${HOST}:${socket.localPort}`;
  if (host !== own || (origin !== undefined && origin !== `http://${own}`)) return undefined;
  const [, given = '', rest, ...more] = url.split('/');
  if (!isSame(given, token) || more.length > 0) return undefined;
  return rest === '' ? 'page' : rest === 'state' ? 'state' : undefined;
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function headers(nonce: string): Readonly<Record<string, string>> {
  const own = `'nonce-${nonce}'`;
  return {
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; style-src ${own}; script-src ${own}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
}
