import type { Ssm } from '../aws/ssm.ts';
import type { Clock } from '../clock.ts';
import type { FreezeConfig } from '../config/config.ts';
import type { Freeze } from '../domain/freeze.ts';
import { list } from '../domain/text.ts';
import { momentAt, weeklyFreeze } from '../domain/weekly.ts';
import { OperatorError } from '../errors.ts';
import type { FreezePort } from './freeze.ts';

/** The windows of the config and its change calendars: closed where one of them is. */
export function openFreeze(config: FreezeConfig, ssm: Pick<Ssm, 'calendarState'>, clock: Clock): FreezePort {
  const { windows, timeZone, calendars } = config;
  return {
    async read() {
      const weekly = weeklyFreeze(windows, timeZone, clock.now());
      // A closed window is enough, also where AWS does not answer.
      if (weekly.state === 'closed' || calendars.length === 0) return weekly;
      const calendar = await ssm
        .calendarState(calendars)
        .then((seen) => calendarFreeze(seen, calendars, timeZone))
        .catch(asUnreadable);
      return calendar.state === 'open' ? sooner(weekly, calendar) : calendar;
    },
  };
}

function calendarFreeze(
  { isOpen, changesAt }: Awaited<ReturnType<Ssm['calendarState']>>,
  calendars: readonly string[],
  timeZone: string,
): Freeze {
  const moment = changesAt === undefined ? undefined : momentAt(changesAt, timeZone);
  if (isOpen) return { state: 'open', ...(moment && { closes: moment }) };
  return { state: 'closed', why: `the change calendar ${list(calendars)}`, ...(moment && { until: moment }) };
}

function asUnreadable(error: unknown): Freeze {
  if (!(error instanceof OperatorError)) throw error;
  return { state: 'unreadable', why: error.message };
}

/** Whichever closes first. */
function sooner(a: Freeze, b: Freeze): Freeze {
  const closesAt = (one: Freeze): number => (one.state === 'open' ? (one.closes?.at ?? Infinity) : Infinity);
  return closesAt(a) <= closesAt(b) ? a : b;
}
