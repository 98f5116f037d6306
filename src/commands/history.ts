import { systemClock } from '../clock.ts';
import { ExitCode } from '../errors.ts';
import { openStore } from '../stores/index.ts';
import { historyText } from '../views/history.ts';
import { openOut } from '../views/out.ts';
import { showsColour } from '../views/paint.ts';
import type { Args } from './command.ts';
import { configOf } from './context.ts';

/** Prints the journal, the newest run first; with `--json` one entry a line. */
export async function history(args: Args): Promise<ExitCode> {
  const store = await openStore(configOf(args), systemClock);
  const out = openOut(process.stdout);
  try {
    const entries = await store.history(args['limit'] as number);
    if (args['json'] === true) for (const entry of entries) out.line(JSON.stringify(entry));
    else out.line(historyText(entries, systemClock.now(), process.stdout.columns ?? 110, showsColour(process.stdout)));
    await out.flush();
    return ExitCode.done;
  } finally {
    await store.close();
  }
}
