import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'vitest';
import { needs } from './needs.ts';
import { poll } from './poll.ts';

/** A real browser without a window, by its own protocol (Chrome DevTools Protocol), so that a test needs no package for it. */

interface View {
  readonly width: number;
  readonly dark?: boolean;
  readonly print?: boolean;
}

export interface Page {
  goto(url: string, view: View): Promise<void>;
  /** The value of an expression, in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** A PNG of what is seen. */
  screenshot(): Promise<Buffer>;
}

type Result = Readonly<Record<string, unknown>>;

/** Skips the test where there is none, and says so. */
export function needsBrowser(context: Pick<TestContext, 'skip'>): void {
  needs(context, 'chromium', 'chromium');
}

/** Starts it for one test, which gets its page; ends it afterwards. */
export async function inBrowser(use: (page: Page) => Promise<void>): Promise<void> {
  const profile = await mkdtemp(path.join(tmpdir(), 'browser-'));
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
  const browser = spawn(
    'chromium',
    [...flags, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    {
      stdio: 'ignore',
      detached: true,
    },
  );
  try {
    const socket = new WebSocket(await pageOf(profile));
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    await use(pageOn(socket));
    socket.close();
  } finally {
    await end(browser);
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** It writes the port that it has chosen into its profile. */
async function pageOf(profile: string): Promise<string> {
  const file = path.join(profile, 'DevToolsActivePort');
  let url = '';
  await poll(
    async () => {
      const [port] = existsSync(file) ? (await readFile(file, 'utf8')).split('\n') : [];
      const list =
        port === undefined || port === '' ? [] : await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
      const found = (list as readonly { type: string; webSocketDebuggerUrl: string }[]).find(
        ({ type }) => type === 'page',
      );
      url = found?.webSocketDebuggerUrl ?? '';
      return url !== '';
    },
    'the browser to have a page',
    30_000,
  );
  return url;
}

function pageOn(socket: WebSocket): Page {
  let last = 0;
  const waiting = new Map<number, (message: { result?: Result; error?: unknown }) => void>();
  let loaded = (): void => undefined;
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as { id?: number; method?: string; result?: Result; error?: unknown };
    if (message.method === 'Page.loadEventFired') loaded();
    if (message.id !== undefined) waiting.get(message.id)?.(message);
  });
  const send = async (method: string, params: object = {}): Promise<Result> => {
    last += 1;
    const id = last;
    const { promise, resolve } = Promise.withResolvers<{ result?: Result; error?: unknown }>();
    waiting.set(id, resolve);
    socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await promise;
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result ?? {};
  };
  return {
    async goto(url, { width, dark = false, print = false }) {
      await send('Page.enable');
      await send('Emulation.setDeviceMetricsOverride', { width, height: 800, deviceScaleFactor: 1, mobile: false });
      const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
      await send('Emulation.setEmulatedMedia', { media: print ? 'print' : 'screen', features });
      const { promise, resolve } = Promise.withResolvers<void>();
      loaded = resolve;
      await send('Page.navigate', { url });
      await promise;
    },
    async evaluate<T>(expression: string) {
      const { result } = await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
      return (result as { value: T }).value;
    },
    async screenshot() {
      const { data } = await send('Page.captureScreenshot', { captureBeyondViewport: true });
      return Buffer.from(String(data), 'base64');
    },
  };
}

/** With its own children, by their group. */
async function end(browser: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => browser.once('exit', resolve));
  if (browser.exitCode === null && browser.pid !== undefined) spawnSync('kill', ['-KILL', '--', `-${browser.pid}`]);
  if (browser.exitCode === null && browser.signalCode === null) await ended;
}
