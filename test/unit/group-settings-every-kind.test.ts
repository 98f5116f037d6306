import { describe, expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import type { Pool, Snapshot } from '../../src/domain/snapshot.ts';
import type { tasks, AnyOptions } from '../../tasks/index.ts';
import { planFor } from '../laws/check.ts';
import { EVERY_KIND, worldOf } from '../support/every-kind.ts';

/** What the settings of target groups show is told before anything changes, in every kind of fleet and of traffic. */

const DELIVERY = { words: 'a program', check: false, migrate: 'no' } as const;
const WELL = ['healthy', 'healthy'] as const;

async function answer(snapshot: Snapshot, verb: keyof typeof tasks, wish: AnyOptions = {}) {
  return planFor(snapshot, verb, wish, DELIVERY);
}

function withPool(snapshot: Snapshot, name: string, facts: Partial<Pool>): Snapshot {
  return { ...snapshot, pools: snapshot.pools.map((pool) => (pool.name === name ? { ...pool, ...facts } : pool)) };
}

describe.each(EVERY_KIND)('$fleet, $traffic', (kind) => {
  const isMoved = kind.traffic === 'membership';
  /** Where production is, where a new fleet is tried, and where it serves after a switch. */
  const [serving, trial, next] = isMoved ? ['prod', 'test', 'prod'] : ['one', 'two', 'two'];
  const alone = worldOf(kind, { blue: WELL });
  const switched = worldOf(kind, { blue: WELL, green: WELL, serves: 'B' });

  describe('a group that no listener forwards to', () => {
    const unused = (snapshot: Snapshot, pool: string) => withPool(snapshot, pool, { loadBalancers: [] });

    test('is refused where production is', async () => {
      expect(await answer(unused(alone, serving), 'up', { release: 'C' })).toHaveProperty(
        'refused',
        'unused-target-group',
      );
    });

    test('is refused where a new fleet is tried, unless a rule for test traffic is to lead there', async () => {
      const up = await answer(unused(alone, trial), 'up', { release: 'C' });
      expect('refused' in up ? up.refused : 'planned').toBe(
        kind.traffic === 'listener-weights' ? 'planned' : 'unused-target-group',
      );
    });

    test('is named by the way back where ELB checks nothing, with what serves and what leads there again', async () => {
      const entered = isMoved ? serving : 'one';
      const unchecked = (snapshot: Snapshot): Snapshot => ({
        ...snapshot,
        pools: unused(snapshot, entered).pools.map((pool) =>
          pool.name !== entered
            ? pool
            : {
                ...pool,
                targets: pool.targets.map((one) => ({ ...one, state: 'unused', reason: 'Target.NotInUse' })),
              },
        ),
      });
      expect(await answer(unchecked(switched), 'rollback')).toMatchObject({
        refused: 'unused-target-group',
        message: expect.stringMatching(
          isMoved
            ? /forwards to prod: no clients .* B is registered there, and gets no requests\.$/
            : /forwards to one: no clients .* B serves production\.$/,
        ) as string,
        next: expect.arrayContaining([expect.stringContaining('aws elbv2 create-listener')]) as string[],
      });
      // A listener leads there again, and ELB has made up its mind about what is registered.
      expect(await answer(switched, 'rollback')).toHaveProperty('plan');
    });

    test('is what a promote names, and not health to wait for, which ELB does not check there', async () => {
      const tried = worldOf(kind, { blue: WELL, green: WELL });
      const entering = ['B-0', 'B-1'].map((id) => ({ id, port: 8080, state: 'initial' as const }));
      // A promote that was stopped in between is asked again.
      const unchecked = unused(tried, trial).pools.map((pool) => {
        if (isMoved && pool.name === serving) return { ...pool, targets: [...pool.targets, ...entering] };
        if (pool.name !== trial) return pool;
        const targets = pool.targets.map((one) => ({ ...one, state: 'unused' as const, reason: 'Target.NotInUse' }));
        return { ...pool, targets };
      });
      const refused = await answer({ ...tried, pools: unchecked }, 'promote');
      expect(isRefusal(refused) ? refused.next[0] : 'planned').toMatch(
        kind.traffic === 'listener-weights' ? /^Let shop:test forward to two again: / : /^`aws elbv2 create-listener /,
      );
    });

    test('where only its zone is not enabled, the way back says so, and who serves', async () => {
      const inOther = { id: 'A-0', port: 8080, state: 'unused', reason: 'Target.NotInUse' } as const;
      const entered = isMoved ? serving : 'one';
      const unenabled: Snapshot = {
        ...switched,
        pools: switched.pools.map((pool) =>
          pool.name !== entered
            ? pool
            : {
                ...pool,
                loadBalancers: ['lb-arn'],
                targets: isMoved
                  ? [...pool.targets, inOther, { ...inOther, id: 'A-1' }]
                  : pool.targets.map((one) => ({ ...one, state: inOther.state, reason: inOther.reason })),
              },
        ),
      };
      const refused = await answer(unenabled, 'rollback');
      expect(refused).toMatchObject({
        refused: 'unused-target-group',
        message: `ELB calls A-0 and A-1 in ${entered} unused (Target.NotInUse): its load balancer is not enabled in their zone, or a listener that led there is being changed.${isMoved ? ' A is registered there, and gets no requests.' : ''} B serves production.`,
        next: [expect.stringContaining('`aws elbv2 set-subnets --load-balancer-arn lb-arn ') as string],
      });
    });

    test('does not stop the way back', async () => {
      for (const pool of [serving, trial])
        expect(await answer(unused(switched, pool), 'rollback')).toHaveProperty('plan');
    });
  });

  test('a port at which nothing of production is registered is refused before anything boots', async () => {
    expect(await answer(withPool(alone, serving, { port: 9999 }), 'up', { release: 'C' })).toMatchObject({
      refused: 'other-port',
      next: [expect.stringContaining(`\`port: 8080\` at ${serving}`)],
    });
  });

  test('as many healthy targets as its group wants are a condition of a promote, and a note of a rollback', async () => {
    const smaller = worldOf(kind, { blue: [...WELL, 'healthy'], green: WELL });
    const promote = async (routesToAllBelow: number) =>
      answer(withPool(smaller, next, { routesToAllBelow }), 'promote', { minHealthy: { count: 2 } });
    expect(await promote(3)).toHaveProperty('refused', 'too-few-targets');
    expect(await promote(2)).toHaveProperty('plan.steps');
    const larger = worldOf(kind, { blue: WELL, green: [...WELL, 'healthy'], serves: 'B' });
    const planned = await answer(withPool(larger, serving, { routesToAllBelow: 3 }), 'rollback', {
      minHealthy: { count: 2 },
    });
    if (isRefusal(planned)) throw new Error(planned.message);
    expect(planned.plan.notes.join(' ')).toContain(`3 healthy targets in ${serving}`);
  });

  test.each(['drain', 'rolling'] as const)('a short deregistration delay is a note of a %s', async (verb) => {
    const wish = verb === 'drain' ? { instances: ['A-0'] } : { release: 'C' };
    const planned = await answer(withPool(alone, serving, { deregistrationDelayS: 5 }), verb, wish);
    if (isRefusal(planned)) throw new Error(planned.message);
    expect(planned.plan.notes.join(' ')).toContain(`${serving} has a deregistration delay of 5 s`);
  });

  test('servers that are slow to start are waited for in place before the next ones leave', async () => {
    const planned = await answer(withPool(alone, serving, { slowStartS: 60 }), 'rolling', { release: 'C' });
    if (isRefusal(planned)) throw new Error(planned.message);
    expect(planned.plan.steps.map((step) => step.do)).toContain('await-slow-start');
  });

  test('a next fleet is not made smaller by one that is in no target group', async () => {
    const pools = alone.pools.map((pool) => ({ ...pool, targets: pool.targets.filter(({ id }) => id !== 'A-1') }));
    const up = await answer({ ...alone, pools }, 'up', { release: 'C' });
    // What a group has in service counts, wherever it is registered.
    expect(up).toMatchObject(
      kind.fleet === 'auto-scaling' ? { goal: { spec: { group: { count: 2 } } } } : { refused: 'fewer-than-before' },
    );
  });
});
