import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { translate } from '../../src/aws/errors.ts';
import { fetchOnce, type Lookup } from '../../src/production/fetch.ts';
import { proxyOptions, proxyText } from '../../src/proxy.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

const PROXY = 'http://127.0.0.1:9';

test('no proxy is set', () => {
  expect(proxyOptions({ HTTPS_PROXY: '', NO_PROXY: 'aws' })).toBeUndefined();
  expect(proxyText({})).toBeUndefined();
});

test('lower case comes first; loopback and metadata services never go through it', () => {
  const env = { https_proxy: PROXY, HTTPS_PROXY: 'http://other', NO_PROXY: '.internal' };
  expect(proxyOptions(env)?.proxyEnv).toMatchObject({ HTTPS_PROXY: PROXY, HTTP_PROXY: undefined });
  expect(proxyOptions(env)?.proxyEnv?.['NO_PROXY']).toMatch(/^\.internal,localhost,.*127\.0\.0\.0-.*169\.254\.0\.0-/);
});

test('it is shown without its password', () => {
  const env = { HTTPS_PROXY: 'http://ann:secret@proxy:3128', no_proxy: '.internal' };
  expect(proxyText(env)).toBe('HTTPS_PROXY=http://***@proxy:3128, NO_PROXY=.internal');
});

test('what is on this machine is asked directly', async () => {
  const sandbox = await quickSandbox();
  onTestFinished(async () => sandbox.close());
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('HTTP_PROXY', PROXY);
  const { port } = new URL(sandbox.url);
  for (const url of [`http://127.0.0.1:${port}/`, `http://localhost:${port}/`])
    expect((await fetchOnce({ url, timeoutMs: 2000 })).status, url).toBeGreaterThan(0);
  await expect(fetchOnce({ url: 'http://www.shop.test/', timeoutMs: 2000 })).rejects.toThrow('127.0.0.1:9');
});

test('production is asked through it, unless its own name servers are to tell the address', async () => {
  const proxy = createServer((asked, answer) => answer.end(asked.url)).listen(0, '127.0.0.1');
  onTestFinished(() => void proxy.close());
  onTestFinished(() => void vi.unstubAllEnvs());
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${port}`);
  const url = `http://www.shop.test:${port}/x`;
  expect((await fetchOnce({ url, timeoutMs: 2000 })).body).toBe(url);
  const lookup: Lookup = (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]);
  expect((await fetchOnce({ url, timeoutMs: 2000, lookup })).body).toBe('/x');
});

test('advice for what cannot be reached names it', () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  vi.stubEnv('HTTPS_PROXY', '').stubEnv('https_proxy', '').stubEnv('HTTP_PROXY', '').stubEnv('http_proxy', '');
  expect(translate(error, 'ec2:DescribeInstances').next[0]).toBe('Where only a proxy leads out, set HTTPS_PROXY.');
  vi.stubEnv('HTTPS_PROXY', 'http://ann:secret@proxy:3128');
  expect(translate(error, 'ec2:DescribeInstances').next[0]).toContain('(HTTPS_PROXY=http://***@proxy:3128)');
});
