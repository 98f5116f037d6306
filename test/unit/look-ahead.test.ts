import { describe, expect, test } from 'vitest';
import { NO_MINIMUM } from '../../src/domain/minimum-healthy.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { OperatorError } from '../../src/errors.ts';
import { covers, inOneLook, WHOLE } from '../../src/run/engine/look-ahead.ts';
import type { Step } from '../../src/steps/index.ts';
import { NO_WORK } from '../../src/work-owner/work.ts';
import { DEREGISTER, failureOf, REGISTER, start } from '../support/fake-run.ts';
import { Rig } from '../support/fake-run-task.ts';
import { blueAndGreen, type FakeWorld } from '../support/fake-world.ts';

const MARK: Step = { do: 'mark', fleet: 'B', mark: 'promoted', at: '2026-01-01T00:00:00.000Z' };
const LEAVE_TEST: Step = { do: 'deregister', pool: 'test', fleet: 'B', minimumHealthy: NO_MINIMUM };

function requestsOf(fake: FakeWorld): readonly string[] {
  return fake.asked.map(({ what }) => what);
}

describe('what the next step looks at is read with the effect of the one before', () => {
  test('and not once more, directly before it', async () => {
    const fake = blueAndGreen();
    const known: string[] = [];
    const reached = async (steps: number): Promise<void> => {
      if (steps === 1) known.push(...requestsOf(fake));
    };
    await fake.finish(start(fake, [MARK, REGISTER], fake.now, { reached }).done);
    expect(known).toContain('read pools');
    expect(requestsOf(fake)[known.length]).toMatch(/^register /);
  });

  test('the guard sees it: green that gets sick meanwhile is not registered', async () => {
    const fake = blueAndGreen();
    fake.onRequest = (what) => {
      if (!what.startsWith('mark')) return;
      for (const id of ['B-0', 'B-1']) fake.target('test', id, 'unhealthy', 'Target.Timeout');
    };
    const error = await failureOf(fake, start(fake, [MARK, REGISTER]).done);
    expect(error.message).toContain('No instance of B is healthy now');
    expect(fake.changes).toHaveLength(1);
  });

  test('but a step that takes something away looks by itself, directly before it', async () => {
    const fake = blueAndGreen();
    const known: string[] = [];
    const reached = async (steps: number): Promise<void> => {
      if (steps === 1) known.push(...requestsOf(fake));
    };
    for (const id of ['B-0', 'B-1']) fake.target('prod', id, 'healthy');
    await fake.finish(start(fake, [MARK, DEREGISTER], fake.now, { reached }).done);
    expect(known).not.toContain('read pools');
    expect(requestsOf(fake).slice(known.length)[0]).toBe('read pools');
  });

  test('it is read again where time has passed since, such as for the store', async () => {
    const fake = blueAndGreen();
    const reached = async (steps: number): Promise<void> => {
      if (steps !== 1) return;
      await fake.clock.sleep(1_500);
      for (const id of ['B-0', 'B-1']) fake.target('test', id, 'unhealthy', 'Target.Timeout');
    };
    const error = await failureOf(fake, start(fake, [MARK, REGISTER], fake.now, { reached }).done);
    expect(error.message).toContain('No instance of B is healthy now');
    expect(fake.changes).toHaveLength(1);
  });

  test('where that fails, the step is seen to be done all the same', async () => {
    const fake = blueAndGreen();
    const failures = { left: 1 };
    fake.onRequest = (what) => {
      const isAhead = what === 'read pools' && fake.changes.length === 1 && failures.left > 0;
      if (!isAhead) return;
      failures.left -= 1;
      throw new OperatorError('access-denied', 'Not allowed.');
    };
    const run = start(fake, [MARK, REGISTER]);
    await fake.finish(run.done);
    expect(failures.left).toBe(0);
    expect(fake.changes).toHaveLength(2);
    expect(run.events.filter(({ type }) => type === 'step-failed')).toEqual([]);
  });

  test('what a step waits for is polled as before', async () => {
    const fake = blueAndGreen();
    fake.lagMs = 2_000;
    await fake.finish(start(fake, [REGISTER, DEREGISTER]).done);
    const all = requestsOf(fake);
    const polls = all.slice(all.findIndex((what) => what.startsWith('register')) + 1);
    expect(polls.filter((what) => what === 'read prod').length).toBeGreaterThanOrEqual(2);
  });

  test('the last effect is seen by a look at everything, unless it takes its time', async () => {
    const seenAll = async (lagMs: number): Promise<readonly Snapshot[]> => {
      const fake = blueAndGreen();
      fake.lagMs = lagMs;
      const seen: Snapshot[] = [];
      const done = start(fake, [LEAVE_TEST], fake.now, { sawAll: (one) => void seen.push(one) }).done;
      const last = await fake.finish(done);
      expect(seen.every((one) => one === last)).toBe(true);
      return seen;
    };
    expect(await seenAll(0)).toHaveLength(1);
    expect(await seenAll(2_000)).toHaveLength(0);
  });
});

