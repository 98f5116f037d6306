import { systemClock, type Clock } from '../clock.ts';
import type { View } from '../run/event.ts';
import { createJsonView } from './json.ts';
import { LinesView } from './lines.ts';
import { ListrView } from './listr.ts';
import { openOut, type OutStream } from './out.ts';
import { showsColour } from './text.ts';
import { ask, type InStream, type Prompt } from './prompt.ts';

export type ViewMode = 'listr' | 'lines' | 'json';

export interface ViewOptions {
  /** `auto`: `listr` on a terminal, `lines` elsewhere. */
  readonly mode: ViewMode | 'auto';
  readonly stdout: OutStream;
  /** For refusals, in the text modes; all else goes to stdout. */
  readonly stderr: OutStream;
  readonly stdin: InStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
}

/** Lines where a screen cannot be redrawn: not a terminal, a dumb one, or the log of a CI service. */
export function chooseMode({ mode, stdout, env }: Pick<ViewOptions, 'mode' | 'stdout' | 'env'>): ViewMode {
  if (mode !== 'auto') return mode;
  const ci = env['CI'] !== undefined && !['', '0', 'false'].includes(env['CI']);
  return stdout.isTTY === true && env['TERM'] !== 'dumb' && !ci ? 'listr' : 'lines';
}

/** Draws a run. Never throws when the reader of stdout or stderr is gone. */
export function createView(options: ViewOptions): View {
  const { stdout, stderr, stdin, clock = systemClock } = options;
  const out = openOut(stdout);
  const err = stdout === stderr ? out : openOut(stderr);
  const mode = chooseMode(options);
  if (mode === 'json') return createJsonView(out, clock);

  const text = { out, err, clock, colour: showsColour(stdout) };
  const drawing = mode === 'listr' ? new ListrView({ ...text, load: () => import('listr2') }) : new LinesView(text);
  let prompt: Prompt | undefined;
  return {
    emit: (event) => drawing.emit(event),
    confirm: async (question) => {
      await drawing.settled();
      if (stdin.isTTY !== true || stdout.isTTY !== true) {
        err.line(`${question} Not a terminal, so it cannot ask. Add --yes to proceed.`);
        return false;
      }
      prompt = ask(question, stdin, stdout);
      const yes = await prompt.answer;
      out.line('');
      return yes;
    },
    close: async () => {
      prompt?.cancel();
      await drawing.close();
      await Promise.all([out.flush(), err.flush()]);
    },
  };
}
