import type { HeldLease } from '../record/lease.ts';
import type { View } from '../run/event.ts';
import { Interrupted } from '../run/engine/context.ts';
import type { Context } from './context.ts';

export interface Signals {
  readonly signal: AbortSignal;
  end(): void;
}

/** A view may have hidden it, and cannot show it any more. */
const SHOW_CURSOR = process.stderr.isTTY ? '\u001B[?25h' : '';

/** What to know about a run that stops immediately. */
export function stopNotice({ config }: Context, held: HeldLease | undefined): string {
  if (held === undefined) return 'Nothing was changed.';
  return [
    'The last request may have taken effect: `turnout status` shows the current state, `turnout resume` continues.',
    `The lease was not released: it expires in ${config.store.ttlMs / 1000} s.`,
  ].join('\n');
}

/**
 * The first SIGINT or SIGTERM stops at the next safe point, the second immediately. SIGHUP (the terminal was closed) is
 * ignored: a run continues to its end rather than stopping half-way.
 */
export function catchSignals(view: View, notice: () => string): Signals {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      process.stderr.write(`${SHOW_CURSOR}\nStopped immediately. ${notice()}\n`);
      end();
      process.kill(process.pid, name);
      return;
    }
    view.emit({
      type: 'warning',
      message: `${name}: stopping at the next safe point. Press Ctrl-C again to stop immediately.`,
    });
    controller.abort(new Interrupted(name));
  };
  const ignore = (): void => {};
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', ignore);
  const end = (): void => void process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', ignore);
  return { signal: controller.signal, end };
}
