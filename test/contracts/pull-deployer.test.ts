import { rmSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { Ec2 } from '../../src/aws/ec2.ts';
import { systemClock } from '../../src/clock.ts';
import { createPullDeployer } from '../../src/deployers/pull.ts';
import type { DeployRequest } from '../../src/deployers/deployer.ts';
import type { Instance } from '../../src/domain/snapshot.ts';
import { toInstance } from '../../src/fleets/ec2/tags.ts';
import type { Follower } from '../../src/follow/follower.ts';
import type { BucketOfReleases } from '../../src/releases/bucket.ts';
import { openBucket } from '../../src/releases/index.ts';
import { openSession } from '../support/aws.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { FollowedApp, freshFolder, openFollower, published, signingKeys } from '../support/follow-world.ts';
import { poll } from '../support/poll.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';
import { deployerContract, type DeployerWorld } from './deployer.contract.ts';

const TOOLS = { clock: systemClock, by: 'ann' };
const PLACE = { bucket: 'releases', prefix: 'shop' };

interface PullWorld extends DeployerWorld {
  readonly bucket: BucketOfReleases;
  readonly apps: ReadonlyMap<string, FollowedApp>;
  readonly faults: (spec: { readonly kind: string; readonly [key: string]: unknown }) => void;
}

/** Two instances that follow, each in a folder of its own. */
async function startWorld(): Promise<PullWorld> {
  const sandbox = await quickSandbox({ instances: 2 });
  const all = await new Ec2(openSession(sandbox.url)).instancesById(sandbox.blue, (one) =>
    toInstance({ environment: 'shop', tagPrefix: 'turnout' }, one),
  );
  await sandbox.s3.operations['CreateBucket']?.({ Bucket: PLACE.bucket });
  const bucket = openBucket(openSession(sandbox.url), PLACE);
  for (const release of ['42', '43']) await published(bucket, release);
  const folders = all.map(() => freshFolder());
  const apps = new Map(all.map(({ id }, n) => [id, new FollowedApp(folders[n]!)]));
  const stopped = new AbortController();
  const followers = all.map(({ id: instance }, n) =>
    openFollower({ instance, bucket }, folders[n]!, apps.get(instance)!, systemClock),
  );
  const ends = await Promise.all(followers.map(async (one) => following(one, stopped.signal)));
  return {
    bucket,
    apps,
    faults: (spec) => void sandbox.faults.add(spec),
    instances: all as readonly [Instance, Instance],
    open: () => createPullDeployer(openBucket(openSession(sandbox.url), PLACE), TOOLS),
    fate: (instance, fate) => void (apps.get(instance)!.fate = fate),
    begun: async (instance) => apps.get(instance)!.begun,
    close: async () => {
      stopped.abort();
      // One whose restart hangs never ends.
      await Promise.race([Promise.all(ends.map(({ ended }) => ended)), systemClock.sleep(200)]);
      await sandbox.close();
      for (const folder of folders) rmSync(folder, { recursive: true });
    },
  };
}

async function following(follower: Follower, signal: AbortSignal): Promise<{ readonly ended: Promise<void> }> {
  await follower.start();
  await follower.look();
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await systemClock.sleep(20);
      await follower.look().catch(() => undefined);
    }
  };
  return { ended: loop() };
}

deployerContract('pull', { setup: startWorld, isRemote: true, stops: false });

const requestFor = (instances: readonly Instance[], change: Partial<DeployRequest> = {}): DeployRequest => ({
  token: 'run-1/1',
  since: new Date().toISOString(),
  environment: 'shop',
  release: '42',
  instances,
  migrate: false,
  ...change,
});

async function start(): Promise<PullWorld> {
  const world = await startWorld();
  onTestFinished(async () => world.close());
  return world;
}

test('a release that was not published is refused before anything is changed', async () => {
  const world = await start();
  const error = await errorOf(world.open().prepare(requestFor(world.instances, { release: '44' })));
  expect(error.code).toBe('not-published');
  expectAdvice(error);
});

test('a release that the instances would refuse is refused before anything is changed', async () => {
  const world = await start();
  const error = await errorOf(
    createPullDeployer(world.bucket, TOOLS, signingKeys().pub).prepare(requestFor(world.instances)),
  );
  expect(error).toMatchObject({ code: 'bad-signature', message: /^Release 42 is not signed: instances would/ });
  expectAdvice(error);
});

test('an instance on which nothing follows is refused before anything is changed', async () => {
  const world = await start();
  const silent = { ...world.instances[0], id: 'i-0silent' };
  const error = await errorOf(world.open().prepare(requestFor([world.instances[1], silent])));
  expect(error.code).toBe('not-following');
  expect(error.message).toContain('i-0silent');
  expectAdvice(error);
});

test('whoever goes on after a crash between two permits gives the second', async () => {
  const world = await start();
  const [a, b] = world.instances;
  const deployer = world.open();
  await deployer.start(requestFor([a]));
  expect(await deployer.status(requestFor([a, b]))).toBeUndefined();
  await deployer.start(requestFor([a, b]));
  await poll(async () => (await deployer.status(requestFor([a, b])))?.state === 'succeeded', 'both to run it');
  expect([await world.begun(a.id), await world.begun(b.id)]).toEqual([['42'], ['42']]);
});

test('a permit whose answer was lost is not given twice', async () => {
  const world = await start();
  const [a] = world.instances;
  world.faults({ kind: 'error-after', operation: 'PutObject', count: 1 });
  const deployer = world.open();
  await deployer.start(requestFor([a])).catch(() => undefined);
  await deployer.start(requestFor([a]));
  await poll(async () => (await deployer.status(requestFor([a])))?.state === 'succeeded', 'it to run');
  expect(await world.begun(a.id)).toEqual(['42']);
  expect(await deployer.fetched([a.id, 'i-0silent'])).toEqual({ [a.id]: '42' });
});

test('new instances boot a release from when it is made the current one, by compare-and-set', async () => {
  const world = await start();
  const deployer = world.open();
  await deployer.setCurrent('42');
  await deployer.setCurrent('42');
  expect(await world.bucket.pointer()).toMatchObject({ value: { number: 1, release: '42', by: 'ann' } });
  await deployer.setCurrent('43');
  expect(await world.bucket.pointer()).toMatchObject({ value: { number: 2, history: [{ number: 1, release: '42' }] } });
});

test('of two programs that permit at once, one is refused', async () => {
  const world = await start();
  const [a] = world.instances;
  const content = await world.bucket.release('42');
  const permit = { ...content, number: 1, at: '', state: 'given' } as const;
  const both = await Promise.allSettled(
    ['run-1/1', 'run-2/1'].map(async (token) => world.bucket.givePermit(a.id, { ...permit, token }, undefined)),
  );
  const refused = both.find((one) => one.status === 'rejected');
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(refused?.reason).toMatchObject({ code: 'permit-changed' });
});
