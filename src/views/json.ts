import type { Clock } from '../clock.ts';
import type { RunEvent, View } from '../run/event.ts';
import type { Out } from './out.ts';

/** Grows when a field changes its meaning or goes away; a field more is no new version. See docs/json.md. */
export const JSON_VERSION = 1;

/** One event as one line; `at` is in milliseconds since the epoch. */
export function jsonLine(event: RunEvent, at: number): string {
  return JSON.stringify({ v: JSON_VERSION, at: new Date(at).toISOString(), ...event });
}

/** JSON lines on stdout, and nothing else. Questions are answered with no, and a warning says so. */
export function createJsonView(out: Out, clock: Clock): View {
  const emit = (event: RunEvent): void => out.line(jsonLine(event, clock.now()));
  return {
    emit,
    confirm: (question) => {
      emit({ type: 'warning', message: `${question} Nobody is asked with --json: add --yes to go ahead.` });
      return Promise.resolve(false);
    },
    close: () => out.flush(),
  };
}
