import { expect, test } from 'vitest';
import { liveRange, ordersOf } from '../../../tools/soak/histories.ts';

test('a range of histories is a hundred for each seed, and the rest for the last one', () => {
  expect(ordersOf({ from: 7, histories: 250 })).toEqual([
    { seed: 7, count: 100 },
    { seed: 8, count: 100 },
    { seed: 9, count: 50 },
  ]);
});

test('is lived in processes of its own, and the same seed is lived in the same way again', async () => {
  const { signal } = new AbortController();
  const live = async () => liveRange({ from: 3, histories: 2, processes: 1 }, () => {}, signal);
  const found = await live();
  expect(found).toMatchObject({ histories: 2, seeds: [], to: 3 });
  expect(await live()).toEqual(found);
});
