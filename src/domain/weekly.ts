import type { Freeze, Moment } from './freeze.ts';

/** Weekly and daily windows in a time zone. Pure: the time is given, and zones are those of Node's ICU data. */

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const DAY_MIN = 24 * 60;
const WEEK_MIN = 7 * DAY_MIN;
const MINUTE_MS = 60_000;

/** Minutes since Sunday 00:00, or since midnight where `every` is a day; it ends before `to`, which may be the next week or day. */
export interface ClosedWindow {
  readonly from: number;
  readonly to: number;
  readonly every: 'day' | 'week';
  readonly why: string;
}

/** `Fri 16:00`, or `22:00` for each day, as minutes; undefined where it is neither. */
export function parseWeekTime(text: string): { readonly minute: number; readonly every: 'day' | 'week' } | undefined {
  const [, day, hour, minute] = /^(?:([A-Z][a-z]{2}) )?([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour === undefined || (day !== undefined && !DAYS.includes(day))) return undefined;
  const inDay = Number(hour) * 60 + Number(minute);
  return day === undefined
    ? { minute: inDay, every: 'day' }
    : { minute: DAYS.indexOf(day) * DAY_MIN + inDay, every: 'week' };
}

/** Whether Node knows the zone: `Europe/Berlin`, `UTC`. */
export function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The wall clock of the zone at that time, in milliseconds, as if the zone were UTC. */
function wallClock(at: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** The time at which the zone's clock shows that; where it never does, as a clock is put forward, about then. */
function timeOf(wall: number, timeZone: string): number {
  const guess = wall - (wallClock(wall, timeZone) - wall);
  return guess - (wallClock(guess, timeZone) - wall);
}

function periodOf({ every }: ClosedWindow): number {
  return every === 'day' ? DAY_MIN : WEEK_MIN;
}

/** Minutes from one minute of the period to the next time that it is the other one. */
function ahead(from: number, to: number, period: number): number {
  return (((to - from) % period) + period) % period;
}

function minuteOf(window: ClosedWindow, wall: number): number {
  const date = new Date(wall);
  const inDay = date.getUTCHours() * 60 + date.getUTCMinutes();
  return (date.getUTCDay() * DAY_MIN + inDay) % periodOf(window);
}

function isIn(window: ClosedWindow, wall: number): boolean {
  const period = periodOf(window);
  return ahead(window.from, minuteOf(window, wall), period) < ahead(window.from, window.to, period);
}

/** The wall clock at the next time that it is `minute` of the window's period. */
function next(window: ClosedWindow, minute: number, wall: number): number {
  const left = ahead(minuteOf(window, wall), minute, periodOf(window));
  return Math.floor(wall / MINUTE_MS) * MINUTE_MS + left * MINUTE_MS;
}

/** `Mon 30 Nov 08:00 Europe/Berlin`. */
export function momentAt(at: number, timeZone: string): Moment {
  const date = new Date(wallClock(at, timeZone));
  const month = date.toLocaleString('en', { month: 'short', timeZone: 'UTC' });
  const time = date.toISOString().slice(11, 16);
  return { at, words: `${DAYS[date.getUTCDay()]} ${date.getUTCDate()} ${month} ${time} ${timeZone}` };
}

/** What the windows say of that time. Windows that overlap, or follow each other, are one closed time. */
export function weeklyFreeze(windows: readonly ClosedWindow[], timeZone: string, now: number): Freeze {
  const wall = wallClock(now, timeZone);
  const moment = (at: number): Moment => momentAt(timeOf(at, timeZone), timeZone);
  const closed = windows.find((window) => isIn(window, wall));
  if (closed === undefined) {
    const begins = windows.map((window) => next(window, window.from, wall));
    return begins.length === 0 ? { state: 'open' } : { state: 'open', closes: moment(Math.min(...begins)) };
  }
  const until = endOf(windows, wall);
  return { state: 'closed', why: closed.why, ...(until !== undefined && { until: moment(until) }) };
}

/** The wall clock when the last window of an unbroken row ends; undefined where that is not within a week. */
function endOf(windows: readonly ClosedWindow[], wall: number): number | undefined {
  let at = wall;
  while (at < wall + WEEK_MIN * MINUTE_MS) {
    const open = windows.filter((window) => isIn(window, at));
    if (open.length === 0) return at;
    const here = at;
    at = Math.max(...open.map((window) => next(window, window.to, here)));
  }
  return undefined;
}
