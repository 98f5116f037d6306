import { describe, expect, test } from 'vitest';
import { rollback } from '../../tasks/rollback.ts';
import { isRefusal, type GoalOf } from '../../src/domain/goal.ts';
import { minimumNow } from '../../src/domain/minimum-healthy.ts';
import { notSick, poolByName } from '../../src/domain/queries.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { trafficModel } from '../../src/plan/traffic/index.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { changeInstances, changeSizes } from '../../src/steps/world.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';
import { settingsIn } from '../support/weighted-worlds.ts';
import { HOME, PROMOTED } from '../support/worlds.ts';

/** A parked group of which somebody has put instances into Standby: production goes back without them. */

const ASKED = { run: 'r1', who: 'ann@ci', since: '2026-06-01T00:00:00.000Z' };
const GREEN = { id: 'B', size: 3, marks: PROMOTED };

/** `B` has all of production, and these of the parked `A` are in Standby. */
function world(size: number, out: readonly string[], lifecycle = 'Standby'): Snapshot {
  const whole = scaledWorld([{ id: 'A', size, marks: HOME }, GREEN], 100);
  const one = poolByName(whole, 'one');
  const targets = one.targets.filter(({ id }) => !out.includes(id));
  const pools = whole.pools.map((pool) => (pool.name === 'one' ? { ...pool, targets } : pool));
  const away = changeInstances({ ...whole, pools }, out, (instance) => ({ ...instance, lifecycle }));
  return changeSizes(away, 'A', -out.length, -out.length);
}

function goalIn(snapshot: Snapshot, more: Partial<GoalOf<'rollback'>> = {}): GoalOf<'rollback'> {
  const minimumHealthy = minimumNow(snapshot, trafficModel(snapshot).capacityGroups());
  const settings = settingsIn(snapshot);
  return { ...ASKED, verb: 'rollback', fleet: 'A', release: 'A', minimumHealthy, settings, ...more };
}

function planned(snapshot: Snapshot, more: Partial<GoalOf<'rollback'>> = {}) {
  const plan = rollback.plan(snapshot, goalIn(snapshot, more));
  if (isRefusal(plan)) throw new Error(plan.message);
  return plan;
}

const without = (snapshot: Snapshot, id: string): Snapshot => ({
  ...snapshot,
  pools: snapshot.pools.map((pool) => ({ ...pool, targets: pool.targets.filter((target) => target.id !== id) })),
});
const minimum = (total: number): GoalOf<'rollback'>['minimumHealthy'] => ({ production: { total, zones: {} } });
const after = (snapshot: Snapshot, steps: readonly Step[]): Snapshot =>
  steps.reduce((now, step) => behaviourOf(step).simulate(now), snapshot);

describe.each(['Standby', 'EnteringStandby', 'ReplacingRootVolume'])(
  'an instance in %s by the hand of others',
  (lifecycle) => {
    test('is not registered again, also where another one is', () => {
      const now = without(world(4, ['A-0'], lifecycle), 'A-1');
      const { steps } = planned(now);
      const [register] = steps.filter(({ do: kind }) => kind === 'register');
      expect(behaviourOf(register!).instances(now)).toEqual(['A-1']);
      const ids = poolByName(after(now, steps), 'one').targets.map(({ id }) => id);
      expect(ids.toSorted()).toEqual(['A-1', 'A-2', 'A-3']);
    });
  },
);

describe('what is in Standby', () => {
  test('is nothing of which only its health is not known', () => {
    const now = world(3, ['A-0']);
    expect(notSick(now, now.fleets[0]!).map(({ id }) => id)).toEqual(['A-1', 'A-2']);
  });

  test('is no capacity: what is left is too small, and a smaller minimum is accepted', () => {
    const now = world(3, ['A-0']);
    expect(rollback.plan(now, goalIn(now))).toMatchObject({
      refused: 'too-small',
      message: 'A has 2 instances, and production must keep 3 healthy: 1 short in a.',
    });
    expect(planned(now, { minimumHealthy: minimum(2) }).notes).toContain(
      'A-0 of A is in Standby, and left there: it counts for nothing here.',
    );
  });

  test('is not waited for by a group that grows', () => {
    const now = world(3, ['A-0']);
    const { steps } = planned(now, { grow: true });
    const match = steps.find(({ do: kind }) => kind === 'match-size');
    const grown = behaviourOf(match!).simulate(now);
    expect(behaviourOf(match!).progress(grown)).toBe('done');
    expect(poolByName(grown, 'one').targets.map((target) => target.id)).not.toContain('A-0');
  });
});
