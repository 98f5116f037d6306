import { expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import { OperatorError } from '../../src/errors.ts';
import { start } from '../support/fake-run.ts';
import { blueAndGreen } from '../support/fake-world.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PROMOTED } from '../support/worlds.ts';
import { planFor } from '../laws/check.ts';

/** What the random worlds found when an operator's hand was at work in them. */

test('green that was registered with blue’s group by hand leaves it in a rollback, and does not come back', async () => {
  const both = { one: 'healthy', two: 'healthy' } as const;
  const snapshot = weightedWorld({
    fleets: [
      { id: 'A', marks: HOME, members: [{ one: 'healthy' }] },
      { id: 'B', marks: PROMOTED, members: [both] },
    ],
    production: [100],
    test: 0,
  });
  const planned = await planFor(snapshot, 'rollback', {});
  if (isRefusal(planned)) throw new Error(planned.message);
  const { steps } = planned.plan;
  expect(steps).toContainEqual(expect.objectContaining({ do: 'deregister', pool: 'one', fleet: 'B' }));
  expect(steps).not.toContainEqual(expect.objectContaining({ do: 'register', pool: 'one', fleet: 'B' }));
  expect(steps).not.toContainEqual(expect.objectContaining({ do: 'shift-weights', role: 'test', pool: 'one' }));
});

test('a fleet that has lost its tags is a sentence, and not a fault of turnout', async () => {
  const fake = blueAndGreen();
  const from = fake.now;
  fake.set((snapshot) => ({ ...snapshot, fleets: snapshot.fleets.filter(({ id }) => id !== 'B') }));
  const mark = { do: 'tag-share', fleet: 'B', percent: 10, since: '2026-06-01T00:00:00.000Z' } as const;
  const read = { do: 'terminate', fleet: 'A', retentionS: 0, keeps: { fleet: 'B', groups: [] } } as const;
  expect(from.fleets).toHaveLength(2);
  const error: unknown = await fake.finish(start(fake, [mark], fake.now).done).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperatorError);
  expect(error).toMatchObject({ code: 'fleet-gone', message: expect.stringContaining('its tags are gone') });
  // The other fleet serves, and is not ended for that.
  await fake.finish(start(fake, [read], fake.now).done).catch(() => undefined);
  expect(fake.changes).toEqual([]);
});
