import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { followIn } from '../support/follow-process.ts';
import { published } from '../support/follow-world.ts';
import { finished } from '../support/program.ts';
import { startProxy } from '../support/proxy.ts';
import { scenario, type Rig } from '../support/rig.ts';

/** As it is without a sandbox: AWS's own endpoints. */
async function withoutEndpoint(shop: Rig): Promise<void> {
  const file = path.join(shop.folder, 'shop.yml');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^endpoint: .*\n/m, ''));
}

describe.concurrent('where only a proxy leads out', () => {
  scenario('AWS is reached through HTTPS_PROXY, and what is on this machine is not', async ({ rig }) => {
    const shop = await rig({ marker: 'json: release' });
    await withoutEndpoint(shop);
    await using proxy = await startProxy(shop.folder, shop.sandbox.url);
    const through = {
      AWS_ENDPOINT_URL: '',
      HTTPS_PROXY: proxy.url,
      HTTP_PROXY: proxy.url,
      NODE_EXTRA_CA_CERTS: proxy.authority,
    };
    const up = finished(await shop.start('up --release 42 --yes --json', through).ended);
    expect(up, up.message).toMatchObject({ code: 'done' });
    const promote = finished(await shop.start('promote --yes --json', through).ended);
    expect(promote, promote.message).toMatchObject({ code: 'done' });
    expect(promote.proven).toBeGreaterThan(0);
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    const hosts = new Set(proxy.asked);
    expect(hosts).toContain('elasticloadbalancing.eu-west-1.amazonaws.com:443');
    expect(hosts).toContain('ec2.eu-west-1.amazonaws.com:443');
    expect(
      [...hosts].filter((host) => host.includes('127.0.0.1')),
      'loopback',
    ).toEqual([]);
    const status = await shop.start('status', through).ended;
    expect(status.stdout).toMatch(/In account 123456789012, eu-west-1\n/);
    await shop.expectNoFailures();
  });

  scenario('NO_PROXY is asked directly, and a proxy that refuses is named', async ({ rig }) => {
    const shop = await rig();
    await withoutEndpoint(shop);
    await using proxy = await startProxy(shop.folder, shop.sandbox.url);
    const through = { AWS_ENDPOINT_URL: '', AWS_REGION: 'eu-north-1', HTTPS_PROXY: proxy.url };
    const refused = await shop.start('status', through).ended;
    expect(refused.stderr).toContain(`Requests go through a proxy (HTTPS_PROXY=${proxy.url})`);
    const asked = proxy.asked.length;
    expect(asked).toBeGreaterThan(0);
    await shop.start('status', { ...through, NO_PROXY: '.amazonaws.com' }).ended;
    expect(proxy.asked).toHaveLength(asked);
  });

  scenario('`turnout follow` fetches through it, and asks its own machine directly', async ({ rig }) => {
    const shop = await rig({ instances: 1 });
    await using followed = await followIn(shop);
    const { id, bucket, config } = followed;
    await bucket.movePointer(await published(bucket, '42'), undefined, { at: 'now', by: 'me' });
    await using proxy = await startProxy(shop.folder, shop.sandbox.url);
    const through = {
      AWS_ENDPOINT_URL: '',
      ...followed.variables,
      HTTPS_PROXY: proxy.url,
      HTTP_PROXY: proxy.url,
      // All of Node's own clients would use it, also for this machine.
      NODE_USE_ENV_PROXY: '1',
      NODE_EXTRA_CA_CERTS: proxy.authority,
    };
    const follower = shop.start(`follow --json --config ${config}`, through);
    await follower.line(({ message }) => message === '42 runs, and answers.');
    follower.kill('SIGTERM');
    await follower.ended;
    expect((await bucket.report(id))?.value).toMatchObject({ instance: id, runs: { release: '42' } });
    expect(new Set(proxy.asked)).toEqual(new Set(['releases.s3.eu-west-1.amazonaws.com:443']));
    const asked = proxy.asked.length;
    const alone = shop.start(`follow --json --config ${config}`, { ...through, NO_PROXY: '.amazonaws.com' });
    await alone.line(({ message }) => String(message).startsWith('Trying again: '));
    alone.kill('SIGTERM');
    await alone.ended;
    expect(proxy.asked).toHaveLength(asked);
  });
});
