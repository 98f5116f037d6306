import { describe, expect, test } from 'vitest';
import { isRefusal, type Refusal } from '../../src/domain/goal.ts';
import type { Instance, Pool, Snapshot } from '../../src/domain/snapshot.ts';
import { checkDrainTime } from '../../src/run/task/drain-time.ts';
import { switchTags } from '../../src/plan/tag-room.ts';
import { tasks, type AnyOptions } from '../../tasks/index.ts';
import { planFor } from '../laws/check.ts';
import { EVERY_KIND, worldOf } from '../support/every-kind.ts';
import { LIMITS } from '../support/fake-run.ts';

/** What can be known before is told before, and advice is accepted where it is followed, in every kind of fleet and of traffic. */

const DELIVERY = { words: 'a program', check: false, migrate: 'no' } as const;
const WELL = ['healthy', 'healthy'] as const;
const TWENTY = Array.from({ length: 20 }, () => 'healthy' as const);
const ZONES = ['a', 'b'];
const OWNED = ['environment', 'fleet', 'release'];

type Verb = keyof typeof tasks;

async function answer(snapshot: Snapshot, verb: Verb, wish: AnyOptions = {}) {
  return planFor(snapshot, verb, wish, DELIVERY);
}

async function refusedBy(snapshot: Snapshot, verb: Verb, wish: AnyOptions): Promise<Refusal> {
  const planned = await answer(snapshot, verb, wish);
  if (!isRefusal(planned)) throw new Error(`${verb} was planned.`);
  return planned;
}

function withPools(snapshot: Snapshot, facts: Partial<Pool>): Snapshot {
  return { ...snapshot, pools: snapshot.pools.map((pool) => ({ ...pool, ...facts })) };
}

function withInstances(snapshot: Snapshot, change: (instance: Instance) => Instance): Snapshot {
  const fleets = snapshot.fleets.map((fleet) => ({ ...fleet, instances: fleet.instances.map(change) }));
  return { ...snapshot, fleets };
}

function withDraining(pool: Pool): Pool {
  const targets = ['A-0', 'A-1'].map((id) => ({ id, port: pool.port, state: 'draining' as const }));
  return { ...pool, targets: [...pool.targets, ...targets] };
}

/** The number behind a flag that is advised. */
function advised({ next }: Refusal, flag: string): number {
  const [, number] = new RegExp(`\`--${flag} (\\d+)\``).exec(next.join(' ')) ?? [];
  return Number(number);
}

