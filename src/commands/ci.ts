import { randomUUID } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import type { RunEvent, View } from '../run/event.ts';
import { annotation, outputText, summaryText } from '../views/github.ts';

/** Where the ending of a run is reported beside its view: what GitHub Actions names in the environment, and `--summary`. */
export interface Readers {
  /** Annotates a line of GitHub's log. */
  readonly annotate?: (line: string) => void;
  /** GitHub's file of outputs. */
  readonly outputs?: string | undefined;
  /** GitHub's file of the job's summary, which others write, too. */
  readonly jobSummary?: string | undefined;
  /** The file of `--summary`. */
  readonly summary?: string | undefined;
}

/**
 * The readers that the environment and the command line name. GitHub's runner takes commands from stderr, too, where they do not mix
 * with `--json`.
 */
export function readersOf(env: Readonly<Record<string, string | undefined>>, summary?: string): Readers {
  return {
    ...(env['GITHUB_ACTIONS'] === 'true' && { annotate: (line) => process.stderr.write(`${line}\n`) }),
    outputs: env['GITHUB_OUTPUT'],
    jobSummary: env['GITHUB_STEP_SUMMARY'],
    summary,
  };
}

/** The view, and beside it each of the readers. A file that cannot be written is a warning: what was done is done. */
export function alsoTelling(view: Pick<View, 'emit'>, readers: Readers): View['emit'] {
  const events: RunEvent[] = [];
  const annotated = new Set<string>();
  const annotate = (kind: 'warning' | 'error', message: string): void => {
    if (annotated.has(message)) return;
    annotated.add(message);
    readers.annotate?.(annotation(kind, titleOf(events), message));
  };
  return (event) => {
    if (event.type !== 'output' && event.type !== 'step-waiting') events.push(event);
    if (event.type === 'warning') annotate('warning', event.message);
    if (event.type === 'finished') {
      for (const message of writeEnding(events, event, readers)) view.emit({ type: 'warning', message });
      if (event.exitCode !== 0) annotate('error', event.message);
    }
    view.emit(event);
  };
}

type Finished = Extract<RunEvent, { type: 'finished' }>;

/** @returns what could not be written, as sentences */
function writeEnding(events: readonly RunEvent[], finished: Finished, readers: Readers): readonly string[] {
  const { outputs, jobSummary, summary } = readers;
  const text = (): string => summaryText(events, finished);
  const started = events.find((event) => event.type === 'started');
  return [
    ...tried(outputs, (file) => appendFileSync(file, outputText(started, finished, `end-${randomUUID()}`))),
    ...tried(jobSummary, (file) => appendFileSync(file, text())),
    ...tried(summary, (file) => writeFileSync(file, text())),
  ];
}

function tried(file: string | undefined, write: (file: string) => void): readonly string[] {
  if (file === undefined || file === '') return [];
  try {
    write(file);
    return [];
  } catch (error) {
    return [`The end of this run was not written to ${file}: ${messageOf(error)}`];
  }
}

function titleOf(events: readonly RunEvent[]): string {
  const started = events.find((event) => event.type === 'started');
  return started === undefined ? 'turnout' : `turnout ${started.verb} in ${started.environment}`;
}
