import { afterAll, describe, expect, test } from 'vitest';
import { startDynalite } from '../support/dynalite.ts';
import { changesIn } from '../support/fences.ts';
import { finished, type Program } from '../support/program.ts';
import { needsRedis, REDIS, RedisServer } from '../support/redis-server.ts';
import { scenario, type Rig } from '../support/rig.ts';

/**
 * Real processes under real traffic on each store: killed, suspended for longer than their lease, and two at once. No client
 * request fails, and there are never two holders (`expectNoFailures` looks at the fences that AWS saw).
 */

/** Long enough for a busy machine to renew it in time, short enough to be waited for. */
const TTL = '3s';
const LOST = { result: 'failed', code: 'lease-lost', exitCode: 5 };
/** Each change takes its time, so that a signal sent when a step begins arrives before its end. */
const SLOW_MS = 150;
const CHANGES = ['RunInstances', 'TerminateInstances', 'CreateTags', 'RegisterTargets', 'DeregisterTargets'];

const counted = { runs: 0 };

afterAll(() => void process.stdout.write(`real processes: ${counted.runs} runs\n`));

function start(shop: Rig, task: string): Program {
  counted.runs += 1;
  return shop.start(`${task} --yes --json`);
}

async function done(shop: Rig, task: string): Promise<void> {
  counted.runs += 1;
  await shop.task(task);
}

/** Starts a task, and sends it a signal in the middle of that step. */
async function struck(shop: Rig, task: string, step: string, signal: NodeJS.Signals): Promise<Program> {
  const undo = CHANGES.map((operation) => shop.slow(operation, SLOW_MS));
  const program = start(shop, task);
  await program.reaches(step);
  program.kill(signal);
  for (const end of undo) end();
  return program;
}

/** That one alone serves production, whole and healthy. */
async function serves(shop: Rig, release: string): Promise<void> {
  expect(shop.where()['shop-production']).toBe(`${release} × 3`);
  await shop.healthyIn('shop-production', release);
}

async function killedAndResumed(shop: Rig): Promise<void> {
  await (
    await struck(shop, 'up --release 42', 'launch', 'SIGKILL')
  ).ended;
  const { goal } = await shop.status();
  expect(goal?.verb).toBe('up');
  await done(shop, 'resume --wait 30s');
  expect(shop.instancesOf('42')).toHaveLength(3);
}

async function twoAtOnce(shop: Rig): Promise<void> {
  const both = [start(shop, 'promote --wait 1m'), start(shop, 'promote --wait 1m')];
  for (const program of both) expect(finished(await program.ended)).toMatchObject({ result: 'done' });
  await serves(shop, '42');
}

/** Meanwhile another operator goes the other way: the one that slept sends no change any more. */
async function suspended(shop: Rig): Promise<void> {
  await shop.healthyIn('shop-test', '41');
  const sleeper = await struck(shop, 'rollback', 'await-healthy shop-production', 'SIGSTOP');
  await done(shop, 'promote --wait 1m');
  await serves(shop, '42');
  const before = changesIn(shop.sandbox).length;
  sleeper.kill('SIGCONT');
  expect(finished(await sleeper.ended)).toMatchObject(LOST);
  expect(changesIn(shop.sandbox)).toHaveLength(before);
  await serves(shop, '42');
}

/** The one that waits has its turn once the lease of the dead one is over. */
async function killedWhileAnotherWaits(shop: Rig): Promise<void> {
  await shop.healthyIn('shop-test', '41');
  const undo = shop.slow('DeregisterTargets', 500);
  const first = start(shop, 'rollback');
  await first.reaches('await-healthy shop-production');
  // It hears nothing of health, so that it is still at work however long the other takes to start.
  const unheard = shop.sandbox.faults.add({ kind: 'throttle', operation: 'DescribeTargetHealth' });
  const second = start(shop, 'rollback --wait 1m');
  await second.line(({ type }) => type === 'queued');
  first.kill('SIGKILL');
  await first.ended;
  shop.sandbox.faults.remove(unheard);
  undo();
  expect(finished(await second.ended)).toMatchObject({ result: 'done' });
  await serves(shop, '41');
}

