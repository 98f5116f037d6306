import { expect, test } from 'vitest';
import { changeById, countBy, replaceById, withId } from '../../src/domain/by-id.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { HOME, PLAIN, world } from '../support/worlds.ts';
import { tasks } from '../../tasks/index.ts';
import { isRefusal } from '../../src/domain/goal.ts';

interface Item {
  readonly id: string;
  readonly n: number;
}

const parity = ({ n }: Item): string | undefined => (n % 5 === 0 ? undefined : n % 2 === 0 ? 'even' : 'odd');

/** Without an index. */
const plain = {
  replace: (all: readonly Item[], ids: readonly string[], by: readonly Item[]) => [
    ...all.filter(({ id }) => !ids.includes(id)),
    ...by,
  ],
  change: (all: readonly Item[], ids: readonly string[], change: (one: Item) => Item) =>
    all.map((one) => (ids.includes(one.id) ? change(one) : one)),
};

function expectAlike(indexed: readonly Item[], all: readonly Item[]): void {
  expect(indexed).toEqual(all);
  for (const id of ['a', 'b', 'c', 'd']) expect(withId(indexed, id)).toEqual(all.filter((one) => one.id === id));
  expect(countBy(indexed, parity)).toEqual(countBy([...all], parity));
}

test('lists that are asked by id, and their counts, are as without an index, the older ones too', () => {
  const versions: (readonly (readonly Item[])[])[] = [[[], []]];
  let n = 1;
  const items = (ids: readonly string[]): readonly Item[] => ids.map((id) => ({ id, n: (n = (n * 7 + 3) % 1009) }));
  const idsOf = (bits: number): readonly string[] => ['a', 'b', 'c', 'd'].filter((_, i) => (bits >> i) % 2 === 1);
  for (let round = 0; round < 200; round += 1) {
    const [indexed = [], all = []] = versions.at(-1 - (round % 3)) ?? versions[0]!;
    const ids = idsOf((round * 5) % 16);
    const by = items([...idsOf((round * 11) % 16), ...idsOf(round % 4)]).filter(({ id }) => ids.includes(id));
    const more = (one: Item): Item => ({ ...one, n: one.n + round });
    versions.push(
      round % 4 === 0
        ? [changeById(indexed, ids, more), plain.change(all, ids, more)]
        : [replaceById(indexed, ids, by), plain.replace(all, ids, by)],
    );
    for (const [one = [], other = []] of versions.slice(-4)) expectAlike(one, other);
  }
});

/** How often the health of a target is asked for, to plan a rolling deploy of a fleet of that size. */
async function healthReads(size: number): Promise<number> {
  const spec = { id: 'A', marks: HOME, members: Array.from({ length: size }, () => ({ prod: 'healthy' as const })) };
  const bare = world([spec], { groups: ['prod'], zones: ['a', 'b'] });
  let reads = 0;
  const counted = bare.pools.map((pool) => ({
    ...pool,
    targets: pool.targets.map(({ id, port }) => ({
      id,
      port,
      get state() {
        reads += 1;
        return 'healthy' as const;
      },
    })),
  }));
  const snapshot: Snapshot = { ...bare, pools: counted };
  const requestedBy = { run: 'r1', who: 'test', since: '2026-06-01T00:00:00.000Z' };
  const delivery = { words: './deploy.sh', check: true, migrate: 'no' } as const;
  const goal = await tasks.rolling.pinGoal({
    snapshot,
    options: { release: 'C' },
    requestedBy,
    settings: PLAIN,
    delivery,
    resolve: async () => Promise.reject(new Error('nothing is launched')),
  });
  if (isRefusal(goal)) throw new Error(goal.message);
  const plan = tasks.rolling.plan(snapshot, goal);
  expect(plan).toMatchObject({ steps: { length: size * 5 } });
  return reads;
}

test('planning a rolling deploy of twice as many servers looks at their health twice as often, not four times', async () => {
  const [some, twice] = [await healthReads(100), await healthReads(200)];
  expect(twice).toBeLessThan(2.2 * some);
});
