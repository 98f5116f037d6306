import { afterAll, describe, expect, test } from 'vitest';
import { KINDS, type Kind } from '../support/little/kinds.ts';
import { sampled } from '../support/sampled.ts';
import { CASES, casesOf, describeTopology, rowsOf, TOPOLOGIES, type Case, type Topology } from './cases.ts';
import { crashes, FOLLOW_UPS, tryCrash, type Afterwards } from './crash.ts';

/**
 * The crash matrix: every task is killed before every call that it makes to AWS and to the store, and after each one that
 * changes something, and while such a one is on its way; then each way on is taken to its end.
 */
const counted = { crashes: 0, runs: 0 };

afterAll(() => void process.stdout.write(`crash matrix: ${counted.crashes} crashes, ${counted.runs} runs\n`));

const large: Topology = { groups: 2, size: 3 };
const rows = [
  ...TOPOLOGIES.map((topology) => ({ topology, afterwards: 'fine' as const })),
  { topology: large, afterwards: 'readings are 10 s old' as const },
  { topology: large, afterwards: 'what was sent takes effect 9 s later' as const },
].map((row) => ({ ...row, name: `${describeTopology(row.topology)}, afterwards: ${row.afterwards}` }));

describe.each(KINDS)('$fleet behind $traffic', (kind) => {
  describe.each(casesOf(kind))('$name', ({ one }) => {
    test.each(rowsOf(kind, rows, [...sampled(rows.slice(-3, -1), 2)]))('$name', async ({ topology, afterwards }) => {
      const { points, wrong } = await crashEverywhere(kind, one, topology, afterwards);
      // A task that is refused reads the world, and that is all.
      expect(points).toBeGreaterThan(isLate(afterwards) ? 0 : 15);
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
  afterwards: Afterwards,
): Promise<{ points: number; wrong: readonly string[] }> {
  const scene = { ...topology, start: one.start, draining: one.draining ?? false };
  const all = await crashes(kind, scene, one);
  const points = all.filter(({ when }) => (when === 'late') === isLate(afterwards));
  const wrong: string[] = [];
  for (const point of points) {
    // Between two readings of the same world one way on is enough.
    for (const followUp of point.isSame ? FOLLOW_UPS.slice(0, 1) : FOLLOW_UPS) {
      const tried = await tryCrash({ kind, scene, one, point, followUp, afterwards });
      counted.crashes += 1;
      counted.runs += tried.runs;
      // The whole story of the first one; it mostly explains the others.
      if (tried.wrong.length > 0) wrong.push(...tried.wrong, ...(wrong.length === 0 ? [tried.story()] : []));
    }
  }
  return { points: points.length, wrong };
}

function isLate(afterwards: Afterwards): boolean {
  return afterwards === 'what was sent takes effect 9 s later';
}
