import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readConfig } from '../../src/config/read.ts';
import { main } from '../../src/main.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';
import type { SandboxOptions } from '../../src/sandbox/index.ts';

/** `init` on the wire, in this process. */

async function initIn(options: SandboxOptions, ...argv: readonly string[]) {
  const sandbox = await quickSandbox(options);
  const folder = await mkdtemp(path.join(tmpdir(), 'turnout-init-'));
  const file = path.join(folder, 'shop.yml');
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL: sandbox.url,
    AWS_REGION: sandbox.region,
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
  }))
    vi.stubEnv(name, value);
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((_text, ended?: unknown) => {
    if (typeof ended === 'function') (ended as () => void)();
    return true;
  });
  onTestFinished(async () => {
    out.mockRestore();
    vi.unstubAllEnvs();
    await sandbox.close();
    await rm(folder, { recursive: true });
  });
  const exitCode = await main(['init', '--yes', '--config', file, ...argv]);
  const said = out.mock.calls.map(([text]) => String(text)).join('');
  expect(exitCode, said).toBe(0);
  const text = await readFile(file, 'utf8');
  return { said, text, data: readConfig(file, text, {}) };
}

const SIDES = [
  { id: 'one', loadBalancer: 'shop-blue', weight: 100 },
  { id: 'two', loadBalancer: 'shop-green', weight: 0 },
];

test('reads target groups, images and what production answers', async () => {
  const { text, data } = await initIn({});
  expect(data).toMatchObject({
    data: { fleet: { image: { name: 'shop-{release}' } }, traffic: { kind: 'target-groups' } },
  });
  expect(text).toMatch(
    /# Production answered with "41" there\.\nrelease: \{ marker: \{ url: '.+', header: x-release \} \}/,
  );
});

test('reads the names in Route 53 that divide requests between load balancers, and follows a host', async () => {
  const names = [{ name: 'www.shop.test', sides: SIDES }];
  const production = [{ name: 'shop-blue', port: 8080, loadBalancer: 'shop-blue' }];
  const test_ = [{ name: 'shop-green', port: 8080, loadBalancer: 'shop-green' }];
  const { data } = await initIn({ production, test: test_, dns: { names } }, '--host', 'www.shop.test');
  expect(data).toMatchObject({
    data: {
      traffic: {
        kind: 'weighted-dns',
        production: [{ zone: 'shop.test', name: 'www.shop.test', type: 'A', blue: 'one', green: 'two' }],
      },
    },
  });
});

test('reads Auto Scaling groups', async () => {
  const { data } = await initIn({
    production: [{ name: 'shop-blue', port: 8080 }],
    test: [{ name: 'shop-green', port: 8080 }],
    weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
    scalingGroups: ['shop-a', 'shop-b'],
  });
  expect(data).toMatchObject({
    data: { fleet: { kind: 'auto-scaling', groups: ['shop-a', 'shop-b'] }, traffic: { kind: 'weighted-listener' } },
  });
});

test('without a region it names what there is before a config', async () => {
  for (const [name, value] of Object.entries({
    AWS_REGION: '',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
  }))
    vi.stubEnv(name, value);
  vi.stubEnv('AWS_PROFILE', undefined);
  const out = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  onTestFinished(() => {
    out.mockRestore();
    vi.unstubAllEnvs();
  });
  expect(await main(['init', '--yes'])).toBe(2);
  const said = out.mock.calls.map(([text]) => String(text)).join('');
  expect(said).toContain('Set AWS_REGION, or AWS_PROFILE to a profile that has a region');
  expect(said).not.toContain('in the config,');
});
