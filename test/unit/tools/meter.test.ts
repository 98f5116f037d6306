import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { between, failedOf } from '../../../tools/meter/counts.ts';
import { startMeter } from '../../../tools/meter.ts';

const good = JSON.stringify({ release: '41' });

async function serve(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Every third response is the given faulty one; counts those. */
function everyThird(wrong: RequestListener): { listener: RequestListener; seen: { all: number; wrong: number } } {
  const seen = { all: 0, wrong: 0 };
  const listener: RequestListener = (request, response) => {
    seen.all += 1;
    if (seen.all % 3 !== 0) return void response.end(good);
    seen.wrong += 1;
    return wrong(request, response);
  };
  return { listener, seen };
}

const WRONGS: readonly (readonly [string, 'httpErrors' | 'transportErrors' | 'bodyErrors', RequestListener])[] = [
  ['503', 'httpErrors', (_, response) => response.writeHead(503).end()],
  ['reset', 'transportErrors', (request) => request.socket.resetAndDestroy()],
  [
    'truncated body',
    'transportErrors',
    (request, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write(good, () => request.socket.destroy());
    },
  ],
  ['no answer', 'transportErrors', () => undefined],
  ['empty body', 'bodyErrors', (_, response) => response.end()],
  ['body without release', 'bodyErrors', (_, response) => response.end('{"status":"ok"}')],
];

test.for(WRONGS)('every third response faulty (%s): each is counted, as %s', async ([name, kind, wrong]) => {
  const { listener, seen } = everyThird(wrong);
  await using server = await serve(listener);
  // Only requests without a response may time out, however busy the machine is.
  const timeoutMs = name === 'no answer' ? 3_000 : 15_000;
  await using meter = await startMeter({ url: server.url, rate: 300, connections: 4, timeoutMs });
  await expect.poll(async () => (await meter.read()).sent, { timeout: 10_000 }).toBeGreaterThan(60);
  const { total, failed, failures } = await meter.stop();
  expect(total.sent).toBe(seen.all);
  expect(total[kind]).toBe(seen.wrong);
  expect(failed).toBe(seen.wrong);
  expect(total.ok).toBe(seen.all - seen.wrong);
  expect(total.byRelease).toEqual({ '41': total.ok });
  expect(total.inFlight).toBe(0);
  expect(new Set(failures.map(({ connection }) => connection))).toEqual(new Set(['kept', 'fresh']));
});

test('the request rate is constant while responses are slow, with at least half on fresh connections', async () => {
  const sockets = new WeakSet<object>();
  const arrivals: number[] = [];
  let connections = 0;
  await using server = await serve((request, response) => {
    arrivals.push(performance.now());
    if (!sockets.has(request.socket)) connections += 1;
    sockets.add(request.socket);
    setTimeout(() => response.end(good), 400);
  });
  await using meter = await startMeter({ url: server.url, rate: 100, connections: 4 });
  await expect.poll(async () => (await meter.read()).sent, { timeout: 10_000 }).toBeGreaterThan(150);
  const { total, latencyMs, failed } = await meter.stop();
  const seconds = (arrivals.at(-1)! - arrivals[0]!) / 1000;
  expect(failed).toBe(0);
  expect(total.sent / seconds).toBeGreaterThan(80);
  expect(total.sent / seconds).toBeLessThan(125);
  expect(connections).toBeGreaterThanOrEqual(Math.floor(total.sent / 2));
  expect(latencyMs.p50).toBeGreaterThanOrEqual(399);
});

test('a meter whose server has ended counts every request as failed', async () => {
  const server = await serve((_, response) => response.end(good));
  await using meter = await startMeter({ url: server.url, rate: 200 });
  await expect.poll(async () => (await meter.read()).ok).toBeGreaterThan(10);
  await server[Symbol.asyncDispose]();
  const before = await meter.read();
  await expect.poll(async () => (await meter.read()).sent).toBeGreaterThan(before.sent + 40);
  const { total } = await meter.stop();
  const since = between(before, total);
  expect(since.sent).toBe(since.transportErrors - before.inFlight);
  expect(failedOf(since)).toBeGreaterThan(40);
});

test('a meter that cannot start reports it', async () => {
  await expect(startMeter({ url: 'nowhere', rate: 200 })).rejects.toThrow('the meter ended unexpectedly');
});
