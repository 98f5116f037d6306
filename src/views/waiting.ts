import type { Waiting } from '../domain/waiting.ts';
import type { RunEvent } from '../run/event.ts';
import { listToFit } from '../domain/text.ts';

/** `2/3 healthy`. */
export function countText(event: Extract<RunEvent, { type: 'step-waiting' }>): string {
  return `${event.have}/${event.want} ${event.word}`;
}

/** One line per reason, with as many of its targets as fit: `i-0a and 12 more: initial, first health check within 5 s`. */
export function waitingLines(waiting: readonly Waiting[], width: number, linesMax: number): string[] {
  const byReason = Map.groupBy(waiting, ({ why }) => why);
  const ids = (those: readonly Waiting[]): readonly string[] => those.map(({ id }) => id);
  const lines = [...byReason].map(([why, those]) => `${listToFit(ids(those), width - why.length - 2)}: ${why}`);
  return atMost(lines, linesMax, ' reasons');
}

/** One line per target, at most `linesMax`: for failures. */
export function targetLines(waiting: readonly Waiting[], linesMax: number): string[] {
  return atMost(
    waiting.map(({ id, why }) => `${id}: ${why}`),
    linesMax,
  );
}

function atMost(lines: string[], linesMax: number, what = ''): string[] {
  if (lines.length <= linesMax) return lines;
  const shown = lines.slice(0, Math.max(0, linesMax - 1));
  return [...shown, `and ${lines.length - shown.length} more${what}`];
}
