import { describe, expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import { Rig } from '../support/fake-run-task.ts';
import { blueAndGreen, FakeWorld } from '../support/fake-world.ts';
import { HOME, PROMOTED, world } from '../support/worlds.ts';

/** What a goal that was recorded once is worth in a world that has changed since. */

/** A promote was stopped; then green died, and its targets with it. */
async function deadGreen(fake: FakeWorld, stopAt: string, shownStill: boolean): Promise<Rig> {
  const rig = new Rig(fake);
  rig.on(stopAt, () => rig.stop());
  await rig.run('promote');
  for (const id of ['B-0', 'B-1']) {
    fake.instance(id, 'terminated');
    for (const { name, role } of fake.now.pools) {
      if (role === 'production' && shownStill) fake.target(name, id, 'unused', 'Target.InvalidState');
      else fake.target(name, id, 'gone');
    }
  }
  return rig;
}

describe('a promote that did not end, and whose green is gone', () => {
  test('is refused; a rollback finds that there is nothing to move back, and the next up replaces it', async () => {
    const rig = await deadGreen(blueAndGreen(), 'register prod', true);
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({ code: 'fleet-gone', exitCode: ExitCode.refused });
    expect(await rig.run('rollback')).toMatchObject({ code: 'nothing-to-roll-back', exitCode: ExitCode.refused });
    expect(await rig.run('up', { release: '43' })).toMatchObject({ result: 'done' });
    expect(rig.store.recorded).toBeUndefined();
  });

  test('gives way to the next up', async () => {
    for (const shownStill of [true, false]) {
      const rig = await deadGreen(blueAndGreen(), 'register prod', shownStill);
      expect(await rig.run('up', { release: '43' })).toMatchObject({ result: 'done' });
      expect(rig.store.recorded).toBeUndefined();
    }
  });

  test('is led back where blue has left one of two groups already', async () => {
    const blue = { web: 'healthy', api: 'healthy' } as const;
    const green = { test: 'healthy' } as const;
    const specs = [
      { id: 'A', marks: HOME, members: [blue, blue] },
      { id: 'B', marks: {}, members: [green, green] },
    ];
    const fake = new FakeWorld(world(specs, { groups: ['web', 'api'], zones: ['a'] }));
    const rig = await deadGreen(fake, 'deregister web', false);
    expect(await rig.run('rollback')).toMatchObject({ result: 'done' });
    const web = fake.now.pools.find(({ name }) => name === 'web');
    expect(web?.targets.map(({ id, state }) => `${id} ${state}`).toSorted()).toEqual(['A-0 healthy', 'A-1 healthy']);
  });
});

describe('a cleanup that did not end', () => {
  test('is refused when another fleet serves by now: it would terminate production', async () => {
    const fake = new FakeWorld(
      world([
        { id: 'A', marks: HOME, members: [{ test: 'healthy' }] },
        { id: 'B', marks: PROMOTED, members: [{ prod: 'healthy' }] },
      ]),
    );
    const rig = new Rig(fake);
    rig.on('mark', () => rig.stop());
    await rig.run('cleanup');
    fake.target('prod', 'B-0', 'gone');
    fake.target('prod', 'A-0', 'healthy');
    expect(await rig.run('cleanup')).toMatchObject({ code: 'not-serving', exitCode: ExitCode.refused });
    expect(fake.changes).toEqual(['deregister test A-0', 'mark B current,size']);
  });
});

describe('adopt', () => {
  test('takes instances only: an address or a function in production is refused', async () => {
    const rig = new Rig(new FakeWorld(world([])));
    rig.fake.target('prod', '10.0.0.7', 'healthy');
    const finished = await rig.run('adopt', { release: '41' });
    expect(finished).toMatchObject({ code: 'not-an-instance', exitCode: ExitCode.refused });
    expect(finished.message).toContain('10.0.0.7');
  });
});

test('what a guard would forbid later is refused before anything is changed', async () => {
  const rig = new Rig(blueAndGreen());
  for (const id of ['B-0', 'B-1']) rig.fake.target('prod', id, 'unused', 'Target.NotInUse');
  const finished = await rig.run('promote');
  expect(finished).toMatchObject({ result: 'refused', exitCode: ExitCode.refused });
  expect(finished.message).toContain('Target.NotInUse');
  expect(rig.fake.changes).toEqual([]);
});
