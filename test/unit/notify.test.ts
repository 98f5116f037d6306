import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock, type Clock } from '../../src/clock.ts';
import { alsoNotifying } from '../../src/commands/notify.ts';
import type { NotifyConfig } from '../../src/config/config.ts';
import { post } from '../../src/notify/post.ts';
import type { RunEvent, View } from '../../src/run/event.ts';
import { noticeBody, NoticeReader, type NoticeData } from '../../src/views/notices.ts';
import { Rig } from '../support/fake-run-task.ts';

const SECRET = 'T0-secret-path';
/** Pauses pass at once. */
const QUICK: Clock = { ...systemClock, sleep: async () => {} };

interface Got {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: NoticeData & { readonly text?: string };
}

/** A receiver of webhooks that answers with these statuses, and then with the last one of them. */
async function receiver(...statuses: readonly number[]): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      got.push({ url: request.url ?? '', headers: request.headers, body: JSON.parse(text) as Got['body'] });
      response.writeHead(statuses[got.length - 1] ?? statuses.at(-1) ?? 200).end();
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${SECRET}`, got };
}

const asked = (url: string, more = {}) => ({ url, body: {}, timeoutMs: 2000, retries: 2, ...more });

describe('a webhook', () => {
  test('is sent again after 5xx and 429, and not after another status', async () => {
    const [busy, gone] = [await receiver(500, 429, 200), await receiver(404)];
    expect(await post(asked(busy.url), QUICK)).toBeUndefined();
    expect(busy.got).toHaveLength(3);
    expect(await post(asked(gone.url), QUICK)).toBe('HTTP 404');
    expect(gone.got).toHaveLength(1);
  });

  test('that never answers is given up, and no error names its URL', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${SECRET}`;
    expect(await post(asked(url, { timeoutMs: 50, retries: 1 }), QUICK)).toBe('no answer within 0.05 s');
    for (const bad of [`http://${SECRET}.test/`, `ftp://host/${SECRET}`, SECRET])
      expect(await post(asked(bad, { retries: 0 }), QUICK), bad).not.toContain(SECRET);
  });

  test('goes through the proxy of the environment', async () => {
    const proxy = await receiver(200);
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('http_proxy', '').stubEnv('HTTP_PROXY', new URL(proxy.url).origin);
    expect(await post(asked('http://hooks.shop.test/x', { token: 'abc' }), QUICK)).toBeUndefined();
    expect(proxy.got[0]).toMatchObject({ url: 'http://hooks.shop.test/x', headers: { authorization: 'Bearer abc' } });
  });
});

/** The notices of a run. */
async function noticesOf(work: (rig: Rig) => Promise<unknown>): Promise<readonly NoticeData[]> {
  const rig = new Rig();
  const reader = new NoticeReader();
  const told: NoticeData[] = [];
  rig.onEvent = (event) => {
    const notice = reader.read(event);
    if (notice !== undefined) told.push(notice);
  };
  await work(rig);
  return told;
}

describe('what is told', () => {
  test('of a promote: that it has started, and how it has ended', async () => {
    const told = await noticesOf(async (rig) => rig.run('promote'));
    expect(told.map(({ event }) => event)).toEqual(['started', 'done']);
    expect(told[1]).toMatchObject({
      environment: 'shop',
      run: 'run-1',
      verb: 'promote',
      release: 'B',
      who: 'alice@ci',
    });
  });

  test('of one that waits for approval and gets none', async () => {
    const told = await noticesOf(async (rig) => {
      rig.terms = { shares: [], limitS: 60, onTimeout: 'back', from: 'the <shop> team' };
      await rig.run('promote');
    });
    expect(told.map(({ event }) => event)).toEqual(['approval', 'undoing', 'undone']);
    expect(noticeBody('slack', told[0]!)).toEqual({
      text: expect.stringMatching(
        /^:raised_hand: \*promote in shop: approval\*\nwait for approval of B .* by the &lt;shop&gt; team/,
      ),
    });
  });

  test('of a plan, and where nothing was to be done: nothing; of a refusal: that', async () => {
    expect(await noticesOf(async (rig) => rig.run('promote', {}, { plan: true }))).toEqual([]);
    expect(await noticesOf(async (rig) => rig.run('rollback'))).toEqual([]);
    const told = await noticesOf(async (rig) => rig.run('adopt', { release: '9' }));
    expect(told.map(({ event }) => event)).toEqual(['refused']);
  });
});

describe('the view that notifies', () => {
  const STARTED = { type: 'started', run: 'r', environment: 'shop', verb: 'promote', who: 'ann' } as const;
  const DONE = {
    type: 'finished',
    result: 'failed',
    code: 'failed',
    exitCode: 3,
    message: 'It failed.',
    next: [],
    seconds: 1,
    awsRequests: 1,
  } as const satisfies RunEvent;
  const target = (more: Partial<NotifyConfig>): NotifyConfig => ({
    kind: 'webhook',
    url: { variable: 'HOOK_URL' },
    events: ['failed', 'undoing'],
    timeoutMs: 2000,
    retries: 0,
    ...more,
  });

  function viewing(...notify: readonly NotifyConfig[]): { view: View; shown: RunEvent[]; late: string[] } {
    const [shown, late]: [RunEvent[], string[]] = [[], []];
    const plain: View = { emit: (event) => shown.push(event), confirm: async () => true, close: async () => {} };
    const folder = mkdtempSync(path.join(tmpdir(), 'turnout-notify-'));
    writeFileSync(path.join(folder, 'token'), 'tok\n');
    const hooks = { folder } as never;
    onTestFinished(() => void vi.unstubAllEnvs());
    return { view: alsoNotifying(plain, { notify, hooks }, QUICK, (text) => late.push(text)), shown, late };
  }

  test('sends with secrets from a variable and a file, after the event was shown and before the end', async () => {
    const { url, got } = await receiver(200);
    const { view, shown } = viewing(target({ token: { file: 'token' } }));
    vi.stubEnv('HOOK_URL', url);
    view.emit(STARTED);
    view.emit(DONE);
    expect(got).toEqual([]);
    expect(shown).toHaveLength(2);
    // What follows waits for nothing of the virtual kind: the receiver is real.
    await vi.waitFor(() => expect(got).toHaveLength(1));
    expect(got[0]).toMatchObject({
      url: `/${SECRET}`,
      headers: { authorization: 'Bearer tok' },
      body: { v: 1, event: 'failed', message: 'It failed.' },
    });
    await view.close();
  });

  test('warns once of one that cannot be told, and never of where it is', async () => {
    const { url, got } = await receiver(404);
    const { view, shown, late } = viewing(target({}), target({ url: { variable: 'NOT_SET' } }));
    vi.stubEnv('HOOK_URL', url);
    view.emit(STARTED);
    view.emit({ type: 'undoing', why: 'sick' });
    view.emit({ type: 'undoing', why: 'sick' });
    await vi.waitFor(() => expect(shown.filter(({ type }) => type === 'warning')).toHaveLength(2));
    view.emit(DONE);
    await vi.waitFor(() => expect(got).toHaveLength(3));
    await view.close();
    expect(late).toEqual([]);
    const text = JSON.stringify(shown);
    expect(text).toContain('\\"undoing\\" did not reach the webhook of variable HOOK_URL: HTTP 404.');
    expect(text).toContain('variable NOT_SET is not there, or empty');
    expect(text).not.toContain(SECRET);
  });
});
