import type { JournalEntry, JournalOutcome } from '../stores/store.ts';
import { columns, cut, painter, type Style } from './text.ts';
import { locationText } from '../domain/location.ts';
import { age, ago, count, dateTime, duration, sentences } from '../domain/text.ts';

const STYLES: Readonly<Record<JournalOutcome, Style>> = {
  running: 'bold',
  done: 'green',
  refused: 'dim',
  undone: 'yellow',
  failed: 'red',
  interrupted: 'yellow',
  unreadable: 'red',
};

export interface HistoryOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly width: number;
  readonly colour?: boolean;
  /** The run that holds the lease; any other entry with the outcome `running` is of a run that was killed. */
  readonly holder?: string;
}

/** One line per run with its last sentence below, the newest first. */
export function historyText(entries: readonly JournalEntry[], options: HistoryOptions): string {
  if (entries.length === 0) return 'No runs yet.';
  const { now, width, colour = false, holder } = options;
  const paint = painter(colour);
  const rows = entries.map((entry) => [
    dateTime(Date.parse(entry.since)),
    ago((now - Date.parse(entry.since)) / 1000),
    whatOf(entry),
    entry.who,
    paint(STYLES[entry.outcome], wasKilled(entry, holder) ? 'did not end' : entry.outcome),
    wasKilled(entry, holder) ? '' : `${durationText(entry, now)}, ${count(entry.awsRequests, 'AWS request')}`,
  ]);
  return columns(rows)
    .flatMap((line, index) => [
      line.trimEnd(),
      ...elsewhere(entries[index]!),
      ...overridden(entries[index]!, width),
      ...sentence(entries[index]!, width),
    ])
    .join('\n');
}

/** A cleanup is about the release that stays. */
function whatOf({ verb, release }: JournalEntry): string {
  if (release === undefined) return verb;
  return verb === 'cleanup' ? `${verb}, keep ${release}` : `${verb} ${release}`;
}

function wasKilled({ outcome, run }: JournalEntry, holder: string | undefined): boolean {
  return outcome === 'running' && run !== holder;
}

function durationText(entry: JournalEntry, now: number): string {
  const from = Date.parse(entry.since);
  return entry.until === undefined
    ? `for ${age((now - from) / 1000)}`
    : duration((Date.parse(entry.until) - from) / 1000);
}

/** Nothing where it was AWS itself. */
function elsewhere({ location }: JournalEntry): string[] {
  return location?.endpoint === undefined ? [] : [`  in ${locationText(location)}`];
}

function overridden({ overrideFreeze, overrideSchema }: JournalEntry, width: number): string[] {
  const lines = sentences(
    overrideFreeze !== undefined && `closed times overridden: ${overrideFreeze}`,
    overrideSchema !== undefined && `no way back, by schema, overridden: ${overrideSchema}`,
  );
  return lines.map((line) => `  ${cut(line, width - 2)}`);
}

function sentence({ message }: JournalEntry, width: number): string[] {
  return message === '' ? [] : [`  ${cut(message, width - 2)}`];
}
