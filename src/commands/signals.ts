import { Interrupted } from '../run/runner.ts';
import type { View } from '../run/event.ts';

export interface Signals {
  readonly signal: AbortSignal;
  end(): void;
}

/**
 * The first SIGINT or SIGTERM asks for a stop at the next safe point; the second ends at once. SIGHUP (the terminal was
 * closed) is ignored: a run goes on to its end rather than stopping half-way.
 */
export function catchSignals(view: View): Signals {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      process.stderr.write('\nEnded at once. The request in hand may have taken effect: look at `turnout status`.\n');
      // Nothing may run after this: the operator wants it to end now.
      process.kill(process.pid, 'SIGKILL');
    }
    view.emit({ type: 'warning', message: `${name}: stopping at the next safe point. Once more ends it at once.` });
    controller.abort(new Interrupted(name));
  };
  const ignore = (): void => {};
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', ignore);
  return {
    signal: controller.signal,
    end: () => process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', ignore),
  };
}
