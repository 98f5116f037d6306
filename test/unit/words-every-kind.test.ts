import { describe, expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import { withTraffic } from '../../src/domain/routes.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { isRefusal } from '../../src/domain/goal.ts';
import { statusText } from '../../src/views/status-text.ts';
import { tasks, type AnyOptions } from '../../tasks/index.ts';
import { badAdvice } from '../laws/advice.ts';
import { planFor } from '../laws/check.ts';
import { EVERY_KIND, worldOf } from '../support/every-kind.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { settingsIn } from '../support/weighted-worlds.ts';
import { PROMOTED } from '../support/worlds.ts';
import { report } from './views.samples.ts';

/** What is said is true, and leads on where it is followed, in every kind of fleet and of traffic. */

const WELL = ['healthy', 'healthy'] as const;
const VERBS = ['up', 'promote', 'rollback', 'cleanup'] as const;

function rigIn(snapshot: Snapshot): Rig {
  const fake = new FakeWorld(snapshot);
  Object.assign(fake.ports.traffic, { settings: settingsIn(snapshot).traffic });
  return new Rig(fake);
}

/** Another fleet like `B`, in the same groups. */
function withTwin(snapshot: Snapshot): Snapshot {
  const twin = (id: string): string => id.replace('B-', 'C-');
  const [, green] = snapshot.fleets;
  const instances = green!.instances.map((one) => ({ ...one, id: twin(one.id) }));
  const pools = snapshot.pools.map(({ targets, ...pool }) => {
    const own = targets.filter(({ id }) => id.startsWith('B-')).map((one) => ({ ...one, id: twin(one.id) }));
    return { ...pool, targets: [...targets, ...own] };
  });
  return { ...snapshot, pools, fleets: [...snapshot.fleets, { ...green!, id: 'C', release: 'C', instances }] };
}

function withoutWeights(snapshot: Snapshot): Snapshot {
  const { traffic } = snapshot;
  if (!('routes' in traffic)) return snapshot;
  const routes = traffic.routes.map((one) =>
    one.role === 'production' ? { ...one, weights: { one: 0, two: 0 } } : one,
  );
  return withTraffic(snapshot, { ...traffic, routes });
}

describe.each(EVERY_KIND)('$fleet, $traffic', (kind) => {
  const tried = worldOf(kind, { blue: WELL, green: WELL });
  const switched = worldOf(kind, { blue: WELL, green: WELL, serves: 'B' });
  const worlds: Readonly<Record<string, Snapshot>> = {
    'what serves has scaled out since': worldOf(kind, { blue: [...WELL, 'healthy', 'healthy'], green: WELL }),
    'one of green is sick': worldOf(kind, { blue: WELL, green: ['healthy', 'unhealthy'] }),
    'one of the fleet before is sick': worldOf(kind, { blue: ['unhealthy', 'healthy'], green: WELL, serves: 'B' }),
    // Groups that take turns are two.
    ...(kind.fleet !== 'auto-scaling' && { 'there are two green fleets': withTwin(tried) }),
    ...(kind.traffic !== 'membership' && { 'no group has a weight': withoutWeights(tried) }),
  };

  describe.each(Object.entries(worlds))('%s', (_what, snapshot) => {
    const all: readonly (readonly [(typeof VERBS)[number], AnyOptions])[] = [
      ...VERBS.map((verb) => [verb, verb === 'up' ? { release: 'D' } : {}] as const),
      ['cleanup', { discard: true }],
    ];
    test.each(all)('what %s advises is accepted', async (verb, wish) => {
      expect(await badAdvice(snapshot, [verb, wish])).toEqual([]);
    });
  });

  test('a cleanup says what it has terminated, and not what it has kept', async () => {
    const planned = await planFor(tried, 'cleanup', { discard: true });
    if (isRefusal(planned)) throw new Error(planned.message);
    const after = planned.plan.steps.reduce((world, step) => behaviourOf(step).simulate(world), tried);
    const goal = planned.goal as Parameters<typeof tasks.cleanup.standing>[1];
    expect(tasks.cleanup.standing(after, goal).message).toMatch(/A serves production.*Terminated: B\b/);
  });

  test('a fleet that production has left for days is named by status, with what is paid for', () => {
    const says = (days: number): string => {
      const at = Date.parse(PROMOTED.promoted!) + days * 86_400_000;
      return statusText({ ...report(), snapshot: { ...switched, at } }, 300);
    };
    expect(says(0.5)).not.toContain('Still paid for');
    expect(says(3)).toContain('Still paid for: A has been beside production for 3 days: 2 × an unknown type.');
  });

  describe('with a test group that is gone, and records that cannot be read', () => {
    const why = { name: 'test', code: 'target-group-not-found', why: 'AWS knows no target group test.', next: [] };

    test.each(['promote', 'up', 'cleanup'] as const)('%s is refused by what is missing', async (verb) => {
      const rig = rigIn({ ...switched, unreadable: [why] });
      expect(await rig.run(verb, { release: '43' })).toMatchObject({
        code: 'target-group-not-found',
        exitCode: ExitCode.refused,
      });
      expect(rig.fake.changes).toEqual([]);
    });

    test('rollback leads back, and warns of the records', async () => {
      const pools = switched.pools.filter(({ name }) => name !== 'test');
      const seen: Snapshot = { ...switched, pools, unreadable: [why] };
      const rig = rigIn(seen);
      rig.store.goal = async () => ({ unreadable: 'What is recorded cannot be read.' });
      await rig.run('rollback');
      expect(rig.events).toContainEqual(
        expect.objectContaining({
          type: 'warning',
          message: expect.stringContaining('What is recorded cannot be read.'),
        }),
      );
      expect(rig.fake.changes.join()).toMatch(/register prod A|attach A arn:prod|weigh shop:0/);
    });
  });
});
