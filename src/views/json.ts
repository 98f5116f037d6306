import type { Clock } from '../clock.ts';
import type { RunEvent, View } from '../run/event.ts';
import type { JournalEntry, RecordedGoal } from '../stores/store.ts';
import type { Out } from './out.ts';
import { WaitPace } from './pace.ts';

/** Grows when a field changes its meaning or is removed; an additional field is not a new version. See docs/json.md. */
const VERSION = 1;

/** One line of JSON; `at` is in milliseconds since the epoch. */
export function jsonLine(data: { readonly type: string }, at: number): string {
  return JSON.stringify({ v: VERSION, at: new Date(at).toISOString(), ...data });
}

/** One line of `history --json`, timed by its last entry in the journal. */
export function historyLine(entry: JournalEntry): string {
  return jsonLine({ type: 'run', ...entry }, Date.parse(entry.until ?? entry.since));
}

/** What scripts can rely on in a recorded goal; the rest of it belongs to its task and changes with it. */
export function goalData({ goal, stepsDone, stepsAll, updatedAt }: RecordedGoal) {
  const { run, who, since, verb, release, fleet } = goal;
  const instances = 'instances' in goal ? goal.instances : [];
  return { run, who, since, verb, release, fleet, instances, stepsDone, stepsAll, updatedAt };
}

/** JSON lines on stdout, and nothing else. Every question is answered with no, and a warning says so. */
export function createJsonView(out: Out, clock: Clock): View {
  const pace = new WaitPace();
  const emit = (event: RunEvent): void => {
    if (event.type === 'step-started') pace.begin(clock.monotonic());
    if (event.type === 'step-waiting' && pace.next(event, clock.monotonic()) === 'later') return;
    out.line(jsonLine(event, clock.now()));
  };
  return {
    emit,
    confirm: (question) => {
      emit({ type: 'warning', message: `${question} With --json it cannot ask. Add --yes to proceed.` });
      return Promise.resolve(false);
    },
    close: () => out.flush(),
  };
}
