import { systemClock } from '../clock.ts';
import { ExitCode } from '../errors.ts';
import { openStore } from '../stores/index.ts';
import { historyLine } from '../views/json.ts';
import { historyText, type HistoryOptions } from '../views/history.ts';
import { openOut } from '../views/out.ts';
import { showsColour } from '../views/paint.ts';
import type { Args } from './command.ts';
import { configOf } from './context.ts';
import { readVersion } from './version.ts';

/** Prints the journal, the newest run first; with `--json` one run per line. */
export async function history(args: Args): Promise<ExitCode> {
  const store = await openStore(configOf(args), systemClock, { run: 'history', version: readVersion() });
  const out = openOut(process.stdout);
  try {
    const [entries, lease] = await Promise.all([store.history(args['limit'] as number), store.held()]);
    if (args['json'] === true) for (const entry of entries) out.line(historyLine(entry));
    else out.line(historyText(entries, { ...layout(), ...(lease ? { holder: lease.holder.run } : {}) }));
    await out.flush();
    return ExitCode.done;
  } finally {
    await store.close();
  }
}

function layout(): HistoryOptions {
  return { now: systemClock.now(), width: process.stdout.columns || 110, colour: showsColour(process.stdout) };
}