describe.each(EVERY_KIND)('$fleet, $traffic', (kind) => {
  const isMoved = kind.traffic === 'membership';
  const alone = worldOf(kind, { blue: WELL });
  const tried = worldOf(kind, { blue: WELL, green: WELL });
  const switched = worldOf(kind, { blue: WELL, green: WELL, serves: 'B' });

  test('a batch that is too large is refused with numbers that are accepted', async () => {
    const many = worldOf(kind, { blue: TWENTY, zones: ZONES });
    const wish = { release: 'C', batch: { percent: 25 }, minHealthy: { percent: 90 } };
    const refused = await refusedBy(many, 'rolling', wish);
    expect([advised(refused, 'batch'), advised(refused, 'min-healthy')]).toEqual([2, 15]);
    for (const followed of [{ batch: { count: 2 } }, { minHealthy: { count: 15 } }])
      expect(await answer(many, 'rolling', { ...wish, ...followed })).toHaveProperty('plan.steps');
    expect(await answer(many, 'rolling', { ...wish, batch: { count: 3 } })).toHaveProperty('refused');
  });

  test('a fleet that is smaller than production grows, or is refused with a number that is accepted', async () => {
    const smaller = worldOf(kind, { blue: [...WELL, 'healthy'], green: WELL });
    const planned = await answer(smaller, 'promote');
    const grows =
      'plan' in planned && planned.plan.steps.some((step) => step.do === 'match-size' && step.fleet === 'B');
    const next = isRefusal(planned) ? planned.next[0] : undefined;
    expect({ grows, next }).toEqual(
      kind.fleet === 'auto-scaling'
        ? { grows: true }
        : { grows: false, next: '`turnout promote --min-healthy 2` accepts fewer healthy targets.' },
    );
    expect(await answer(smaller, 'promote', { minHealthy: { count: 2 } })).toHaveProperty('plan.steps');
  });

  describe('a deregistration delay that a step may not wait for', () => {
    // Longer than any guess at how long servers take to shut down.
    const limits = { ...LIMITS, releasedMs: 300_000 };
    const limitS = limits.releasedMs / 1000;
    const checked = async (snapshot: Snapshot, verb: Verb, wish: AnyOptions, delayS: number) => {
      const slow = withPools(snapshot, { deregistrationDelayS: delayS });
      const planned = await answer(slow, verb, wish);
      if (isRefusal(planned)) throw new Error(planned.message);
      try {
        return checkDrainTime(tasks[verb], slow, planned.plan, limits);
      } catch (error) {
        return error;
      }
    };
    const TOO_LONG = expect.objectContaining({
      code: 'drains-too-long',
      message: expect.stringContaining('`timeouts.drained`'),
    });
    // A switch waits for no draining; what leaves test traffic drains while its servers end, but where their own group ends them.
    const isEndedByItsGroup = kind.fleet === 'auto-scaling' && !isMoved;

    /** The fleet before still drains from production. */
    const leaving = {
      ...switched,
      pools: switched.pools.map((pool) => (pool.name === 'prod' ? withDraining(pool) : pool)),
    };

    test.each<readonly [Verb, AnyOptions, Snapshot, boolean]>([
      ['drain', { instances: ['A-0'] }, alone, true],
      ['rolling', { release: 'C' }, alone, true],
      ['promote', {}, tried, false],
      ['rollback', {}, switched, false],
      ['cleanup', { wait: true }, switched, isEndedByItsGroup],
      ...(isMoved ? [['cleanup', { wait: true }, leaving, true] as const] : []),
    ])('is refused by %s where it drains', async (verb, wish, snapshot, drains) => {
      const long = await checked(snapshot, verb, wish, 10 * limitS);
      expect(long).toEqual(drains ? TOO_LONG : undefined);
      expect(await checked(snapshot, verb, wish, 1)).toBeUndefined();
    });
  });

  describe('tags that AWS would not take', () => {
    const tagged = (snapshot: Snapshot, count: number): Snapshot =>
      withInstances(snapshot, (one) => ({ ...one, tags: { count, own: OWNED } }));
    /** Where something holds the servers of a fleet, that has the marks, and may have fewer than a server. */
    const heavy = (snapshot: Snapshot, spare: number): Snapshot => {
      if (kind.fleet === 'ec2') return tagged(snapshot, 50 - spare);
      const holderTags = { count: 40 - spare, own: OWNED, most: 40 };
      return { ...tagged(snapshot, 50), fleets: snapshot.fleets.map((fleet) => ({ ...fleet, holderTags })) };
    };
    const marks = switchTags({ kind: 'membership' }).length + (kind.fleet === 'auto-scaling' ? 1 : 0);

    test('are counted by a promote where it writes them, before anything is changed', async () => {
      expect(await answer(heavy(tried, marks - 1), 'promote')).toMatchObject({ refused: 'too-many-tags' });
      expect(await answer(heavy(tried, marks), 'promote')).toHaveProperty('plan.steps');
      expect(await answer(heavy(switched, 0), 'rollback')).toHaveProperty('plan.steps');
    });

    test('are counted by a drain on the servers themselves', async () => {
      const wish = { instances: ['A-0'] };
      expect(await answer(tagged(alone, 49), 'drain', wish)).toMatchObject({ refused: 'too-many-tags' });
      expect(await answer(tagged(alone, 48), 'drain', wish)).toHaveProperty('plan.steps');
    });
  });
});
