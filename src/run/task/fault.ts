import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { JournalEntry } from '../../stores/store.ts';
import type { Emit, View } from '../event.ts';

/** Thrown by a callback, or in a promise that is not awaited, and caught by nothing. */
export class UncaughtException extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = 'UncaughtException';
  }
}

/** How far a run was when a fault ended it. */
export interface Position {
  readonly words: string;
  /** How to continue from there. */
  readonly next: readonly string[];
}

const BEFORE: Position = { words: 'No step had started.', next: [] };

/** A fault of ours, as the run's last event reports it. Its `cause` is what was thrown. */
export class RunFault extends Error {
  readonly next: readonly string[];

  constructor(thrown: unknown, { words, next }: Position = BEFORE) {
    const cause = thrown instanceof UncaughtException ? thrown.cause : thrown;
    super(`This is a fault of turnout: ${messageOf(cause).replace(/[.!?]*$/, '.')} ${words}`, { cause });
    this.name = 'RunFault';
    this.next = ['`turnout status` shows how things are now', ...next, REPORT];
  }
}

const REPORT = 'Please report it, with what is on standard error and the version (`turnout --version`)';

export interface TrackedSteps {
  readonly view: View;
  readonly position: () => Position;
  /** The last word of each gate, for the journal. */
  readonly verdicts: () => Pick<JournalEntry, 'verdicts'>;
}

/** The same view, and how far the run has come by what it was given. */
export function trackSteps(view: View): TrackedSteps {
  let [position, title] = [BEFORE, ''];
  const next = ['`turnout resume` continues'];
  const verdicts = new Map<string, NonNullable<JournalEntry['verdicts']>[number]>();
  const emit: Emit = (event) => {
    if (event.type === 'verdict') {
      const { type: _, ...verdict } = event;
      verdicts.set(`${verdict.percent} ${verdict.gate}`, verdict);
    }
    if (event.type === 'step-started') {
      ({ title } = event);
      position = { words: `This step was running, and may have taken effect: ${title}.`, next };
    }
    if (event.type === 'step-done') position = { words: `The last step that was done: ${title}.`, next };
    view.emit(event);
  };
  return {
    view: { ...view, emit },
    position: () => position,
    verdicts: () => (verdicts.size === 0 ? {} : { verdicts: [...verdicts.values()] }),
  };
}

/** Milliseconds after an uncaught exception at which each of these is given up: a promise may never settle then. */
export const GIVE_UP_MS = { run: 15_000, journal: 20_000, lease: 25_000 };

/** What the work comes to, or the exception, once the time has passed since it. */
export async function giveUpAfter<T>(
  ms: number,
  { faulted, ports: { clock } }: { readonly faulted: AbortSignal; readonly ports: { readonly clock: Clock } },
  work: Promise<T>,
): Promise<T> {
  const settled = new AbortController();
  const late = aborted(faulted, { signal: settled.signal })
    .then(async () => clock.sleep(ms, settled.signal))
    .then((): never => {
      throw faulted.reason;
    });
  try {
    return await Promise.race([work, late]);
  } finally {
    settled.abort();
  }
}

/** Resolves to false when the signal is aborted; not any more once that of the options is. */
export async function aborted(signal: AbortSignal, options: { readonly signal?: AbortSignal } = {}): Promise<false> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { ...options, once: true }));
  return false;
}
