import { describe, expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import { movedSince, productionIn } from '../../src/domain/production-record.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { readEntry } from '../../src/stores/records.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { enter, leave, weigh } from '../support/hands.ts';
import { weightedRig } from '../support/weighted-rig.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { HOME } from '../support/worlds.ts';

/** Production was moved since the last run: by infrastructure code that puts a rule back, or by hand. */

/** 42 (`B`) was promoted by a run, and 41 (`A`) is parked. */
async function promoted(): Promise<Rig> {
  const rig = new Rig();
  expect((await rig.run('promote')).result).toBe('done');
  return rig;
}

/** An operator gives production back to 41 by hand. */
function putBack({ fake }: Rig): void {
  for (const id of ['A-0', 'A-1']) enter('prod', id)(fake);
  leave('prod', 'B-0', 'B-1')(fake);
  for (const id of ['B-0', 'B-1']) enter('test', id)(fake);
  leave('test', 'A-0', 'A-1')(fake);
}

describe('where production was moved since the last run', () => {
  test.each([
    {},
    { discard: true },
    { wait: true, minHealthy: { count: 1 } },
    { release: 'B', discard: true },
  ] as const)('cleanup %j ends nothing, and says when, from what to what, and who ran last', async (wish) => {
    const rig = await promoted();
    putBack(rig);
    const { code, exitCode, message, next } = await rig.run('cleanup', wish);
    expect([code, exitCode]).toEqual(['moved-by-others', ExitCode.refused]);
    expect(message).toMatch(
      /^prod leads to A now, and led to B after the last run \(promote of B by alice@ci, \S+ \S+Z, .*\): something other/,
    );
    expect(next.join(' ')).toContain('`turnout promote --release B` moves production to B.');
  });

  test('it goes on when the release that is meant to live is named, and only if that one serves', async () => {
    const rig = await promoted();
    putBack(rig);
    enter('prod', 'B-0', 'draining')(rig.fake);
    expect(await rig.run('cleanup', { keep: 'B' })).toMatchObject({
      code: 'other-release',
      message: 'A serves production, not B.',
    });
    const { code, next } = await rig.run('cleanup', { keep: 'A' });
    expect(code).toBe('draining');
    expect(next[0]).toBe('`turnout cleanup --keep A --wait` waits for that; or run this again later.');
    leave('prod', 'B-0')(rig.fake);
    expect((await rig.run('cleanup', { keep: 'A', wait: true })).result).toBe('done');
    expect((await rig.run('cleanup')).result).toBe('done');
  });

  test.each(['promote', 'rollback'] as const)('%s says it, and is not kept from its work', async (verb) => {
    const rig = await promoted();
    putBack(rig);
    expect((await rig.run(verb)).result).toBe('done');
    const warnings = rig.events.flatMap((event) => (event.type === 'warning' ? event.message : []));
    expect(warnings.join(' ')).toContain('prod leads to A now');
    expect((await rig.run('cleanup', { wait: true })).result).toBe('done');
  });

  test('a run between that is not about production does not make it so', async () => {
    const rig = await promoted();
    putBack(rig);
    await rig.run('drain', { instances: ['B-0'] });
    expect((await rig.run('cleanup')).code).toBe('moved-by-others');
  });

  test('it is asked again directly before the fleet ends', async () => {
    const rig = await promoted();
    rig.on('mark B current', () => enter('prod', 'A-0')(rig.fake));
    expect((await rig.run('cleanup', { wait: true })).result).not.toBe('done');
    expect(rig.log.filter((line) => line.startsWith('terminate'))).toEqual([]);
  });

  test('there is no note where a run may have moved it, and did not see what it left', async () => {
    const rig = await promoted();
    putBack(rig);
    const [entry] = await rig.store.history(1);
    const { production: _, ...older } = entry!;
    await rig.store.log({ ...older, run: 'older', since: '2026-06-02T00:00:00.000Z' });
    expect((await rig.run('cleanup', { wait: true })).code).not.toBe('moved-by-others');
  });
});

describe.each([false, true])('where weights divide production, by name: %s', (byName) => {
  const at = (share: number): Snapshot =>
    weightedWorld({
      byName,
      fleets: [
        { id: 'A', marks: HOME, members: [{ one: 'healthy' }] },
        { id: 'B', marks: {}, members: [{ two: 'healthy' }] },
      ],
      production: [share],
      test: 0,
    });
  const record = { verb: 'promote', release: 'B', who: 'ann', at: '2026-01-01T00:00:00.000Z' };

  test('weights that were put back are seen', () => {
    const before = { ...record, production: productionIn(at(100)) };
    expect(movedSince(at(100), before)).toBeUndefined();
    expect(movedSince(at(0), before)).toMatch(/leads to A now, and led to B after the last run/);
    expect(movedSince(at(10), before)).toMatch(/leads to A \(90 %\) and B \(10 %\) now/);
  });

  test('so is a place where nothing of ours is any more; one that was not there then says nothing', () => {
    const before = { ...record, production: productionIn(at(100)) };
    const empty = new FakeWorld(at(100));
    leave('two', 'B-0')(empty);
    expect(movedSince(empty.now, before)).toContain('leads to no fleet of this environment now');
    expect(movedSince(at(0), { ...record, production: { elsewhere: [] } })).toBeUndefined();
  });

  test('a change by hand to the fake is one', () => {
    const fake = new FakeWorld(at(100));
    weigh(1, 0)(fake);
    expect(productionIn(fake.now)).not.toEqual(productionIn(at(100)));
  });
});

test('an entry with a damaged production is ignored', () => {
  const entry = { run: 'r', verb: 'promote', who: 'a', host: 'h', since: '2026-01-01T00:00:00.000Z' };
  const text = { ...entry, outcome: 'done', message: '', awsRequests: 1 };
  expect(readEntry(JSON.stringify({ ...text, production: { a: [] } }), entry.since).outcome).toBe('done');
  for (const production of [7, { a: 7 }, { a: [7] }])
    expect(readEntry(JSON.stringify({ ...text, production }), entry.since).outcome).toBe('unreadable');
});

describe('where production is moved by hand under a promote', () => {
  const sharesIn = ({ fake }: Rig): unknown =>
    'routes' in fake.now.traffic &&
    fake.now.traffic.routes.filter(({ role }) => role === 'production').map(({ weights }) => weights);

  test.each([
    { when: 'before its first change', wish: {}, at: 'tag' },
    { when: 'while it watches a share', wish: { steps: [10], every: 60 }, at: 'watch' },
  ])('$when, it is not moved back under them', async ({ wish, at }) => {
    const rig = weightedRig(2);
    const state = { done: false };
    rig.onEvent = (event) => {
      if (event.type !== 'step-started' || !event.title.startsWith(at) || state.done) return;
      state.done = true;
      weigh(70, 30)(rig.fake);
    };
    const { exitCode, message, next } = await rig.run('promote', wish);
    expect(state.done).toBe(true);
    expect(exitCode).toBe(ExitCode.needsAttention);
    expect(message).toMatch(
      /changed by another actor.* What others have done is left as it is\. .*served by A \(2 of 2 healthy\) and B \(2 of 2 healthy\)/,
    );
    expect(sharesIn(rig)).toEqual([{ one: 70, two: 30 }]);
    expect(next).toEqual(expect.arrayContaining([expect.stringContaining('turnout rollback')]));
    expect(await rig.run('rollback')).toMatchObject({ exitCode: ExitCode.done });
    expect(sharesIn(rig)).toEqual([{ one: 100, two: 0 }]);
  });
});
