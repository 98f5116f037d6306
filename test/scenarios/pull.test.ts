import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { openBucket } from '../../src/releases/index.ts';
import { behaviour } from '../../src/sandbox/instances/behaviour.ts';
import { call } from '../../src/sandbox/service.ts';
import { openSession } from '../support/aws.ts';
import { linesIn } from '../support/deploys.ts';
import { poll } from '../support/poll.ts';
import { finished, type Program } from '../support/program.ts';
import { scenario, type Rig } from '../support/rig.ts';
import { scalingOf } from '../support/scaling.ts';

const CONFIG = {
  deploy: '{ kind: pull, bucket: releases, prefix: shop }',
  instanceCheck: `{ url: 'http://{address}:8080/', contains: '"release":"{release}"' }`,
};

/** As `systemctl restart` does: the app of the instance runs what `current` holds. */
const RESTART = `
import fs from 'node:fs';
const [, , instance, log] = process.argv;
const release = fs.readFileSync('current/release', 'utf8');
fs.appendFileSync(log, release + ' ' + instance + '\\n');
const body = JSON.stringify({ instance, release, ms: 100 });
const headers = { 'content-type': 'application/json' };
const answer = await fetch(process.env.AWS_ENDPOINT_URL + '/_turnout/deploy', { method: 'POST', headers, body });
if (!answer.ok) throw new Error(await answer.text());
`;

async function makeBucket({ sandbox, folder }: Rig): Promise<void> {
  await sandbox.s3.operations['CreateBucket']?.({ Bucket: 'releases' });
  await writeFile(path.join(folder, 'restart.mjs'), RESTART);
}

/** It runs what its image had, and serves: the pointer is for one that runs nothing. */
async function onlyWithAPermit(follower: Program): Promise<void> {
  await follower.line(({ message }) => /only with a permit/.test(String(message)));
}

async function bundle({ folder }: Rig, release: string): Promise<string> {
  const content = path.join(folder, `content-${release}`);
  await mkdir(content, { recursive: true });
  await writeFile(path.join(content, 'release'), release);
  execFileSync('tar', ['-czf', path.join(folder, `${release}.tar.gz`), '-C', content, '.']);
  return `${release}.tar.gz`;
}

/** `turnout follow` on an instance, with the metadata service of the sandbox. */
async function follow(shop: Rig, id: string, variables: Readonly<Record<string, string>> = {}): Promise<Program> {
  const home = path.join(shop.folder, id);
  await mkdir(home, { recursive: true });
  const { address } = shop.sandbox.instances.find(id)!;
  const lines = [
    'bucket: releases',
    'prefix: shop',
    `folder: ${home}`,
    'poll: 200ms',
    `restart: ['${process.execPath}', '${path.join(shop.folder, 'restart.mjs')}', ${id}, '${path.join(shop.folder, 'restarts')}']`,
    `check: { url: 'http://${address}:8080/', contains: '"release":"{release}"', within: 5s }`,
  ];
  await writeFile(path.join(home, 'follow.yml'), lines.join('\n'));
  return shop.start(`follow --json --config ${path.join(home, 'follow.yml')}`, {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: `${shop.sandbox.url}/_turnout/metadata/${id}`,
    ...variables,
  });
}

