import { describe, expect, test } from 'vitest';
import { Rig } from '../support/fake-run-task.ts';
import { blind, lead, sicken, withRule } from '../support/hands.ts';

/** A rule of others divides its requests between production's group and the test group: a switch leaves it something healthy in both. */

/** Green is healthy in the test group, and serves; blue enters the test group when it leaves production. */
function sharedRig(): Rig {
  const rig = new Rig();
  rig.fake.set((snapshot) => withRule(snapshot, { prod: 9, test: 1 }));
  return rig;
}

function healthyInTest(rig: Rig): readonly string[] {
  const test_ = rig.fake.now.pools.find(({ name }) => name === 'test')!;
  return test_.targets.flatMap(({ id, state }) => (state === 'healthy' ? [id] : [])).toSorted();
}

/** The fewest healthy targets that the test group has had directly after a change. */
function watchTest(rig: Rig): { fewest: number } {
  const seen = { fewest: Number.POSITIVE_INFINITY };
  const set = rig.fake.set.bind(rig.fake);
  rig.fake.set = (change) => {
    set(change);
    seen.fewest = Math.min(seen.fewest, healthyInTest(rig).length);
  };
  return seen;
}

describe('a switch', () => {
  for (const verb of ['promote', 'rollback'] as const)
    test(`takes the fleet out of the test group only once the other one is healthy there (${verb})`, async () => {
      const rig = sharedRig();
      if (verb === 'rollback') await rig.run('promote');
      const seen = watchTest(rig);
      const { result, message } = await rig.run(verb);
      expect([result, message.includes('stays in test')]).toEqual(['done', false]);
      expect(seen.fewest).toBe(2);
      expect(healthyInTest(rig)).toEqual(verb === 'promote' ? ['A-0', 'A-1'] : ['B-0', 'B-1']);
    });

  test('leaves it there where the other one does not become healthy, and says so: a rollback is not refused, and done', async () => {
    const rig = sharedRig();
    await rig.run('promote');
    for (const id of ['B-0', 'B-1']) rig.fake.sick.add(id);
    const seen = watchTest(rig);
    const { exitCode, message } = await rig.run('rollback');
    expect(exitCode).toBe(0);
    expect(message).toContain('A serves production.');
    expect(message).toContain(
      'A stays in test too: without it, lb:443 priority 7 leads to test, which would have nothing healthy left.',
    );
    expect(seen.fewest).toBe(2);
    expect(healthyInTest(rig)).toEqual(['A-0', 'A-1']);
    expect(await rig.store.goal()).toBeUndefined();
  });

  test('is not stopped where it stays: once something else is healthy there, the next one takes it out', async () => {
    const rig = sharedRig();
    await rig.run('promote');
    for (const id of ['B-0', 'B-1']) rig.fake.sick.add(id);
    await rig.run('rollback');
    rig.fake.sick.clear();
    for (const id of ['B-0', 'B-1']) rig.fake.target('test', id, 'healthy');
    expect((await rig.run('promote')).exitCode).toBe(0);
    expect(healthyInTest(rig)).toEqual(['A-0', 'A-1']);
  });

  test('looks directly before: a rule that others have added since counts', async () => {
    const rig = new Rig();
    for (const id of ['A-0', 'A-1']) rig.fake.sick.add(id);
    rig.on('deregister prod', () => rig.fake.set((snapshot) => withRule(snapshot, { prod: 9, test: 1 })));
    const { exitCode, message } = await rig.run('promote');
    expect([exitCode, message.includes('B stays in test too')]).toEqual([0, true]);
    expect(healthyInTest(rig)).toEqual(['B-0', 'B-1']);
  });

  test('does not wait for what leads to the test group alone: that is its own', async () => {
    const rig = new Rig();
    lead('test')(rig.fake);
    for (const id of ['A-0', 'A-1']) rig.fake.sick.add(id);
    expect((await rig.run('promote')).exitCode).toBe(0);
    expect(healthyInTest(rig)).toEqual([]);
  });

  test('goes on where it cannot be read who else leads there', async () => {
    const rig = sharedRig();
    blind(rig.fake);
    expect((await rig.run('promote')).exitCode).toBe(0);
    sicken('prod', 'B-0')(rig.fake);
    expect((await rig.run('rollback')).exitCode).toBe(0);
  });
});
