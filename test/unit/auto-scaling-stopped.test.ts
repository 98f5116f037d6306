import { describe, expect, test } from 'vitest';
import type { AnyOptions } from '../../tasks/index.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';
import { settingsIn } from '../support/weighted-worlds.ts';

/** A switch of Auto Scaling groups that is stopped at any of its changes: whichever way it goes on, nothing stays held. */

const HELD = { before: 0, at: 3, run: 'r0', since: '2026-01-01T00:00:00.000Z', who: 'ann' };

/** `A` serves, and may scale in to one; `B` is healthy beside it, as `up` leaves it: with the minimum of what serves. */
function rigOf(): Rig {
  const world = scaledWorld([
    { id: 'A', size: 3 },
    { id: 'B', size: 3, group: { minimum: 3, held: { ...HELD, before: 1 } } },
  ]);
  const fake = new FakeWorld(world);
  const traffic = { ...fake.ports.traffic, settings: settingsIn(world).traffic };
  return new Rig(Object.assign(fake, { ports: { ...fake.ports, traffic } }));
}

/** Runs the promote, stopped at that change (the first one is 1); resolves to how many it made. */
async function promoteUntil(rig: Rig, options: AnyOptions, stopAt: number): Promise<number> {
  const before = rig.fake.onRequest;
  let changes = 0;
  rig.fake.onRequest = async (what) => {
    await before(what);
    if (what.startsWith('read')) return;
    changes += 1;
    if (changes === stopAt) rig.stop();
  };
  await rig.run('promote', options);
  rig.fake.onRequest = before;
  return changes;
}

const groupsOf = ({ fake }: Rig) =>
  fake.now.fleets.map(({ id, group }) => [id, group?.minimum, group?.maximum, group?.held?.before]);

describe.each<readonly [name: string, options: AnyOptions]>([
  ['at once', { allowUnknownRelease: true }],
  ['in steps', { allowUnknownRelease: true, steps: [10, 100], every: 60 }],
])('a promote %s', (_name, options) => {
  test('that is not stopped holds both, and moves the minimum with production', async () => {
    const rig = rigOf();
    expect(await promoteUntil(rig, options, Infinity)).toBeGreaterThan(4);
    expect(groupsOf(rig)).toEqual([
      ['A', 3, 20, 1],
      ['B', 3, 20, 1],
    ]);
    expect(await rig.run('cleanup', { wait: true })).toMatchObject({ result: 'done' });
    expect(groupsOf(rig)).toEqual([['B', 1, 20, undefined]]);
  });

  test.each(['promote', 'rollback'] as const)(
    'stopped anywhere: %s goes on, and cleanup lets go of all',
    async (verb) => {
      const all = await promoteUntil(rigOf(), options, Infinity);
      const left = verb === 'promote' ? 'B' : 'A';
      for (let stopAt = 1; stopAt < all; stopAt += 1) {
        const rig = rigOf();
        await promoteUntil(rig, options, stopAt);
        const went = await rig.run(verb, verb === 'promote' ? options : {});
        // Before anything has moved there is nothing to move back: then what was held is put back already, or was never held.
        expect(['done', 'refused'], `stopped at ${stopAt}: ${went.message}`).toContain(went.result);
        const ended = await rig.run('cleanup', { wait: true, discard: true });
        expect(ended, `stopped at ${stopAt}`).toMatchObject({ result: 'done' });
        expect(groupsOf(rig), `stopped at ${stopAt}`).toEqual([[left, 1, 20, undefined]]);
      }
    },
  );
});
