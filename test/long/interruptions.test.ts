import { describe, expect } from 'vitest';
import { finished } from '../support/program.ts';
import { scenario, type Rig } from '../support/rig.ts';

/** Each change takes its time, so that a signal sent when a step begins arrives before its end. */
const SLOW_MS = 150;
const CHANGES = ['RunInstances', 'TerminateInstances', 'CreateTags', 'RegisterTargets', 'DeregisterTargets'];
const TIMES = { registration: 400 };
const STOPS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

/** Starts a task, and sends it a signal as soon as that step begins. */
async function stopAt(shop: Rig, task: string, step: string, signal: NodeJS.Signals): Promise<void> {
  const undo = CHANGES.map((operation) => shop.slow(operation, SLOW_MS));
  const program = shop.start(`${task} --yes --json`);
  await program.reaches(step);
  program.kill(signal);
  const ended = await program.ended;
  for (const end of undo) end();
  if (signal === 'SIGKILL') return expect(ended.signal).toBe('SIGKILL');
  const last = finished(ended);
  expect(last, `${task} at ${step}`).toMatchObject({ result: 'interrupted', code: 'interrupted', exitCode: 130 });
  expect(ended.exitCode).toBe(130);
  expect(last.next.join()).toContain('turnout resume');
}

/** One release serves, whole and healthy, another one at most is in the test group, and nothing is under way. */
async function expectGood(shop: Rig, serving: string, other: string): Promise<void> {
  expect(shop.where()).toEqual({
    'shop-production': `${serving} × 3`,
    'shop-test': other === '' ? '' : `${other} × 3`,
  });
  expect(await shop.underWay()).toEqual({ goal: undefined, lease: undefined });
}

/** What is typed after a run was stopped: each item to its end. */
type Ways = Readonly<Record<'same' | 'opposite' | 'resume' | 'abandon', readonly string[]>>;

const PROMOTE: Ways = {
  same: ['promote'],
  opposite: ['rollback'],
  resume: ['resume'],
  abandon: ['abandon', 'promote'],
};
const ROLLBACK: Ways = {
  same: ['rollback'],
  opposite: ['promote'],
  resume: ['resume'],
  abandon: ['abandon', 'rollback'],
};

/** There and back and there again, stopped each time at the same step, then gone on with in each way. */
const WALK: readonly (readonly [task: string, ways: readonly string[], serving: string])[] = [
  ['promote', PROMOTE.opposite, '41'],
  ['promote', PROMOTE.same, '42'],
  ['rollback', ROLLBACK.opposite, '42'],
  ['rollback', ROLLBACK.same, '41'],
  ['promote', PROMOTE.resume, '42'],
  ['rollback', ROLLBACK.resume, '41'],
  ['promote', PROMOTE.abandon, '42'],
  ['rollback', ROLLBACK.abandon, '41'],
];

async function switchBackAndForth(
  shop: Rig,
  step: string,
  signals: readonly NodeJS.Signals[],
  walk = WALK,
): Promise<void> {
  await shop.task('up --release 42');
  for (const [index, [task, ways, serving]] of walk.entries()) {
    await shop.healthyIn('shop-test', task === 'promote' ? '42' : '41');
    await stopAt(shop, task, step, signals[index % signals.length]!);
    for (const way of ways) await shop.task(way);
    await expectGood(shop, serving, serving === '41' ? '42' : '41');
  }
}

describe.concurrent('Ctrl-C or SIGTERM in a switch, and then each verb', () => {
  for (const step of [
    'register shop-production',
    'await-healthy shop-production',
    'deregister shop-production',
    'register shop-test',
  ]) {
    scenario(`at '${step}': production stays whole, and each way leads to its end`, async ({ rig }) => {
      const shop = await rig(TIMES);
      await switchBackAndForth(shop, step, STOPS);
      expect(shop.health.lowest()).toBe(3);
      await shop.expectNoFailures();
    });
  }

  scenario('at the last step: it is done to its end, and so is the task', async ({ rig }) => {
    const shop = await rig(TIMES);
    await shop.task('up --release 42');
    const slow = shop.slow('DeregisterTargets', SLOW_MS);
    const program = shop.start('promote --yes --json');
    await program.reaches('deregister shop-test');
    program.kill('SIGINT');
    expect(finished(await program.ended)).toMatchObject({ result: 'done', exitCode: 0 });
    slow();
    await expectGood(shop, '42', '41');
    await shop.expectNoFailures();
  });

  scenario("at the first 'mark': the promote goes on", async ({ rig }) => {
    const shop = await rig(TIMES);
    await shop.task('up --release 42');
    await stopAt(shop, 'promote', 'mark', 'SIGINT');
    expect(await shop.underWay()).toEqual({ goal: 'promote', lease: undefined });
    await shop.task('promote');
    await expectGood(shop, '42', '41');
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });
});

