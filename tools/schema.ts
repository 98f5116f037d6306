/**
 * Writes the schemas of `config/`, which editors take for completion and help, from those of config files.
 * `--check` writes nothing and ends with 1 when a file is not what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { followSchema } from '../src/config/follow.ts';
import { schema } from '../src/config/schema.ts';

type Json = Record<string, unknown>;

const VARIABLE = '\\$\\{';

/** In a file, `${NAME}` may stand for any value, also for a number. */
function allowVariables({ jsonSchema }: { jsonSchema: Json }): void {
  const { type, pattern, format } = jsonSchema;
  if (typeof pattern === 'string' && pattern !== '\\S') jsonSchema['pattern'] = `${pattern}|${VARIABLE}`;
  else if (type === 'integer' || type === 'boolean' || format !== undefined) offerVariable(jsonSchema);
}

function offerVariable(jsonSchema: Json): void {
  const { description, default: byDefault, ...rule } = jsonSchema;
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
  Object.assign(jsonSchema, { description, default: byDefault, anyOf: [rule, { type: 'string', pattern: VARIABLE }] });
}

/** The text of a file: of the environment's, or of `turnout follow`'s. */
export function schemaJson(of: z.ZodType = schema): string {
  const generated = z.toJSONSchema(of, { target: 'draft-7', io: 'input', override: allowVariables });
  return `${JSON.stringify(generated, null, 2)}\n`;
}

const FILES = { 'turnout.schema.json': schema, 'follow/follow.schema.json': followSchema };

if (import.meta.main) {
  for (const [name, of] of Object.entries(FILES)) {
    const file = new URL(`../config/${name}`, import.meta.url);
    if (!process.argv.includes('--check')) writeFileSync(file, schemaJson(of));
    else if (readFileSync(file, 'utf8') !== schemaJson(of)) {
      process.stderr.write(`config/${name} is not what the schema says: run tools/schema.ts and commit the file.\n`);
      process.exitCode = 1;
    }
  }
}
