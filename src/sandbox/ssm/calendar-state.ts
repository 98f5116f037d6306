import type { GetCalendarStateRequest, GetCalendarStateResponse } from '@aws-sdk/client-ssm';
import { ApiError } from '../service.ts';
import { calendarIn, isOpenAt } from './calendars.ts';
import { documentOf } from './documents.ts';
import type { RunCommandState } from './model.ts';

/** OPEN only if all calendars are open; the next transition is that of their common state (SSM API, GetCalendarState). */
export function getCalendarState(
  state: RunCommandState,
  { CalendarNames: names = [], AtTime: time }: GetCalendarStateRequest,
): GetCalendarStateResponse {
  const calendars = names.map((name) => {
    const document = documentOf(state, name);
    if (document.type === 'ChangeCalendar') return calendarIn(document.content);
    throw new ApiError('InvalidDocumentType', 'The SSM document type is not valid. It must be ChangeCalendar.');
  });
  const at = time === undefined ? state.clock.now() : Date.parse(time);
  const isOpen = (when: number): boolean => calendars.every((calendar) => isOpenAt(calendar, when));
  const edges = calendars.flatMap(({ events }) => events.flatMap(({ from, to }) => [from, to]));
  const next = edges.toSorted((a, b) => a - b).find((edge) => edge > at && isOpen(edge) !== isOpen(at));
  return {
    State: isOpen(at) ? 'OPEN' : 'CLOSED',
    AtTime: isoOf(at),
    ...(next !== undefined && { NextTransitionTime: isoOf(next) }),
  };
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}
