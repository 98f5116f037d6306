import { expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { Rig } from '../support/fake-run-task.ts';

/** A rollback right after a promote, which begins without a look at what others have; `onLook` is called before each later one. */
async function rolledBack(onLook: (rig: Rig, n: number) => void | Promise<void>) {
  const rig = new Rig();
  await rig.run('promote');
  rig.fake.asked.length = 0;
  const before = rig.fake.onRequest;
  let looks = 0;
  rig.fake.onRequest = async (asked) => {
    await before(asked);
    if (asked === 'read outside') await onLook(rig, ++looks);
  };
  const startedAt = rig.fake.clock.monotonic();
  const { result } = await rig.run('rollback');
  const asked = rig.fake.asked.map(({ what }) => what);
  const left = rig.fake.asked.find(({ what }) => what.startsWith('deregister prod'));
  return { result, asked, leftAfterMs: left === undefined ? undefined : left.at - startedAt };
}

test('a rollback looks at what others have while health is waited for, and again directly before it empties the test group', async () => {
  const { result, asked } = await rolledBack(() => undefined);
  expect(result).toBe('done');
  const looks = asked.flatMap((what, index) => (what === 'read outside' ? [index] : []));
  expect(looks).toHaveLength(2);
  expect(looks[0]).toBeGreaterThan(asked.findIndex((what) => what.startsWith('register prod')));
  expect(looks[0]).toBeLessThan(asked.findIndex((what) => what.startsWith('deregister prod')));
  expect(asked[looks[1]! + 1]).toMatch(/^deregister test/);
});

test('it does not wait for that look, however slow AWS is', async () => {
  const quick = await rolledBack(() => undefined);
  const slow = await rolledBack(async ({ fake }, n) => {
    if (n === 1) await fake.clock.sleep(20_000);
  });
  expect(slow).toMatchObject({ result: 'done', leftAfterMs: quick.leftAfterMs });
});

test('nor for its answer, where AWS denies or throttles it', async () => {
  const throttled = await rolledBack((_, n) => {
    if (n === 1) throw new OperatorError('throttled', 'Rate exceeded.', { transient: true });
  });
  expect(throttled.result).toBe('done');
});
