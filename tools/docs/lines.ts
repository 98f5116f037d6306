import type * as z from 'zod';
import { doctorLine, failedLine, followLine, publishLine, sandboxLine, storeLine } from './commands.ts';
import { events } from './events.ts';
import { lineOf } from './format.ts';
import { lockLine, runLine, statusLine } from './state.ts';

/** Lines that are not events of a run, by the command that writes them. */
export const commandLines = {
  status: statusLine,
  doctor: doctorLine,
  'status --all': failedLine,
  history: runLine,
  lock: lockLine,
  publish: publishLine,
  follow: followLine,
  'store create': storeLine,
  sandbox: sandboxLine,
} as const;

/** All that turnout writes with `--json`, by `type`. */
const lines: ReadonlyMap<unknown, z.ZodType> = new Map(
  [...Object.values(events), ...Object.values(commandLines)].map((fields: z.ZodObject) => [
    (fields.shape['type'] as z.ZodLiteral).value,
    lineOf(fields),
  ]),
);

/** What docs/json.md does not say of a line that was written; empty when it is as documented. */
export function undocumented(line: { readonly type?: unknown }): readonly string[] {
  const schema = lines.get(line.type);
  if (schema === undefined) return [`a line of type ${String(line.type)}`];
  const { error } = schema.safeParse(line);
  return error?.issues.map(({ path, message }) => `${String(line.type)} ${path.join('.')}: ${message}`) ?? [];
}
