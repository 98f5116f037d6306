import type { HeldLease } from '../record/lease.ts';
import type { View } from '../run/event.ts';
import { Interrupted } from '../run/engine/context.ts';
import type { Context } from './context.ts';

export interface Signals {
  readonly signal: AbortSignal;
  end(): void;
}

/** A view may have hidden it, and has no time left to show it again. */
const SHOW_CURSOR = process.stderr.isTTY ? '\u001B[?25h' : '';

/** What is to be known of a run that ends at once. */
export function whatIsLeft({ config }: Context, held: HeldLease | undefined): string {
  if (held === undefined) return 'Nothing was changed.';
  return [
    'The request in hand may have taken effect: `turnout status` shows how things stand, `turnout resume` goes on.',
    `The lease was not given back: others get it ${config.store.ttlMs / 1000} s from now at the latest.`,
  ].join('\n');
}

/**
 * The first SIGINT or SIGTERM asks for a stop at the next safe point; the second ends at once. SIGHUP (the terminal was
 * closed) is ignored: a run goes on to its end rather than stopping half-way.
 */
export function catchSignals(view: View, left: () => string): Signals {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      process.stderr.write(`${SHOW_CURSOR}\nEnded at once. ${left()}\n`);
      end();
      process.kill(process.pid, name);
      return;
    }
    view.emit({ type: 'warning', message: `${name}: stopping at the next safe point. Once more ends it at once.` });
    controller.abort(new Interrupted(name));
  };
  const ignore = (): void => {};
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', ignore);
  const end = (): void => void process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', ignore);
  return { signal: controller.signal, end };
}
