import type { SchemaConfig } from '../config/config.ts';
import { runToEnd, type ProgramTools } from '../programs/run-to-end.ts';
import type { WayBackPort } from './way-back.ts';

/** By a program of the operator: 0 means that there is a way back, 1 that there is none, anything else that it is not known. */
export function openWayBack(
  { run, timeoutMs }: SchemaConfig,
  tools: ProgramTools & { readonly variables: () => Readonly<Record<string, string>> },
): WayBackPort {
  return {
    async ask(question) {
      const { from, to } = question;
      const variables = { ...tools.variables(), TURNOUT_RELEASE: from, TURNOUT_BACK_TO: to };
      const { ok, why, output } = await runToEnd(run, timeoutMs, variables, tools);
      if (ok) return { state: 'open', ...question };
      const last = output.at(-1)?.replace(/[.\s]+$/, '') ?? '';
      if (why === 'exit code 1')
        return { state: 'closed', ...question, why: last || 'the program of `schema` says so' };
      return { state: 'unknown', ...question, why: `${why}${last && `; it wrote last: ${last}`}` };
    },
  };
}