describe.concurrent('a pull deploy', () => {
  scenario('goes by permits, while a follower is killed, and no client notices', async ({ rig }) => {
    const shop = await rig({ config: CONFIG, rate: 40 });
    await makeBucket(shop);
    const published = await shop.run(`publish --release 42 --bundle ${await bundle(shop, '42')} --json`);
    expect(published.lines).toMatchObject([{ type: 'published', release: '42', uploaded: true }]);
    const early = await shop.task('rolling --release 42', 'refused');
    expect(early).toMatchObject({ code: 'not-following' });
    const blue = shop.instancesOf('41');
    const followers = await Promise.all(blue.map(async (id) => follow(shop, id)));
    await Promise.all(followers.map(onlyWithAPermit));
    const rolling = shop.start('rolling --release 42 --yes --json');
    await followers[0]!.line(({ message }) => /changing to 42/.test(String(message)));
    followers[0]!.kill('SIGKILL');
    followers[0] = await follow(shop, blue[0]!);
    const { exitCode, stdout } = await rolling.ended;
    expect(exitCode, stdout).toBe(0);
    expect(shop.instancesOf('42')).toHaveLength(blue.length);
    const pointer = await openBucket(openSession(shop.sandbox.url), { bucket: 'releases', prefix: 'shop' }).pointer();
    expect(pointer).toMatchObject({ value: { number: 1, release: '42' } });
    const restarts = await linesIn(shop, 'restarts');
    expect(new Set(restarts.filter((line) => line.startsWith('42')))).toEqual(new Set(blue.map((id) => `42 ${id}`)));
    const { pull } = await shop.status();
    expect(pull).toMatchObject({
      pointer: { number: 1, release: '42' },
      instances: blue.map(() => ({ runs: '42', state: 'follows', answer: 'ok', words: null })),
    });
    const second = await (await follow(shop, blue[0]!)).ended;
    expect([second.exitCode, second.stderr + second.stdout]).toEqual([
      2,
      expect.stringContaining('Another `turnout follow` works in'),
    ]);
    for (const one of followers) one.kill('SIGTERM');
    expect((await Promise.all(followers.map(async (one) => one.ended))).map(({ exitCode: code }) => code)).toEqual([
      0, 0, 0,
    ]);
    await shop.expectNoFailures();
  });

  scenario(
    'in waves: one that is lost stops it at the bound, and is named; it goes on once that one is back',
    async ({ rig }) => {
      const converge = 'converge: { poll: 2s, download: 5s, restart: 13s }';
      const shop = await rig({
        config: { ...CONFIG, deploy: `{ kind: pull, bucket: releases, prefix: shop, ${converge} }` },
      });
      shop.mayFail('apps restart while they serve, and the one of the sandbox loses its requests then');
      await makeBucket(shop);
      await shop.run(`publish --release 42 --bundle ${await bundle(shop, '42')} --json`);
      const blue = shop.instancesOf('41');
      const followers = new Map<string, Program>();
      for (const id of blue) followers.set(id, await follow(shop, id));
      for (const one of followers.values()) await onlyWithAPermit(one);
      const { lines } = await shop.run('rolling --release 42 --wave 34%,100% --min-healthy 1 --plan --json');
      const planned = lines.find(({ type }) => type === 'planned') as unknown as {
        readonly steps: readonly {
          readonly do: string;
          readonly title: string;
          readonly instances: readonly string[];
        }[];
      };
      const [first, second] = planned.steps.filter((step) => step.do === 'permit-wave');
      expect(first?.title).toMatch(/change to 42 with permits to pull from s3:\/\/releases\/shop, within 20 s/);
      expect(first?.instances).toHaveLength(1);
      const lost = second!.instances[0]!;
      const rolling = shop.start('rolling --release 42 --wave 34%,100% --min-healthy 1 --yes --json');
      await rolling.line(({ type, title }) => type === 'step-started' && String(title).startsWith('tag'));
      followers.get(lost)!.kill('SIGKILL');
      const ended = finished(await rolling.ended);
      expect(ended, ended.message).toMatchObject({ result: 'failed' });
      expect(ended.message).toMatch(new RegExp(`1 done; 1 lost: ${lost} \\(it has not reported since its permit\\)`));
      expect(ended.message).toContain('no further wave has begun');
      expect(shop.instancesOf('42')).toHaveLength(2);
      await follow(shop, lost);
      const resumed = await shop.task('resume');
      expect(resumed.message).toContain('Every instance that was there carries 42.');
      expect(shop.instancesOf('42')).toHaveLength(3);
      for (const [id, one] of followers) if (id !== lost) one.kill('SIGTERM');
    },
  );

  scenario('to an Auto Scaling group: what it launches boots the current release, and is counted', async ({ rig }) => {
    const shop = await rig({
      production: [{ name: 'shop-blue', port: 8080 }],
      test: [{ name: 'shop-green', port: 8080 }],
      weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
      scalingGroups: ['shop-a', 'shop-b'],
      instances: 2,
      config: CONFIG,
      rate: 40,
    });
    await makeBucket(shop);
    await shop.run(`publish --release 42 --bundle ${await bundle(shop, '42')} --json`);
    const blue = shop.instancesOf('41');
    const followers = await Promise.all(blue.map(async (id) => follow(shop, id)));
    await Promise.all(followers.map(onlyWithAPermit));
    const rolled = await shop.task('rolling --release 42');
    expect(rolled.message).toContain('Every instance that was there carries 42.');
    expect(rolled.message, 'it boots what the pointer names').not.toContain('launches when it scales');
    expect(shop.health.lowest()).toBe(1);
    // From now on nothing serves on a new instance before `turnout follow` has started it.
    shop.sandbox.instances.setReleaseBehaviour('41', behaviour('crash'));
    const [InstanceId = ''] = blue;
    const ShouldDecrementDesiredCapacity = false;
    await call(shop.sandbox.autoscaling, 'TerminateInstanceInAutoScalingGroup', {
      InstanceId,
      ShouldDecrementDesiredCapacity,
    });
    const isEmpty = () => shop.instancesOf('41').filter((id) => !shop.sandbox.instances.alive(id));
    await poll(() => isEmpty().length === 1, 'the replacement, on which nothing runs', 15_000);
    const [fresh = ''] = isEmpty();
    const newcomer = await follow(shop, fresh);
    await newcomer.line(({ message }) => message === '42 runs, and answers.');
    await scalingOf(shop.sandbox, 'shop-web').settled('shop-a', 2);
    await shop.healthyIn('shop-blue', '42');
    const { pull, pools } = await shop.status();
    const follows = { runs: '42', state: 'follows', answer: 'ok', permit: null };
    expect(pull).toMatchObject({
      instances: expect.arrayContaining([expect.objectContaining({ id: fresh, ...follows })]),
    });
    const registered = pools.flatMap(({ targets }) => targets).filter(({ state }) => state === 'healthy');
    expect(Object.fromEntries(registered.map(({ id, release }) => [id, release]))).toEqual({
      [blue[1]!]: '42',
      [fresh]: '42',
    });
    const before = await linesIn(shop, 'restarts');
    expect((await shop.task('rolling --release 42')).message).toBe('Every instance that was there carries 42.');
    expect(await linesIn(shop, 'restarts'), 'nothing is deployed to what runs it').toEqual(before);
    for (const one of [...followers, newcomer]) one.kill('SIGTERM');
    await shop.expectNoFailures();
  });
});
