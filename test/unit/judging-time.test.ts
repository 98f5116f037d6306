import { describe, expect, test } from 'vitest';
import { requestsToJudge, SETTLED_S, secondsToJudge } from '../../src/domain/bake.ts';
import type { Gate } from '../../src/domain/gates.ts';
import { judgeAlone, judgeRise } from '../../src/domain/verdicts.ts';
import { settledMinutes } from '../../src/gates/shares.ts';
import { ALARM_GATE, COMMAND_GATE, gated, METRIC_GATE } from '../support/gated.ts';
import { ALONE } from '../support/gates.ts';

/** How long each kind of gate takes until it can judge: what a plan says of it, what it refuses, and that it is enough. */

const MAX = { max: 0.01 } as const;
const SLOW = { percentile: 99, times: 1.3, over: 3, of: 5 } as const;
const PROBE: Gate = { name: 'client', kind: 'probe', dryRun: false, rise: 0.05, ...MAX };

const GATES: readonly (readonly [what: string, gate: Gate, at10: number, at100: number])[] = [
  ['metric', { ...METRIC_GATE, ...MAX }, 240, 240],
  ['metric with latency, which is compared while both serve', { ...METRIC_GATE, ...MAX, latency: SLOW }, 480, 240],
  ['alarm', ALARM_GATE, 360, 360],
  ['probe', PROBE, 200, 120],
  ['probe with latency', { ...PROBE, latency: SLOW }, 300, 120],
];

describe.each(GATES)('a %s', (_what, gate, at10, at100) => {
  const refusalOf = async (options: object): Promise<string | undefined> => {
    const { rig } = gated('weights', { gates: [gate] });
    const ended = await rig.run('promote', options, { plan: true });
    if (ended.result === 'planned') return undefined;
    expect(ended.code).toBe('gate-too-slow');
    return ended.next[0];
  };

  test.each([
    ['--every', 10, at10, (seconds: number) => ({ steps: [10, 100], every: seconds, bake: 3600 })],
    ['--bake', 100, at100, (seconds: number) => ({ bake: seconds })],
  ] as const)('refuses a shorter %s, and names the shortest that is not', async (flag, _percent, least, options) => {
    expect(await refusalOf(options(least - 1))).toMatch(new RegExp(`${flag} ${least}s[ \`]`));
    expect(await refusalOf(options(least))).toBeUndefined();
  });
});

test.each([
  [10, 9],
  [25, 3],
  [50, 1],
  [100, 0],
])(
  'with %d %% of production (and %d times as much for blue) a gate passes with the requests that the plan names, and with one less it does not',
  (percent, sides) => {
    const gate = { ...METRIC_GATE, ...MAX };
    const needed = requestsToJudge(gate, percent)!;
    const verdictOf = (requests: number): string => {
      const green = { requests, failed: 0 };
      const blue = { requests: requests * sides, failed: 0 };
      return (percent === 100 ? judgeAlone(green, gate, 0.05) : judgeRise(green, blue, gate, 0.05)).verdict;
    };
    expect([verdictOf(needed - 1), verdictOf(needed)]).toEqual(['inconclusive', 'pass']);
  },
);

test.each(['command', 'prometheus', 'webhook'] as const)('a %s is asked at once', async (kind) => {
  const { rig } = gated('weights', { gates: [{ ...COMMAND_GATE, kind }] });
  const ended = await rig.run('promote', { steps: [10, 100], every: 1, bake: 1 }, { plan: true });
  expect(ended).toMatchObject({ result: 'planned' });
});

describe('the time that metrics are given', () => {
  const minutesAfter = (seconds: number, offsetMs: number): number => {
    const since = Date.UTC(2026, 0, 1, 12, 0, 0) + offsetMs;
    const window = settledMinutes({ ...ALONE, since, now: since + seconds * 1000, seconds });
    return window === undefined ? 0 : (window.to - window.from) / 60_000;
  };
  const offsets = Array.from({ length: 60 }, (_, n) => n * 1000 + 1);

  test.each([
    [1, METRIC_GATE],
    [5, { ...METRIC_GATE, latency: SLOW }],
  ])('has %d settled minutes in it, in whatever second of a minute it begins', (minutes, gate) => {
    const least = secondsToJudge(gate, 50, () => 0)!;
    for (const offset of offsets) expect(minutesAfter(least, offset), `${offset} ms`).toBeGreaterThanOrEqual(minutes);
    expect(Math.min(...offsets.map((offset) => minutesAfter(least - 1, offset))), 'not less').toBe(minutes - 1);
  });

  test('counts no minute that may still change', () => {
    const since = Date.UTC(2026, 0, 1, 12, 0, 30);
    for (let s = 0; s < 600; s += 7) {
      const now = since + s * 1000;
      const window = settledMinutes({ ...ALONE, since, now, seconds: 600 });
      expect(window?.to ?? 0).toBeLessThanOrEqual(now - SETTLED_S * 1000);
      expect((window?.from ?? since) - since).toBeGreaterThanOrEqual(0);
    }
  });
});
