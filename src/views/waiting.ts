import type { Waiting } from '../domain/waiting.ts';
import type { RunEvent } from '../run/event.ts';
import { listToFit } from '../domain/text.ts';

/** `2/3 healthy`. */
export function countText(event: Extract<RunEvent, { type: 'step-waiting' }>): string {
  return `${event.have}/${event.want} ${event.word}`;
}

/** One line per reason, with as many of its targets as fit: `i-0a and 12 more: initial, first health check within 5 s`. */
export function waitingLines(waiting: readonly Waiting[], width: number, linesMax: number): string[] {
  const byReason = new Map<string, string[]>();
  for (const { id, why } of waiting) {
    const ids = byReason.get(why);
    if (ids) ids.push(id);
    else byReason.set(why, [id]);
  }
  const groups = [...byReason].map(([why, ids]) => `${listToFit(ids, width - why.length - 2)}: ${why}`);
  if (groups.length <= linesMax) return groups;
  const shown = groups.slice(0, Math.max(0, linesMax - 1));
  return [...shown, `and ${groups.length - shown.length} more reasons`];
}

/** One line per target, at most `linesMax`: for failures. */
export function targetLines(waiting: readonly Waiting[], linesMax: number): string[] {
  const lines = waiting.map(({ id, why }) => `${id}: ${why}`);
  if (lines.length <= linesMax) return lines;
  const shown = lines.slice(0, Math.max(0, linesMax - 1));
  return [...shown, `and ${lines.length - shown.length} more`];
}
