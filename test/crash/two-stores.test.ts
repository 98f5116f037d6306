import { describe, expect, test } from 'vitest';
import { EVERY_KIND, type Kind } from '../support/little/kinds.ts';
import type { Start } from '../support/little/scene.ts';
import { Site } from '../support/little/site.ts';
import { sampled } from '../support/sampled.ts';
import { rowsOf } from './cases.ts';
import { tryStores, type Order, type StoresTrial } from './two-stores.ts';

/** Two checkouts, each with a store in a file of its own: two leases for one environment. */

const ROLLBACK: Order = { ask: 'rollback', wish: {} };
const PROMOTE: Order = { ask: 'promote', wish: {} };
const CLEANUP: Order = { ask: 'cleanup', wish: { discard: true, wait: true } };

const PAIRS: readonly (readonly [start: Start, orders: StoresTrial['orders']])[] = [
  ['green', [PROMOTE, ROLLBACK]],
  ['promoted', [ROLLBACK, CLEANUP]],
  ['promoted', [CLEANUP, ROLLBACK]],
  ['rejected', [PROMOTE, CLEANUP]],
];
const LAGS_MS = [0, 2000];

async function tryAll(kind: Kind, trials: readonly Pick<StoresTrial, 'afterMs' | 'pauseAt'>[], takesOver: boolean) {
  const found: string[] = [];
  const codes: Record<string, number> = {};
  for (const [start, [first, second]] of PAIRS) {
    const orders = [first, takesOver ? { ...second, wish: { ...second.wish, takeOver: true } } : second] as const;
    for (const trial of trials) {
      for (const lagMs of LAGS_MS) {
        const scene = { start, groups: 1, size: 2, unmarked: !takesOver };
        const tried = await tryStores({ kind, scene, orders, lagMs, ...trial });
        found.push(...tried.wrong);
        for (const code of tried.codes) codes[code] = (codes[code] ?? 0) + 1;
      }
    }
  }
  return { found, codes };
}

/** The second run begins with the first one, or a little later, and stops for a moment at one of its calls. */
const CALLS = Array.from({ length: 24 }, (_, n) => n + 1);
const RACES = [0, 120, 400].flatMap((afterMs) => CALLS.map((pauseAt) => ({ afterMs, pauseAt })));
const SOME_RACES = [...sampled(RACES, 2)];
const FEW_RACES = [
  ...sampled(
    RACES.filter(({ pauseAt }) => pauseAt > 6),
    4,
  ),
];

const SHIFTS = [0, 300, 1000, 2500, 4000, 7000, 12_000, 18_000, 21_000, 25_000, 40_000].map((afterMs) => ({ afterMs }));
const FEW_SHIFTS = SHIFTS.filter((_, n) => n % 2 === 0);

describe.each(EVERY_KIND)('$fleet fleets, $traffic', (kind) => {
  test('before either store has left its mark, at most one of them moves production', async () => {
    const { found, codes } = await tryAll(kind, rowsOf(kind, RACES, SOME_RACES, FEW_RACES), false);
    expect(found).toEqual([]);
    expect(Math.min(codes['other-store'] ?? 0, codes['done'] ?? 0)).toBeGreaterThan(0);
  }, 120_000);

  test('one that takes the environment over stops the run of the other one', async () => {
    const { found, codes } = await tryAll(kind, rowsOf(kind, SHIFTS, SHIFTS, FEW_SHIFTS), true);
    expect(found).toEqual([]);
    expect(Math.min(codes['other-store'] ?? 0, codes['done'] ?? 0)).toBeGreaterThan(0);
  }, 120_000);
});

test('another store is refused by name; what takes the environment over is refused in its turn', async () => {
  const site = new Site({ start: 'promoted', groups: 1, size: 2 }, { stores: 2 });
  const refused = await site.run('rollback', {}, {}, { store: 1 });
  expect(refused.ended).toMatchObject({ code: 'other-store', exitCode: 2 });
  expect(refused.changes).toBe(0);
  expect(refused.ended).toMatchObject({ message: expect.stringContaining('little store') });
  expect(refused.ended).toMatchObject({ next: expect.arrayContaining([expect.stringContaining('`--take-over`')]) });
  const taken = await site.run('rollback', { takeOver: true }, {}, { store: 1 });
  expect(taken.ended).toMatchObject({ code: 'done' });
  expect((await site.run('promote')).ended).toMatchObject({ code: 'other-store', exitCode: 2 });
  expect((await site.run('promote', {}, {}, { store: 1 })).ended).toMatchObject({ code: 'done' });
  expect(site.watch.broken).toEqual([]);
});
