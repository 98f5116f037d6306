import { systemClock } from '../clock.ts';
import { OperatorError, type ExitCode } from '../errors.ts';
import { createStore } from '../stores/index.ts';
import { jsonLine } from '../views/json.ts';
import type { Args } from './command.ts';
import { configOf } from './context.ts';
import { print } from './print.ts';
import { readVersion } from './version.ts';

/** Creates what the store of the config needs, if it is missing. */
export async function storeCreate(args: Args): Promise<ExitCode> {
  // yargs passes any word in the place of `create` as an argument of that name.
  if (args['create'] !== 'create')
    throw new OperatorError('usage', 'The only command of `turnout store` is `create`.', {
      next: ['Run `turnout store create`.'],
    });
  const config = configOf(args);
  const made = await createStore(config, systemClock, { run: 'store-create', version: readVersion() });
  const { store } = config;
  const created = made ?? false;
  const message =
    store.kind === 'dynamodb' ? createdText(store.table, created) : `A ${store.kind} store needs no table.`;
  return print(args['json'] === true ? jsonLine(storeData(store.kind, created), systemClock.now()) : message);
}

/** The line of `store create --json`; docs/json.md describes it. */
export function storeData(kind: string, created: boolean) {
  return { type: 'store' as const, kind, created };
}

function createdText(table: string, created: boolean): string {
  return created ? `Created the table ${table}, with on-demand billing.` : `The table ${table} exists already.`;
}
