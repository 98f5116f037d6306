import { systemClock } from '../clock.ts';
import { ExitCode, OperatorError } from '../errors.ts';
import { createStore } from '../stores/index.ts';
import { openOut } from '../views/out.ts';
import type { Args } from './command.ts';
import { configOf } from './context.ts';
import { readVersion } from './version.ts';

/** Makes what the store of the config needs to be there; may be run again. */
export async function storeCreate(args: Args): Promise<ExitCode> {
  // yargs takes what stands in the place of the word `create` as an argument of that name.
  if (args['create'] !== 'create')
    throw new OperatorError('usage', 'A store can only be created.', { next: ['`turnout store create` does it.'] });
  const config = configOf(args);
  const made = await createStore(config, systemClock, { run: 'store-create', version: readVersion() });
  const { store } = config;
  const out = openOut(process.stdout);
  const created = made ?? false;
  const message = store.kind === 'dynamodb' ? told(store.table, created) : `A ${store.kind} store needs nothing made.`;
  out.line(args['json'] === true ? JSON.stringify({ v: 1, type: 'store', kind: store.kind, created }) : message);
  await out.flush();
  return ExitCode.done;
}

function told(table: string, created: boolean): string {
  return created ? `Made the table ${table}, with on-demand billing.` : `The table ${table} is there already.`;
}