test('a last sentence is of the look that showed the last effect', async () => {
  const rig = new Rig();
  expect(await rig.run('promote')).toMatchObject({ result: 'done' });
  const asked = requestsOf(rig.fake);
  const last = asked.findLastIndex((what) => what.startsWith('deregister test'));
  expect(asked.slice(last + 1)).toEqual(['read pools', 'read fleets']);
});

test('a last sentence is of a later look where that one, with what else is asked, took long', async () => {
  const rig = new Rig();
  const { fake } = rig;
  const sinceLast = (): readonly string[] => {
    const asked = requestsOf(fake);
    const last = asked.findLastIndex((what) => what.startsWith('deregister test'));
    return last < 0 ? [] : asked.slice(last + 1);
  };
  const before = fake.onRequest;
  fake.onRequest = async (what) => {
    const isFirst = sinceLast().length === 1;
    await before(what);
    if (isFirst) await fake.clock.sleep(6_000);
  };
  const read = async () => {
    if (sinceLast().length === 2) await fake.clock.sleep(6_000);
    return { state: 'none' } as const;
  };
  rig.work = { ...NO_WORK, read };
  expect(await rig.run('promote')).toMatchObject({ result: 'done' });
  expect(sinceLast().filter((what) => what === 'read pools')).toHaveLength(2);
});

describe('readings that are made together', () => {
  const pool = { pools: ['test'], fleets: [] };
  const marks = { pools: [], fleets: [], marks: { fleet: 'B', marks: { promoted: 'x' } } };

  test.each([
    ['a pool, and all of them', pool, { pools: 'all' as const, fleets: ['A'] }, { pools: 'all', fleets: ['A'] }],
    ['marks and pools', marks, pool, { ...marks, pools: ['test'] }],
    [
      'marks of one fleet',
      marks,
      { ...marks, marks: { fleet: 'B', marks: { store: 's' } } },
      {
        ...marks,
        marks: { fleet: 'B', marks: { promoted: 'x', store: 's' } },
      },
    ],
    ['what leads here', pool, { ...pool, outsideOf: [] }, { ...pool, outsideOf: [] }],
    ['marks of two fleets', marks, { ...marks, marks: { fleet: 'A', marks: {} } }, undefined],
    ['what a deployer is asked', pool, { ...pool, checks: ['i-1'] }, undefined],
    ['what is counted', pool, { ...pool, residual: true }, undefined],
  ])('%s', (_, own, next, both) => {
    expect(inOneLook(own, next)).toEqual(both);
  });

  test.each([
    ['everything, and a pool', WHOLE, pool, true],
    ['everything, and what is outside', WHOLE, { ...pool, outsideOf: ['i-1'] }, false],
    ['everything, and what leads here', WHOLE, { ...pool, outsideOf: [] }, false],
    ['a pool, and everything', pool, WHOLE, false],
    ['a pool, and another', pool, { ...pool, pools: ['prod'] }, false],
    ['a mark, and another one', marks, { ...marks, marks: { fleet: 'B', marks: { store: 's' } } }, false],
    ['pools in another order', { ...pool, pools: ['a', 'b'] }, { ...pool, pools: ['b', 'a'] }, true],
    ['a pool, and its routes', pool, { ...pool, routes: true }, false],
    ['a pool, and answers', WHOLE, { ...pool, answers: true }, false],
  ])('whether the first is the second, too: %s', (_, read, wanted, isCovered) => {
    expect(covers(read, wanted)).toBe(isCovered);
  });
});
