import { afterAll, describe, expect, test } from 'vitest';
import { KINDS, type Kind } from '../support/little/kinds.ts';
import { CASES, casesOf, describeTopology, rowsOf, TOPOLOGIES, type Case, type Topology } from './cases.ts';
import { crashes, FOLLOW_UPS, tryCrash } from './crash.ts';

/**
 * The crash matrix: every task is killed before every call that it makes to AWS and to the store, and after each one that
 * changes something; then each way on is taken to its end.
 */
const counted = { crashes: 0, runs: 0 };

afterAll(() => void process.stdout.write(`crash matrix: ${counted.crashes} crashes, ${counted.runs} runs\n`));

const rows = TOPOLOGIES.map((topology) => ({ name: describeTopology(topology), topology, stale: false }));
const large: Topology = { groups: 2, size: 3 };
const old = { name: `${describeTopology(large)}, readings are 10 s old after the crash`, topology: large, stale: true };

describe.each(KINDS)('$fleet behind $traffic', (kind) => {
  describe.each(casesOf(kind))('$name', ({ one }) => {
    test.each(rowsOf(kind, [...rows, old], [...rows.slice(-1), old]))('$name', async ({ topology, stale }) => {
      const { points, wrong } = await crashEverywhere(kind, one, topology, stale);
      // A task that is refused reads the world, and that is all.
      expect(points).toBeGreaterThan(15);
      expect(wrong).toEqual([]);
    });
  });
});

test('every task has a row', () => {
  expect(new Set(CASES.map(({ ask }) => ask))).toEqual(new Set(['adopt', 'up', 'promote', 'rollback', 'cleanup']));
});

async function crashEverywhere(
  kind: Kind,
  one: Case,
  topology: Topology,
  stale: boolean,
): Promise<{ points: number; wrong: readonly string[] }> {
  const scene = { ...topology, start: one.start, draining: one.draining ?? false };
  const points = await crashes(kind, scene, one);
  const wrong: string[] = [];
  for (const point of points) {
    // Between two readings of the same world one way on is enough.
    for (const followUp of point.isSame ? FOLLOW_UPS.slice(0, 1) : FOLLOW_UPS) {
      const tried = await tryCrash({ kind, scene, one, point, followUp, stale });
      counted.crashes += 1;
      counted.runs += tried.runs;
      // The whole story of the first one; it mostly explains the others.
      if (tried.wrong.length > 0) wrong.push(...tried.wrong, ...(wrong.length === 0 ? [tried.story()] : []));
    }
  }
  return { points: points.length, wrong };
}
