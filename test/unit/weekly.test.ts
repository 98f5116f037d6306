import { describe, expect, test } from 'vitest';
import { isTimeZone, parseWeekTime, weeklyFreeze, type ClosedWindow } from '../../src/domain/weekly.ts';

const BERLIN = 'Europe/Berlin';

function closed(from: string, to: string, why = 'weekend'): ClosedWindow {
  const [a, b] = [parseWeekTime(from), parseWeekTime(to)];
  if (a === undefined || b === undefined) throw new Error(`${from} or ${to} is no time.`);
  return { from: a.minute, to: b.minute, every: a.every, why };
}

const at = (iso: string, ...windows: readonly ClosedWindow[]) => weeklyFreeze(windows, BERLIN, Date.parse(iso));
const iso = (freeze: ReturnType<typeof at>): string | undefined => {
  const moment = freeze.state === 'open' ? freeze.closes : freeze.state === 'closed' ? freeze.until : undefined;
  return moment && new Date(moment.at).toISOString();
};

const WEEKEND = closed('Fri 16:00', 'Mon 08:00');
const NIGHT = closed('22:00', '06:00', 'night');

describe('weekly windows', () => {
  test.each([
    // Winter: Berlin is an hour ahead of UTC. 27 November 2026 is a Friday.
    ['2026-11-27T14:59:59Z', 'open', '2026-11-27T15:00:00.000Z'],
    ['2026-11-27T15:00:00Z', 'closed', '2026-11-30T07:00:00.000Z'],
    ['2026-11-29T12:34:56Z', 'closed', '2026-11-30T07:00:00.000Z'],
    ['2026-11-30T06:59:59Z', 'closed', '2026-11-30T07:00:00.000Z'],
    ['2026-11-30T07:00:00Z', 'open', '2026-12-04T15:00:00.000Z'],
    // Summer: two hours.
    ['2026-07-03T13:59:00Z', 'open', '2026-07-03T14:00:00.000Z'],
    // The clock is put forward in this weekend, and back in that one.
    ['2026-03-27T16:00:00Z', 'closed', '2026-03-30T06:00:00.000Z'],
    ['2026-10-23T16:00:00Z', 'closed', '2026-10-26T07:00:00.000Z'],
  ])('the weekend at %s is %s', (time, state, changes) => {
    const freeze = at(time, WEEKEND);
    expect([freeze.state, iso(freeze)]).toEqual([state, changes]);
  });

  test('a daily window goes over midnight', () => {
    expect(iso(at('2026-11-25T21:30:00Z', NIGHT))).toBe('2026-11-26T05:00:00.000Z');
    expect(at('2026-11-25T04:59:00Z', NIGHT)).toMatchObject({ state: 'closed', why: 'night' });
    expect(iso(at('2026-11-25T05:00:00Z', NIGHT))).toBe('2026-11-25T21:00:00.000Z');
  });

  test('windows that follow each other are one closed time, with the end of the last one', () => {
    const both = [closed('Wed 08:00', 'Wed 12:00', 'sale'), closed('Wed 12:00', 'Thu 09:00', 'audit')];
    expect(at('2026-11-25T10:00:00Z', ...both)).toEqual({
      state: 'closed',
      why: 'sale',
      until: { at: Date.parse('2026-11-26T08:00:00Z'), words: 'Thu 26 Nov 09:00 Europe/Berlin' },
    });
  });

  test('where no time of the week is open, no end is told', () => {
    const always = [closed('08:00', '20:00'), closed('20:00', '08:00')];
    expect(at('2026-11-25T10:00:00Z', ...always)).toEqual({ state: 'closed', why: 'weekend' });
  });

  test('an end that no clock shows is told about right', () => {
    const until = iso(at('2026-03-29T00:30:00Z', closed('Sat 20:00', 'Sun 02:30')));
    expect(Math.abs(Date.parse(until ?? '') - Date.parse('2026-03-29T01:00:00Z'))).toBeLessThanOrEqual(3_600_000);
  });
});

test('times have two forms, and zones are those of IANA', () => {
  expect([parseWeekTime('Fri 16:00'), parseWeekTime('22:00')]).toEqual([
    { minute: 5 * 1440 + 960, every: 'week' },
    { minute: 1320, every: 'day' },
  ]);
  expect(['Fry 16:00', 'Fri 24:00', '7:00', ''].map(parseWeekTime)).toEqual(Array(4).fill(undefined));
  expect(['Europe/Berlin', 'UTC', 'Europe/Berlyn'].map(isTimeZone)).toEqual([true, true, false]);
});
