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
  // The last change is done to its end, and then nothing is left to stop.
  const { result, exitCode, next } = finished(ended);
  expect([result, exitCode, ended.exitCode], `${task} at ${step}`).toBeOneOf([
    ['interrupted', 130, 130],
    ['done', 0, 0],
  ]);
  if (result === 'interrupted') expect(next.join()).toContain('turnout resume');
}

/** One release serves, whole and healthy, another one at most is in the test group, and nothing is under way. */
async function expectGood(shop: Rig, serving: string, other: string): Promise<void> {
  expect(shop.where()).toEqual({
    'shop-production': `${serving} × 3`,
    'shop-test': other === '' ? '' : `${other} × 3`,
  });
  const { goal, lease } = await shop.status();
  expect({ goal, lease }).toEqual({ goal: null, lease: null });
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

/** There and back and there again, stopped each time at the same step of the task, then gone on with in each way. */
async function switchBackAndForth(
  shop: Rig,
  there: string,
  back: string,
  signals: readonly NodeJS.Signals[],
): Promise<void> {
  const walk: readonly (readonly [task: string, step: string, ways: readonly string[], serving: string])[] = [
    ['promote', there, PROMOTE.opposite, '41'],
    ['promote', there, PROMOTE.same, '42'],
    ['rollback', back, ROLLBACK.opposite, '42'],
    ['rollback', back, ROLLBACK.same, '41'],
    ['promote', there, PROMOTE.resume, '42'],
    ['rollback', back, ROLLBACK.resume, '41'],
    ['promote', there, PROMOTE.abandon, '42'],
    ['rollback', back, ROLLBACK.abandon, '41'],
  ];
  await shop.task('up --release 42');
  for (const [index, [task, step, ways, serving]] of walk.entries()) {
    await shop.healthyIn('shop-test', task === 'promote' ? '42' : '41');
    await stopAt(shop, task, step, signals[index % signals.length]!);
    for (const way of ways) await shop.task(way);
    await expectGood(shop, serving, serving === '41' ? '42' : '41');
  }
}

const SWITCHES: readonly (readonly [there: string, back: string])[] = [
  ['register shop-production', 'register shop-production'],
  ['await-healthy shop-production', 'await-healthy shop-production'],
  ['deregister shop-production', 'deregister shop-production'],
  ['register shop-test', 'register shop-test'],
  ['deregister shop-test', 'deregister shop-test'],
];

describe.concurrent('Ctrl-C or SIGTERM in a switch, and then each verb', () => {
  for (const [there, back] of SWITCHES) {
    scenario(`at '${there}': production stays whole, and each way leads to its end`, async ({ rig }) => {
      const shop = await rig(TIMES);
      await switchBackAndForth(shop, there, back, STOPS);
      expect(shop.health.lowest()).toBe(3);
      await shop.expectNoFailures();
    });
  }

  scenario("at the first 'mark': the promote goes on", async ({ rig }) => {
    const shop = await rig(TIMES);
    await shop.task('up --release 42');
    await stopAt(shop, 'promote', 'mark', 'SIGINT');
    await expect(shop.status()).resolves.toMatchObject({ goal: { goal: { verb: 'promote' } }, lease: null });
    await shop.task('promote');
    await expectGood(shop, '42', '41');
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });
});

describe.concurrent('kill -9 in a switch, and then each verb', () => {
  for (const [there, back] of [SWITCHES[0], SWITCHES[2]] as typeof SWITCHES) {
    scenario(`at '${there}': production stays whole, and each way leads to its end`, async ({ rig }) => {
      const shop = await rig(TIMES);
      await switchBackAndForth(shop, there, back, ['SIGKILL']);
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

describe.concurrent('stopped while it cleans up, and then each verb', () => {
  const ways = [['cleanup --wait'], ['resume'], ['abandon', 'cleanup --wait'], ['rollback', 'cleanup --wait']];
  for (const [index, step] of [
    'mark',
    'deregister shop-test',
    'await-released shop-production',
    'terminate',
  ].entries()) {
    scenario(`at '${step}': what serves stays, the rest goes`, async ({ rig }) => {
      const shop = await rig(TIMES);
      let [serving, next] = ['41', '42'];
      for (const way of [ways[index]!, ways[(index + 1) % ways.length]!]) {
        await shop.task(`up --release ${next}`);
        await shop.task('promote');
        await stopAt(shop, 'cleanup --wait', step, STOPS[index % 2]!);
        for (const task of way) await shop.task(task);
        await expectGood(shop, next, '');
        expect(shop.instancesOf(serving)).toEqual([]);
        [serving, next] = [next, serving];
      }
      expect(shop.health.lowest()).toBe(3);
      await shop.expectNoFailures();
    });
  }
});
