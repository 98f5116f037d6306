import { afterAll, describe, expect, test } from 'vitest';
import { IS_WHOLE } from '../support/sampled.ts';
import { EVERY_KIND, type Kind } from '../support/little/kinds.ts';
import { DELAYS, callsOf, changesIn, plotsOf, tryTurn, type Plot, type Stage, type TurnTrial } from './turned.ts';
import { turnsOn } from './turns.ts';

/**
 * The matrix of a world that turns bad while a run is at work. Before each change some minutes pass, or AWS throttles it, and then
 * something dies or somebody changes something by hand; and the hand acts between any two requests. Nothing that is needed by then is
 * taken, what the run says is true, and some verb still works.
 */
const counted = { cases: 0, runs: 0 };

afterAll(() => void process.stdout.write(`a world that turns: ${counted.cases} cases, ${counted.runs} runs\n`));

/** Of the cases, every so manieth; no divisor of the number of turns, so that each call meets other ones. */
const STRIDE = IS_WHOLE ? { changes: 3, calls: 31 } : { changes: 131, calls: 1009 };

function casesOf(stage: Stage, calls: Awaited<ReturnType<typeof callsOf>>): readonly TurnTrial[] {
  const turns = turnsOn(stage.kind);
  const delayed = changesIn(calls).flatMap((n) => DELAYS.flatMap((delay) => turns.map((turn) => ({ n, delay, turn }))));
  const handed = calls.flatMap(({ n }) => turns.map((turn) => ({ n, delay: 'none' as const, turn })));
  return [
    ...delayed.filter((_, index) => index % STRIDE.changes === 0),
    ...handed.filter((_, index) => index % STRIDE.calls === 0),
  ].map((one) => ({ ...stage, ...one }));
}

function sceneOf({ traffic }: Kind, { start, draining }: Plot): Stage['scene'] {
  return { start, ...(draining && { draining }), groups: traffic === 'weighted-dns' ? 1 : 2, size: 3 };
}

describe.each(EVERY_KIND)('$fleet behind $traffic', (kind) => {
  test.each(plotsOf(kind))(
    '$name',
    async ({ plot }) => {
      const stage = { kind, plot, scene: sceneOf(kind, plot) };
      const wrong: string[] = [];
      for (const one of casesOf(stage, await callsOf(stage))) {
        const tried = await tryTurn(one);
        counted.cases += 1;
        counted.runs += tried.runs;
        // The whole story of the first one; it mostly explains the others.
        if (tried.wrong.length > 0) wrong.push(...tried.wrong, ...(wrong.length === 0 ? [tried.story()] : []));
      }
      expect(wrong).toEqual([]);
    },
    600_000,
  );
});
