import { afterAll, describe, expect, test } from 'vitest';
import { KINDS, type Kind } from '../support/little/kinds.ts';
import { casesOf, describeTopology, rowsOf, type Case, type Topology } from '../crash/cases.ts';
import { faults, tryFault } from '../crash/fault.ts';
import { sampled } from '../support/sampled.ts';

/**
 * The fault matrix: each call of every task meets each fault in turn (without `TURNOUT_MATRIX=whole` a third of them, other ones each
 * time). What the run says at its end is true, and in fine weather the goal is reached.
 */
const counted = { faults: 0, runs: 0 };

afterAll(() => void process.stdout.write(`fault matrix: ${counted.faults} faults, ${counted.runs} runs\n`));

const topologies: readonly Topology[] = [
  { groups: 1, size: 1 },
  { groups: 2, size: 3 },
];
const rows = topologies.map((topology) => ({ name: describeTopology(topology), topology }));

/** Faults that a run gets over by itself: it is done as if nothing had been. */
const HARMLESS = /^(500|throttled|timeout|reset|error after effect|reset after effect)( 30 s)?$|^stale|^takes 30 s$/;

describe.each(KINDS)('$fleet behind $traffic', (kind) => {
  describe.each(casesOf(kind))('$name', ({ one }) => {
    test.each(rowsOf(kind, rows, rows.slice(0, 1)))('$name', async ({ topology }) => {
      const { points, wrong } = await faultEverywhere(kind, one, topology);
      expect(points).toBeGreaterThan(150);
      expect(wrong).toEqual([]);
    });
  });
});

async function faultEverywhere(
  kind: Kind,
  one: Case,
  topology: Topology,
): Promise<{ points: number; wrong: readonly string[] }> {
  const scene = { ...topology, start: one.start, draining: one.draining ?? false };
  const points = await faults(kind, scene, one);
  const wrong: string[] = [];
  for (const point of sampled(points, 3)) {
    const tried = await tryFault({ kind, scene, one, point });
    counted.faults += 1;
    counted.runs += tried.runs;
    const spoiled =
      HARMLESS.test(point.kind) && tried.code !== 'done' ? [`${point.kind} made it end with ${tried.code}`] : [];
    const found = [...tried.wrong, ...spoiled];
    // The whole story of the first one; it mostly explains the others.
    if (found.length > 0) wrong.push(...found, ...(wrong.length === 0 ? [tried.story()] : []));
  }
  return { points: points.length, wrong };
}
