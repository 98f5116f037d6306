import type { Config } from '../config/config.ts';
import { defined } from '../domain/defined.ts';
import type { Lease } from '../stores/store.ts';
import { LEASE } from './callers-lease.ts';

/** What every program of a run gets in its environment, whatever it is there for. */
export function programVariables(
  { config, run, who }: { readonly config: Config; readonly run: string; readonly who: string },
  epoch: () => number | undefined,
  lease: () => Lease | undefined,
): () => Readonly<Record<string, string>> {
  return () => {
    const held = lease();
    return {
      TURNOUT_ENVIRONMENT: config.environment,
      TURNOUT_CONFIG: config.file,
      TURNOUT_RUN: run,
      TURNOUT_WHO: who,
      ...defined({ TURNOUT_FENCE: epoch()?.toString() }),
      ...(held === undefined ? {} : { [LEASE]: `${held.holder.run}:${held.fence}` }),
    };
  };
}