describe.concurrent('kill -9 in a switch, and then each verb', () => {
  // Both halves of the walk begin and end where 41 serves.
  for (const [step, walk] of [
    ['deregister shop-production', WALK.slice(0, 4)],
    ['deregister shop-test', WALK.slice(4)],
  ] as const) {
    scenario(`at '${step}': production stays whole, and each way leads to its end`, async ({ rig }) => {
      const shop = await rig(TIMES);
      await switchBackAndForth(shop, step, ['SIGKILL'], walk);
      expect(shop.health.lowest()).toBe(3);
      await shop.expectNoFailures();
    });
  }
});

const UP: Ways = {
  same: ['up --release 42', 'cleanup --discard'],
  opposite: ['cleanup --discard'],
  resume: ['resume', 'cleanup --discard'],
  abandon: ['abandon', 'cleanup --discard'],
};

describe.concurrent('stopped while green comes up, and then each verb', () => {
  for (const step of ['launch', 'await-running', 'register shop-test', 'await-healthy shop-test']) {
    scenario(`at '${step}': nothing is launched twice, and nothing is left behind`, async ({ rig }) => {
      const shop = await rig(TIMES);
      for (const [index, ways] of Object.values(UP).entries()) {
        await stopAt(shop, 'up --release 42', step, (['SIGINT', 'SIGKILL', 'SIGTERM', 'SIGKILL'] as const)[index]!);
        for (const way of ways) {
          await shop.task(way);
          expect(shop.instancesOf('42').length, way).toBeOneOf([0, 3]);
        }
        await expectGood(shop, '41', '');
        expect(shop.instancesOf('42')).toEqual([]);
      }
      expect(shop.health.lowest()).toBe(3);
      await shop.expectNoFailures();
    });
  }
});

/** What is typed after a cleanup was stopped at that step: until it terminates, the way back is open. */
const CLEANUP: readonly (readonly [step: string, signal: NodeJS.Signals, ways: readonly (readonly string[])[]])[] = [
  ['mark', 'SIGINT', [['cleanup --wait'], ['rollback', 'cleanup --wait']]],
  ['deregister shop-test', 'SIGTERM', [['resume'], ['rollback', 'cleanup --wait']]],
  ['await-drained shop-production', 'SIGINT', [['abandon', 'cleanup --wait'], ['cleanup --wait']]],
  ['terminate', 'SIGKILL', [['resume'], ['cleanup --wait']]],
];

describe.concurrent('stopped while it cleans up, and then each verb', () => {
  for (const [step, signal, ways] of CLEANUP) {
    scenario(`at '${step}': what serves stays, the rest goes`, async ({ rig }) => {
      const shop = await rig(TIMES);
      if (step.startsWith('await')) shop.sandbox.faults.add({ kind: 'drain', ms: 5000 });
      let [serving, next] = ['41', '42'];
      for (const way of ways) {
        await shop.task(`up --release ${next}`);
        await shop.task('promote');
        await stopAt(shop, 'cleanup --wait', step, signal);
        for (const task of way) await shop.task(task);
        const [stays, goes] = way.includes('rollback') ? [serving, next] : [next, serving];
        await expectGood(shop, stays, '');
        expect(shop.instancesOf(goes)).toEqual([]);
        [serving, next] = [stays, goes];
      }
      expect(shop.health.lowest()).toBe(3);
      await shop.expectNoFailures();
    });
  }
});
