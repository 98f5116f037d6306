import { readFileSync } from 'node:fs';
import type { GateVerdict } from '../../src/domain/gates.ts';
import { describe, expect, test } from 'vitest';
import {
  FALSE_ALARMS,
  probabilityAbove,
  probabilityOfMore,
  requestsNeeded,
  requestsNeededAt,
  spentAt,
  type Counts,
} from '../../src/domain/statistics.ts';
import { inconclusive, judgeAlone, judgeLatency, judgeRise, worst } from '../../src/domain/verdicts.ts';
import { randomly } from '../support/random.ts';

const TRIALS = 1000;
const RISE = 0.01;
/** Of a share of four fifths in so many trials. */
const STANDARD_ERROR = Math.sqrt((0.8 * 0.2) / TRIALS);

/** How many of that many requests fail, drawn one failure at a time. */
function drawn(random: () => number, requests: number, share: number): Counts {
  let failed = 0;
  for (let at = gap(random, share); at < requests; at += 1 + gap(random, share)) failed += 1;
  return { requests, failed };
}

function gap(random: () => number, share: number): number {
  return Math.floor(Math.log(1 - random()) / Math.log1p(-share));
}

function sum(one: Counts, other: Counts): Counts {
  return { requests: one.requests + other.requests, failed: one.failed + other.failed };
}

/** A bake that is judged after every settled minute, and ends with the first failure. */
function bake(random: () => number, minutes: number, perMinute: Sides<number>, shares: Sides<number>): GateVerdict {
  let [green, blue]: Counts[] = [NONE, NONE];
  for (let look = 1; look <= minutes; look += 1) {
    green = sum(green!, drawn(random, perMinute.green, shares.green));
    blue = sum(blue!, drawn(random, perMinute.blue, shares.blue));
    const { verdict } = judgeRise(green, blue, { rise: RISE }, spentAt(look, minutes));
    if (verdict === 'fail' || look === minutes) return verdict;
  }
  return 'inconclusive';
}

interface Sides<T> {
  readonly green: T;
  readonly blue: T;
}

const NONE = { requests: 0, failed: 0 };

/** Verdicts of many bakes, as parts of 1. */
function rates(seed: number, minutes: number, perMinute: Sides<number>, shares: Sides<number>) {
  const random = randomly(seed);
  const all = Array.from({ length: TRIALS }, () => bake(random, minutes, perMinute, shares));
  const part = (verdict: GateVerdict) => all.filter((one) => one === verdict).length / TRIALS;
  return { pass: part('pass'), fail: part('fail'), inconclusive: part('inconclusive') };
}

/** 25 requests a second, half of them to each side. */
const HALF = { green: 750, blue: 750 };
/** 100 a second, a tenth of them to green. */
const TENTH = { green: 600, blue: 5400 };

describe('1,000 bakes of 7 settled minutes, each judged after every minute', () => {
  test.each([
    ['0.5 % against 0.5 %, at halves', HALF, 0.005, 0.005],
    ['0.5 % against 0.5 %, at a tenth', TENTH, 0.005, 0.005],
    ['1 % against 1 %, at halves', HALF, 0.01, 0.01],
  ])('%s: blame it in no more than 5 of 100', (_name, traffic, blue, green) => {
    const seen = rates(1, 7, traffic, { green, blue });
    expect(seen.fail).toBeLessThanOrEqual(FALSE_ALARMS);
    expect(seen.pass).toBeGreaterThanOrEqual(0.95);
  });

  test.each([
    ['1 % against 2 %, at halves', HALF, 0.01, 0.02],
    ['1 % against 2 %, at a tenth', TENTH, 0.01, 0.02],
    ['1 % against 5 %, at halves', HALF, 0.01, 0.05],
    ['1 % against 5 %, at a tenth', TENTH, 0.01, 0.05],
  ])('%s: find it in 80 of 100 at least', (_name, traffic, blue, green) => {
    expect(rates(2, 7, traffic, { green, blue }).fail).toBeGreaterThanOrEqual(0.8);
  });

  test('with too little traffic they pass nothing', () => {
    const seen = rates(3, 7, { green: 20, blue: 20 }, { green: 0.01, blue: 0.01 });
    expect(seen.pass).toBe(0);
    expect(seen.fail).toBeLessThanOrEqual(FALSE_ALARMS);
  });
});

