import type { JournalEntry, Outcome } from '../stores/store.ts';
import { painter, type Style } from './paint.ts';
import { columns, cut } from './text.ts';
import { age, ago, dateTime, duration } from '../observe/words.ts';

const STYLES: Readonly<Record<Outcome, Style>> = {
  running: 'bold',
  done: 'green',
  refused: 'dim',
  undone: 'yellow',
  failed: 'red',
  interrupted: 'yellow',
};

/** One run a line, the newest first. `now` is in milliseconds since the epoch. */
export function historyText(entries: readonly JournalEntry[], now: number, width: number, colour = false): string {
  if (entries.length === 0) return 'No runs yet.';
  const paint = painter(colour);
  const rows = entries.map((entry) => [
    dateTime(Date.parse(entry.since)),
    ago((now - Date.parse(entry.since)) / 1000),
    entry.release === undefined ? entry.verb : `${entry.verb} ${entry.release}`,
    entry.who,
    paint(STYLES[entry.outcome], entry.outcome),
    took(entry, now),
  ]);
  return columns(rows)
    .flatMap((line, index) => [line, ...sentence(entries[index], width)])
    .join('\n');
}

function took(entry: JournalEntry, now: number): string {
  const from = Date.parse(entry.since);
  return entry.until === undefined
    ? `for ${age((now - from) / 1000)}`
    : duration((Date.parse(entry.until) - from) / 1000);
}

function sentence(entry: JournalEntry | undefined, width: number): string[] {
  return entry === undefined || entry.message === '' ? [] : [`  ${cut(entry.message, width - 2)}`];
}
