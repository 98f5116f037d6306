import * as z from 'zod';
import { isTimeZone, parseWeekTime } from '../domain/weekly.ts';
import { listOf, text } from './values.ts';

const TIME = 'a day and a time such as Fri 16:00, or a time such as 22:00 for every day';
const weekTime = text(TIME, /^(?:(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) )?(?:[01]\d|2[0-3]):[0-5]\d$/);

const window = z
  .strictObject({
    from: weekTime.describe('When it begins: Fri 16:00, or 22:00 for every day.'),
    to: weekTime.describe('When it ends, in the same form; it may be in the next week, or on the next day.'),
    why: text('a few words such as weekend', /^[^\n]{1,80}$/)
      .default('a window of `freeze` in the config')
      .describe('What it is, for the sentence with which a run is refused.'),
  })
  .transform(({ from, to, why }, context) => {
    const [begin, end] = [parseWeekTime(from), parseWeekTime(to)];
    if (begin !== undefined && end !== undefined && begin.every === end.every && begin.minute !== end.minute)
      return { from: begin.minute, to: end.minute, every: begin.every, why };
    const message = 'two different times of the same form: both with a day, or both without';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

export const freezeSection = z
  .strictObject({
    timeZone: text('a time zone such as Europe/Berlin')
      .refine(isTimeZone, { error: 'a time zone such as Europe/Berlin' })
      .default('UTC')
      .describe('IANA time zone of the windows. They follow its daylight saving time.'),
    windows: z.array(window).default([]).describe('Windows that are closed each week, or each day.'),
    calendars: listOf(
      text('the name or the ARN of a change calendar'),
      'a list of change calendars',
      'at least one change calendar',
    )
      .max(10)
      .default([])
      .describe('Names or ARNs of SSM change calendars; closed while one of them is CLOSED.'),
  })
  .describe(
    'Closed times: `promote`, `rolling` and `cleanup` are refused then, unless --override-freeze says why; `rollback` never is.',
  );
