import { systemClock } from '../clock.ts';
import type { ExitCode } from '../errors.ts';
import { historyText } from '../views/history.ts';
import { historyLine } from '../views/json.ts';
import type { Args } from './command.ts';
import { inStore } from './context.ts';
import { layout, print } from './print.ts';

/** Prints the journal, the newest run first; with `--json` one run per line. */
export async function history(args: Args, limit = 20): Promise<ExitCode> {
  return inStore(args, 'history', async (store) => {
    const [entries, lease] = await Promise.all([store.history(limit), store.held()]);
    if (args['json'] === true) return print(...entries.map(historyLine));
    const holder = lease && { holder: lease.holder.run };
    return print(historyText(entries, { now: systemClock.now(), ...layout(), ...holder }));
  });
}
