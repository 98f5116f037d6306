import { describe, expect, test } from 'vitest';
import type { Verb } from '../../src/domain/goal.ts';
import type { RunEvent } from '../../src/run/event.ts';
import { Rig } from '../support/fake-run-task.ts';

/**
 * When a rollback takes effect, at each moment in and after a promote. AWS's answers may be ten seconds old, and a health check
 * passes after four: the wait for the one goes on during the wait for the other.
 */

type Finished = Extract<RunEvent, { type: 'finished' }>;

/** A world in which an effect shows after that time. The mark of its store is older than anything waits for. */
async function rigWith(lagMs: number): Promise<Rig> {
  const rig = new Rig();
  rig.settleMs = 10_000;
  rig.fake.lagMs = lagMs;
  await rig.fake.clock.advance(60_000);
  return rig;
}

/** Runs it to its end, and not a tenth of a second longer. */
async function run(rig: Rig, verb: Verb): Promise<Finished> {
  const state = { ended: false };
  const ending = rig.begin(verb).finally(() => {
    state.ended = true;
  });
  while (!state.ended) await rig.fake.clock.advance(100);
  await ending;
  return rig.events.at(-1) as Finished;
}

/** What a rollback changes, each with its second. */
async function rollback(rig: Rig): Promise<readonly string[]> {
  const { fake } = rig;
  const [from, asked] = [fake.clock.monotonic(), fake.asked.length];
  expect(await run(rig, 'rollback')).toMatchObject({ result: 'done' });
  const changes = fake.asked.slice(asked).filter(({ what }) => !what.startsWith('read'));
  return changes.map(({ at, what }) => `${((at - from) / 1000).toFixed(1)} ${what}`);
}

const [ENTER, LEAVE] = ['register prod A-0 A-1', 'deregister prod B-0 B-1'];

describe('after a promote', () => {
  // Its last change of production was 1.5 s before its end: the test groups came after it. AWS's time has whole seconds: one is added.
  test.each([
    { afterS: 1, leavesAt: '8.5' },
    { afterS: 3, leavesAt: '6.5' },
    { afterS: 10, leavesAt: '4.5' },
    { afterS: 60, leavesAt: '4.5' },
  ])('by $afterS s: green leaves after $leavesAt s', async ({ afterS, leavesAt }) => {
    const rig = await rigWith(500);
    await run(rig, 'promote');
    await rig.fake.clock.advance(afterS * 1000);
    expect((await rollback(rig)).slice(0, 2)).toEqual([`0.0 ${ENTER}`, `${leavesAt} ${LEAVE}`]);
  });
});

/** Stops a promote in that request; a second later production is moved back. */
async function rollbackInTheMiddle(lagMs: number, request: string): Promise<readonly [Rig, readonly string[]]> {
  const rig = await rigWith(lagMs);
  rig.on(request, () => rig.stop());
  await run(rig, 'promote');
  await rig.fake.clock.advance(1000);
  return [rig, await rollback(rig)];
}

function plansShown({ events }: Rig): number {
  return events.filter(({ type }) => type === 'planned').length;
}

describe('in the middle of a promote', () => {
  test.each(['deregister prod', 'register test', 'deregister test'])(
    'that was stopped in "%s": blue enters at once, not after a wait for AWS',
    async (request) => {
      const [rig, changes] = await rollbackInTheMiddle(500, request);
      expect(changes.slice(0, 2)).toEqual([
        `0.0 ${ENTER}`,
        expect.stringMatching(/^(9|10)\.\d deregister prod B-0 B-1$/),
      ]);
      expect(plansShown(rig)).toBe(1);
    },
  );

  test('where there is only something to take away, it is waited for first', async () => {
    const [, changes] = await rollbackInTheMiddle(500, 'register prod');
    expect(changes).toEqual([expect.stringMatching(/^(9|10)\.\d deregister prod B-0 B-1$/)]);
  });

  test('where nothing has moved, nothing is changed', async () => {
    expect((await rollbackInTheMiddle(500, 'mark'))[1]).toEqual([]);
  });

  test('what the old answers did not show is planned for before anything is taken away', async () => {
    const [rig, changes] = await rollbackInTheMiddle(3000, 'register test');
    expect(changes).toContainEqual(expect.stringContaining('deregister test A-0 A-1'));
    expect(plansShown(rig)).toBe(2);
    const target = (pool: string, id: string): string | undefined =>
      rig.fake.now.pools.find(({ name }) => name === pool)?.targets.find((one) => one.id === id)?.state;
    expect([target('prod', 'A-0'), target('prod', 'B-0'), target('test', 'A-0')]).toEqual([
      'healthy',
      'draining',
      'draining',
    ]);
  });
});
