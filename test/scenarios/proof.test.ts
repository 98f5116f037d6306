import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished } from 'vitest';
import { scenario, type RigOptions } from '../support/rig.ts';

/** What answers in production's place, whatever the load balancer's settings are. */
async function cache(release: string): Promise<{ readonly url: string; set(release: string): void }> {
  let now = release;
  const server = createServer((_request, response) => void response.end(`<p>build ${now}</p>`)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    set: (other) => {
      now = other;
    },
  };
}

const SIDES = [
  { id: 'blue', loadBalancer: 'shop-blue', weight: 100 },
  { id: 'green', loadBalancer: 'shop-green', weight: 0 },
];

/** Each kind of traffic, as small as can be. */
const KINDS: Readonly<Record<string, RigOptions>> = {
  'target-groups': {},
  'weighted-listener': {
    production: [{ name: 'shop-blue', port: 8080 }],
    test: [{ name: 'shop-green', port: 8080 }],
    weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
  },
  'weighted-dns': {
    production: [
      { name: 'shop-blue', port: 8080, loadBalancer: 'shop-blue' },
      { name: 'shop-green', port: 8080, loadBalancer: 'shop-green', serves: false },
    ],
    test: [],
    dns: { names: [{ name: 'www.shop.test', sides: SIDES }] },
  },
};

describe.concurrent('the proof of a switch', () => {
  scenario('is what production answers, in both directions', async ({ rig }) => {
    const shop = await rig({ marker: 'json: release, answers: 40' });
    await shop.task('up --release 42');
    for (const [task, release] of [
      ['promote', '42'],
      ['rollback', '41'],
    ] as const) {
      const { message, proven } = await shop.task(task);
      expect(proven).toBeGreaterThanOrEqual(40);
      expect(message).toContain(`answers in a row came from ${release}.`);
      expect((await shop.status()).proof).toMatchObject({ proven: true });
    }
    await shop.expectNoFailures();
  });

  scenario('is missing where production cannot tell its release', async ({ rig }) => {
    const shop = await rig();
    await shop.task('up --release 42');
    const { message, proven } = await shop.task('promote');
    expect(proven).toBeUndefined();
    expect(message).toContain('Not proven: the config has no `release.marker`.');
    expect((await shop.status()).proof).toEqual({ proven: false, why: 'the config has no release.marker' });
  });

  scenario('a switch that production does not show is not called done', async ({ rig }) => {
    const [seen, green] = [await cache('41'), await cache('42')];
    const shop = await rig({
      config: {
        release: `{ marker: { url: '${seen.url}', regexp: 'build (\\d+)', green: '${green.url}', answers: 20 } }`,
        timeouts: '{ boot: 20s, healthy: 20s, drained: 20s, proven: 5s }',
      },
    });
    await shop.task('up --release 42');
    const { message, exitCode } = await shop.task('promote', 'failed');
    expect(exitCode).toBe(4);
    expect(message).toContain('(41 answered last)');
    expect(message).toContain("production's own answers do not show it");
    expect((await shop.status()).proof).toMatchObject({ proven: false });
    // Both fleets run on, and nothing is cleaned up before it is known what production is.
    expect(await shop.task('cleanup', 'refused')).toMatchObject({ code: 'unfinished' });
    seen.set('42');
    expect((await shop.task('resume')).proven).toBeGreaterThanOrEqual(20);
    expect((await shop.status()).proof).toMatchObject({ proven: true });
    await shop.expectNoFailures();
  });

  for (const [kind, options] of Object.entries(KINDS)) {
    scenario(`is asked of green first: by ${kind}, what is not the release never gets production`, async ({ rig }) => {
      const shop = await rig({
        ...options,
        marker: 'json: release, answers: 5',
        // Whatever the release, it boots the same image.
        config: { fleet: "{ kind: ec2, image: { name: 'shop-41' }, userData: 'RELEASE={release}' }" },
      });
      await shop.task('up --release 42');
      shop.forgetRequests();
      for (const command of ['promote', 'promote --allow-unknown-release']) {
        const { code, exitCode, message } = await shop.task(command, 'refused');
        expect({ code, exitCode }).toEqual({ code: 'wrong-release', exitCode: 2 });
        expect(message).toContain('Green was launched as 42, and answers with 41 at http://');
      }
      expect(shop.changes).toEqual([]);
    });
  }
});