async function stoppedAndUndone(shop: Rig): Promise<void> {
  await shop.healthyIn('shop-test', '42');
  const program = await struck(shop, 'promote', 'register shop-production', 'SIGTERM');
  expect(finished(await program.ended)).toMatchObject({ result: 'interrupted', exitCode: 130 });
  await done(shop, 'rollback');
  await serves(shop, '41');
}

async function killedAtTheEnd(shop: Rig): Promise<void> {
  await (
    await struck(shop, 'cleanup --discard --wait', 'terminate', 'SIGKILL')
  ).ended;
  await done(shop, 'resume --wait 30s');
  expect(shop.instancesOf('42')).toEqual([]);
  await serves(shop, '41');
  expect(await shop.status()).toMatchObject({ goal: null, lease: null });
  await shop.expectNoFailures();
}

const TIMES = { registration: 400 };

async function through(shop: Rig, ...more: readonly ((shop: Rig) => Promise<void>)[]): Promise<void> {
  const chapters = [killedAndResumed, twoAtOnce, suspended, killedWhileAnotherWaits, stoppedAndUndone, ...more];
  for (const chapter of [...chapters, killedAtTheEnd]) await chapter(shop);
  expect(shop.health.lowest()).toBe(3);
}

describe.concurrent('runs that are killed, suspended and doubled, under traffic', () => {
  scenario('with a file', async ({ rig }) => {
    await through(await rig({ ...TIMES, config: { store: `{ kind: file, ttl: ${TTL} }` } }));
  });

  scenario('with DynamoDB, whose table is made first', async ({ rig }) => {
    await using dynamodb = await startDynalite();
    const store = `{ kind: dynamodb, table: deploys, endpoint: '${dynamodb.url}', ttl: ${TTL} }`;
    const shop = await rig({ ...TIMES, config: { store } });
    const before = await shop.task('up --release 42', 'refused');
    expect(before).toMatchObject({ code: 'store-missing', next: [expect.stringContaining('turnout store create')] });
    for (const said of [/^Created the table deploys/, /^The table deploys exists already/])
      expect((await shop.run('store create')).stdout).toMatch(said);
    await through(shop);
    const { lines } = await shop.run('history --json');
    expect(lines.slice(0, 2)).toMatchObject([{ verb: 'cleanup', outcome: 'done' }, { outcome: 'running' }]);
  });

  test('finds a Redis to test with', (context) => {
    needsRedis(context);
    expect(REDIS).toBeDefined();
  });

  scenario.runIf(REDIS !== undefined)('with a Redis that dies, too', async ({ rig }) => {
    await using redis = await new RedisServer('--appendonly', 'yes', '--appendfsync', 'always').start();
    const store = `{ kind: redis, url: '${redis.url}', ttl: ${TTL} }`;
    const shop = await rig({ ...TIMES, config: { store } });
    await through(
      shop,
      async () => storeKilled(shop, redis),
      async () => storeGone(shop, redis),
    );
  });
});

/** It is there again, with its data, before the lease is over: the run goes on. */
async function storeKilled(shop: Rig, redis: RedisServer): Promise<void> {
  await shop.healthyIn('shop-test', '42');
  const promote = start(shop, 'promote');
  await promote.reaches('await-healthy shop-production');
  await redis.kill();
  await redis.start();
  expect(finished(await promote.ended)).toMatchObject({ result: 'done' });
  await serves(shop, '42');
}

/** It is gone for longer than the lease lives: the run stops, `status` says what is known, and the run can be gone on with. */
async function storeGone(shop: Rig, redis: RedisServer): Promise<void> {
  await shop.healthyIn('shop-test', '41');
  const rollback = start(shop, 'rollback');
  await rollback.reaches('await-healthy shop-production');
  await redis.kill();
  expect(finished(await rollback.ended)).toMatchObject(LOST);
  const blind = await shop.run('status --json');
  expect(blind.exitCode).toBe(2);
  expect(blind.lines).toMatchObject([
    { goal: null, trouble: expect.stringMatching(/redis.*cannot be reached/), verbs: [] },
  ]);
  await redis.start();
  expect(await shop.status()).toMatchObject({ goal: { verb: 'rollback' }, trouble: null });
  await done(shop, 'resume --wait 30s');
  await serves(shop, '41');
}