test.each([1 / 9, 1, 9])(
  'with the number of requests that is asked for, a rise is found 4 times of 5 (1 to %d)',
  (ratio) => {
    const green = requestsNeeded(0.01, RISE, ratio);
    const found = rates(4, 1, { green, blue: Math.round(green * ratio) }, { green: 0.02, blue: 0.01 }).fail;
    expect(found).toBeGreaterThanOrEqual(0.8 - 2 * STANDARD_ERROR);
  },
);

test('the page about gates has these numbers', () => {
  const page = readFileSync(new URL('../../docs/gates.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| ([\d.]+) % +\| (\d) % +\| ([\d,]+) /gm)];
  expect(rows).toHaveLength(4);
  for (const [, before, rise, needed] of rows)
    expect(requestsNeeded(Number(before) / 100, Number(rise) / 100, 1)).toBe(Number(needed?.replace(',', '')));
});

test('the page about gates has what was measured', () => {
  const page = readFileSync(new URL('../../docs/gates.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| ([\d.]+) % and ([\d.]+) % +\| \w+ in ([\d.]+) of .*\| \w+ in ([\d.]+) of /gm)];
  expect(rows).toHaveLength(4);
  for (const [row, ...numbers] of rows) {
    const [blue = 0, green = 0, ...found] = numbers.map(Number);
    const measured = [HALF, TENTH].map((traffic) => {
      const { fail } = rates(blue === green ? 1 : 2, 7, traffic, { green: green / 100, blue: blue / 100 });
      return Math.round(fail * 1000) / 10;
    });
    expect(found, row).toEqual(measured);
  }
});

test('what is needed, as in the tables', () => {
  // Fleiss: 1 % against 2 % at equal sides, 0.025 one-sided and 80 %, with continuity correction.
  expect(requestsNeeded(0.01, 0.01, 1)).toBe(2515);
  expect(requestsNeeded(0.005, 0.01, 1)).toBeLessThan(2515);
  expect(requestsNeeded(0.01, 0.01, 1 / 9), 'a small other side takes more').toBeGreaterThan(5000);
  expect(requestsNeeded(0.01, 0.05, 1)).toBeLessThan(300);
  expect(requestsNeeded(0, 0.01, 1)).toBeGreaterThan(0);
  expect(requestsNeededAt(0.01)).toBeGreaterThan(500);
});

test('the exact test is that of the lady tasting tea', () => {
  // Fisher: all of 4 and none of 4 is 1 of 70; 3 of 4 and 1 of 4, or more, is 17 of 70.
  expect(probabilityOfMore({ requests: 4, failed: 4 }, { requests: 4, failed: 0 })).toBeCloseTo(1 / 70, 12);
  expect(probabilityOfMore({ requests: 4, failed: 3 }, { requests: 4, failed: 1 })).toBeCloseTo(17 / 70, 12);
  expect(probabilityOfMore({ requests: 5, failed: 0 }, { requests: 9, failed: 3 })).toBeCloseTo(1, 12);
  expect(probabilityOfMore(NONE, NONE)).toBe(1);
  const large = probabilityOfMore({ requests: 1e6, failed: 5200 }, { requests: 1e6, failed: 5000 });
  expect(large).toBeGreaterThan(0.02);
  expect(large).toBeLessThan(0.025);
});

test('against a limit it is the binomial tail', () => {
  expect(probabilityAbove({ requests: 10, failed: 2 }, 0.1)).toBeCloseTo(0.263_901_070_9, 9);
  expect(probabilityAbove({ requests: 3, failed: 3 }, 0.5)).toBeCloseTo(0.125, 12);
  expect(probabilityAbove({ requests: 1000, failed: 10 }, 0.01)).toBe(1);
});

test('looks spend the false alarms, half of them in the last', () => {
  const looks = [1, 2, 3, 4, 5].map((look) => spentAt(look, 5));
  expect(looks.reduce((all, one) => all + one, 0)).toBeCloseTo(FALSE_ALARMS, 12);
  expect(looks.at(-1)).toBe(FALSE_ALARMS / 2);
  expect(spentAt(1, 1)).toBe(FALSE_ALARMS / 2);
  expect(spentAt(9, 5), 'a bake that went on').toBe(FALSE_ALARMS / 2);
});

describe('a verdict', () => {
  const blue = { requests: 10_000, failed: 100 };

  test('fails early where it is certain, and passes with enough only', () => {
    const bad = judgeRise({ requests: 60, failed: 20 }, blue, { rise: RISE }, spentAt(1, 10));
    expect(bad).toMatchObject({ verdict: 'fail', numbers: { requests: 60, failed: 20, blueRequests: 10_000 } });
    expect(bad.why).toMatch(/^20 of 60 requests \(33.33 %\) failed, and 100 of 10000 requests \(1 %\) of the release/);
    const few = judgeRise({ requests: 60, failed: 0 }, blue, { rise: RISE }, spentAt(1, 10));
    expect(few).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringMatching(/; \d+ requests needed, 60 seen$/),
    });
    expect(judgeRise({ requests: 10_000, failed: 104 }, blue, { rise: RISE }, 0.025)).toMatchObject({
      verdict: 'pass',
    });
    expect(judgeRise(NONE, NONE, { rise: RISE }, 0.025)).toMatchObject({ verdict: 'inconclusive' });
    expect(judgeRise({ requests: 1e5, failed: 0 }, NONE, { rise: RISE }, 0.025)).toMatchObject({
      verdict: 'inconclusive',
    });
  });

  test('does not fail for what is certain, and too small to matter', () => {
    const many = { requests: 10_000_000, failed: 50_000 };
    expect(judgeRise({ requests: 10_000_000, failed: 52_000 }, many, { rise: RISE }, 0.025)).toMatchObject({
      verdict: 'pass',
    });
  });

  test('of one that serves alone needs a limit', () => {
    expect(judgeAlone({ requests: 9000, failed: 0 }, { rise: RISE }, 0.025)).toMatchObject({
      verdict: 'inconclusive',
      why: '0 of 9000 requests (0 %) failed, and nothing serves that it could be compared with',
    });
    const limit = { rise: RISE, max: 0.01 };
    expect(judgeAlone({ requests: 9000, failed: 80 }, limit, 0.025)).toMatchObject({ verdict: 'pass' });
    expect(judgeAlone({ requests: 9000, failed: 200 }, limit, 0.025)).toMatchObject({ verdict: 'fail' });
    expect(judgeAlone({ requests: 90, failed: 0 }, limit, 0.025)).toMatchObject({ verdict: 'inconclusive' });
  });

  test('on latency counts the minutes of both sides', () => {
    const limits = { times: 1.3, over: 3, of: 5 };
    const minutes = (...green: readonly number[]) => green.map((ms) => ({ green: ms, blue: 100 }));
    expect(judgeLatency(minutes(131, 140, 90, 150, 90), limits)).toMatchObject({ verdict: 'fail' });
    expect(judgeLatency(minutes(200, 200, 130, 130, 130, 130, 130), limits)).toMatchObject({ verdict: 'pass' });
    expect(judgeLatency(minutes(90, 90, 90, 90), limits)).toMatchObject({ verdict: 'inconclusive' });
    const gaps = [...minutes(90, 90, 90, 90), { green: 90 }, { blue: 90 }];
    expect(judgeLatency(gaps, limits)).toMatchObject({ verdict: 'inconclusive', numbers: { minutes: 4 } });
  });

  test('of several is the worst', () => {
    const pass = { verdict: 'pass', why: 'good', numbers: { a: 1 } } as const;
    const fail = { verdict: 'fail', why: 'bad', numbers: { b: 2 } } as const;
    expect(worst([pass, inconclusive('unclear'), fail])).toEqual({
      verdict: 'fail',
      why: 'bad',
      numbers: { a: 1, b: 2 },
    });
    expect(worst([pass, inconclusive('unclear'), inconclusive('dark')])).toMatchObject({ why: 'unclear; dark' });
    expect(worst([pass])).toMatchObject({ verdict: 'pass' });
    expect(worst([])).toMatchObject({ verdict: 'inconclusive' });
  });
});
