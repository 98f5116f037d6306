import { describe, expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import type { ByZone } from '../../src/domain/minimum-healthy.ts';
import { fullSize, sizeText } from '../../src/domain/size.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { LaunchRequest } from '../../src/fleets/fleet.ts';
import { statusText } from '../../src/views/status-text.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { up } from '../../tasks/up.ts';
import { planFor } from '../laws/check.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { HOME, PLAIN, PROMOTED, world } from '../support/worlds.ts';

/** What has died, or is out of traffic for a while, does not make the next fleet smaller. */

const SERVES = { prod: 'healthy', test: '-' } as const;
const NOWHERE = { prod: '-', test: '-' } as const;
const REQUESTED = { run: 'r1', who: 'ann', since: '2026-06-01T00:00:00.000Z' };
const ZONES = { groups: ['prod'], zones: ['a', 'b', 'c'] };

function blueOf(members: readonly (typeof SERVES | typeof NOWHERE)[], size?: string): Snapshot {
  return world([{ id: '41', marks: { ...HOME, ...(size !== undefined && { size }) }, members }], ZONES);
}

/** The zones that `up` asks for, or its refusal. */
async function zonesOf(snapshot: Snapshot, count?: number, fleetCount?: number, only?: readonly string[]) {
  let zones: ByZone | undefined;
  const resolve = async (request: LaunchRequest) => {
    zones = request.zones;
    const batches = Object.entries(request.zones).map(([zone, n]) => ({ zone, subnet: 's', count: n }));
    return { kind: 'fake', summary: [], batches, request: {} };
  };
  const options = { release: '42', ...(count !== undefined && { count }), ...(only !== undefined && { zone: only }) };
  const goal = await up.pinGoal({ snapshot, options, requestedBy: REQUESTED, settings: PLAIN, fleetCount, resolve });
  if (isRefusal(goal)) return goal;
  const plan = up.plan(snapshot, goal);
  return { zones, notes: isRefusal(plan) ? [plan.message] : plan.notes };
}

function left(snapshot: Snapshot, id: string): Snapshot {
  const drained = { left: [{ pool: 'prod', port: 8080 }] };
  return {
    ...snapshot,
    fleets: snapshot.fleets.map((fleet) => ({
      ...fleet,
      instances: fleet.instances.map((one) => (one.id === id ? { ...one, ...drained } : one)),
    })),
  };
}

describe('a fleet that would be smaller than the one before was', () => {
  test('is refused, with what is missing and why, and both numbers as commands', async () => {
    const snapshot = left(blueOf([SERVES, NOWHERE], 'a=1 b=1 c=1'), '41-1');
    expect(await zonesOf(snapshot)).toEqual({
      refused: 'fewer-than-before',
      message:
        '41 had 3 instances, and 1 is in production now: 41-1 is out of traffic; 1 is gone; none is left in c. 42 would get 1.',
      next: [
        '`turnout up --release 42 --count 3` boots as many as before.',
        '`turnout up --release 42 --count 1` boots 1 on purpose.',
        '`fleet.count` in the config fixes the number for every release.',
        '`turnout join 41-1` puts it back first.',
      ],
    });
  });

  test('is refused where one is in no target group, though no mark says how many there were', async () => {
    expect(await zonesOf(blueOf([SERVES, SERVES, NOWHERE]))).toMatchObject({
      refused: 'fewer-than-before',
      message: expect.stringContaining('41-2 is in no target group') as string,
    });
  });

  test('is booted when its number is given, and the plan says what is different', async () => {
    const snapshot = blueOf([SERVES, SERVES, NOWHERE], 'a=1 b=1 c=1');
    expect(await zonesOf(snapshot, 2)).toEqual({
      zones: { a: 1, b: 1 },
      notes: [
        '2 instances, and 41 had 3.',
        'None in c, where 41 had some.',
        '41-2 of 41 is in no target group: it gets no traffic.',
      ],
    });
  });
});

test('as many as before are spread as they were before, where each zone has an instance left', async () => {
  expect(await zonesOf(blueOf([SERVES, SERVES, NOWHERE]), 3)).toMatchObject({ zones: { a: 1, b: 1, c: 1 } });
  expect(await zonesOf(blueOf([SERVES, SERVES], 'a=1 b=1 c=1'), 3)).toMatchObject({ zones: { a: 2, b: 1 } });
});

test('as many are booted in the zones that are named, and only in zones of production', async () => {
  const snapshot = blueOf([SERVES, SERVES, SERVES, SERVES, SERVES]);
  expect(await zonesOf(snapshot, undefined, undefined, ['a', 'c'])).toMatchObject({
    zones: { a: 3, c: 2 },
    notes: expect.arrayContaining(['None in b, where 41 had some.']) as string[],
  });
  expect(await zonesOf(snapshot, 4, undefined, ['b'])).toMatchObject({ zones: { b: 4 } });
  expect(await zonesOf(snapshot, undefined, undefined, ['d', 'a'])).toEqual({
    refused: 'not-its-zone',
    message: '41 has nothing in production in d: there is no subnet to take there.',
    next: ['`--zone` takes a, b and c.'],
  });
});

test('the number of the config is taken, that of the option before it', async () => {
  expect(await zonesOf(blueOf([SERVES], 'a=3'), undefined, 3)).toMatchObject({ zones: { a: 3 } });
  expect(await zonesOf(blueOf([SERVES], 'a=3'), 2, 3)).toMatchObject({ zones: { a: 2 } });
});

describe('the size of a fleet', () => {
  test('is recorded at its launch, and not lowered when it becomes the current one', async () => {
    const snapshot = world([
      { id: 'A', marks: HOME, members: [{ prod: '-', test: 'healthy' }] },
      { id: 'B', marks: { ...PROMOTED, size: 'a=2' }, members: [SERVES] },
    ]);
    const planned = await planFor(snapshot, 'cleanup', {});
    if (isRefusal(planned)) throw new Error(planned.message);
    const end = planned.plan.steps.reduce((seen, step) => behaviourOf(step).simulate(seen), snapshot);
    expect(end.fleets.find(({ id }) => id === 'B')?.marks).toMatchObject({ current: expect.any(String), size: 'a=2' });
  });

  test('is what `up` has launched and what `adopt` has tagged', async () => {
    const rig = new Rig(new FakeWorld(world([{ id: 'A', marks: HOME, members: [SERVES, SERVES] }])));
    await rig.run('up', { release: '42' });
    expect(rig.fake.now.fleets.at(-1)?.marks.size).toBe('a=2');
    const { fleets, ...rest } = world([{ id: 'A', marks: {}, members: [SERVES, SERVES] }]);
    const first = new Rig(new FakeWorld({ ...rest, fleets: [], unmanaged: fleets[0]!.instances }));
    await first.run('adopt', { release: '41' });
    expect(first.fake.now.fleets[0]?.marks.size).toBe('a=2');
  });

  test('is what it has, where that is more than the mark, and what can be read of a mark', () => {
    expect(fullSize(blueOf([SERVES, SERVES], 'a=1').fleets[0]!)).toEqual({ a: 1, b: 1 });
    expect(fullSize(blueOf([SERVES], 'rubbish').fleets[0]!)).toEqual({ a: 1 });
    expect(sizeText({ b: 1, a: 2 })).toBe('a=2 b=1');
  });
});

test('status names what is in no target group', () => {
  const report = {
    environment: 'shop',
    snapshot: blueOf([SERVES, NOWHERE]),
    unreadable: [],
    verbs: [],
    rollback: { ready: false, why: '' },
  } as const;
  expect(statusText(report, 200)).toContain('Not in use: 41-1 of 41 is in no target group: it gets no traffic.');
});
