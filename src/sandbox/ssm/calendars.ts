import { ApiError } from '../service.ts';

/** A change calendar: iCalendar text whose events are the times in which it has the other state (SSM user guide, Change Calendar). */
export interface ChangeCalendar {
  readonly isOpenByDefault: boolean;
  readonly events: readonly { readonly from: number; readonly to: number }[];
}

/** Only single events in UTC. @throws ApiError `InvalidDocumentContent` */
export function calendarIn(content: string): ChangeCalendar {
  const lines = content.split(/\r?\n/).map((line) => line.split(':') as [string, string?]);
  const [, kind] = lines.find(([name]) => name === 'X-CALENDAR-TYPE') ?? [];
  const times = (wanted: string): readonly number[] =>
    lines.flatMap(([name, value = '']) => (name.split(';')[0] === wanted ? [timeOf(value)] : []));
  const ends = times('DTEND');
  const events = times('DTSTART').map((from, n) => ({ from, to: ends[n] ?? Number.NaN }));
  const isKnown = kind === 'DEFAULT_OPEN' || kind === 'DEFAULT_CLOSED';
  if (!isKnown || !events.every(({ from, to }) => from < to) || lines.some(([name]) => name.startsWith('RRULE')))
    throw new ApiError('InvalidDocumentContent', 'The content of the calendar is not valid.');
  return { isOpenByDefault: kind === 'DEFAULT_OPEN', events };
}

/** `20261127T150000Z`. */
function timeOf(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

export function isOpenAt({ isOpenByDefault, events }: ChangeCalendar, at: number): boolean {
  return isOpenByDefault !== events.some(({ from, to }) => from <= at && at < to);
}
