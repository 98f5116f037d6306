import { expect, test } from 'vitest';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { autoScaling, withOwner, withShared } from '../support/hands.ts';
import { weightedRig } from '../support/weighted-rig.ts';
import { HOME, PROMOTED, world } from '../support/worlds.ts';

/** Flags that a refusal advises are tried before, added to what was asked for. */

const SERVES = { prod: 'healthy', test: '-' } as const;
const PARKED = { prod: '-', test: 'healthy' } as const;

const PROMOTED_WORLD = world([
  { id: 'A', marks: HOME, members: [PARKED, PARKED] },
  { id: 'B', marks: PROMOTED, members: [SERVES, SERVES] },
]);

const OWNED = withOwner(PROMOTED_WORLD, autoScaling('web'), ['A-0', 'A-1']);
const SHARED = withShared(PROMOTED_WORLD, 'admin', ['A-0']);
const BOTH = withShared(OWNED, 'admin', ['A-0']);

async function adviceOf(rig: Rig, wish: Parameters<Rig['run']>[1]): Promise<readonly string[]> {
  const { result, next } = await rig.run('cleanup', wish);
  expect(result).toBe('refused');
  return next.filter((text) => text.startsWith('`--'));
}

test('one that leads on is advised as it is', async () => {
  expect(await adviceOf(new Rig(new FakeWorld(OWNED)), {})).toEqual([expect.not.stringContaining('(not now')]);
  expect(await adviceOf(new Rig(new FakeWorld(SHARED)), {})).toEqual([expect.not.stringContaining('(not now')]);
});

test('one that would be refused for another reason says that one; with what allows it, it is advised as it is', async () => {
  const rig = new Rig(new FakeWorld(BOTH));
  const owner = { allowOwner: ['web'] };
  const group = { allowSharedTargetGroup: ['admin'] };
  expect(await adviceOf(rig, {})).toEqual([expect.stringMatching(/\(not now: .*(web|admin)/)]);
  for (const wish of [owner, group]) {
    const { result, next } = await rig.run('cleanup', wish);
    const flags = next.filter((text) => text.startsWith('`--'));
    expect([result, flags]).toEqual(['refused', [expect.not.stringContaining('(not now')]]);
  }
  expect((await rig.run('cleanup', { ...owner, ...group }, { plan: true })).result).toBe('planned');
});

test('a name that is given once more is added to those that were given', async () => {
  const rig = new Rig(new FakeWorld(withShared(SHARED, 'internal', ['A-1'])));
  const [flag] = await adviceOf(rig, { allowSharedTargetGroup: ['internal'] });
  expect(flag).toContain('--allow-shared-target-group admin');
  expect(flag).not.toContain('(not now');
});

test('what was given is part of what is advised once it was undone, as a shell takes it', async () => {
  const rig = new Rig();
  rig.fake.sick.add('B-0').add('B-1');
  const given = {
    overrideFreeze: "Ann's fix",
    minHealthy: { percent: 50 },
    batch: { count: 2 },
    allowOwner: ['web', 'x*'],
  };
  const { result, next } = await rig.run('promote', given);
  expect(result).toBe('undone');
  const asked = String.raw`--min-healthy 50% --batch 2 --allow-owner web --allow-owner 'x*' --override-freeze 'Ann'\''s fix'`;
  expect(next).toContain(`\`turnout promote ${asked}\` tries again`);
});

test('what was given, and what is advised cannot have, is left out, and the rest stays', async () => {
  const rig = weightedRig();
  const { result, next } = await rig.run('promote', { batch: { count: 2 }, overrideFreeze: 'urgent' });
  expect([result, next]).toEqual([
    'refused',
    [expect.stringContaining('`turnout promote --steps 10,50,100 --every 2m --override-freeze urgent`')],
  ]);
});
