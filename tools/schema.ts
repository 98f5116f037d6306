/**
 * Writes `config/turnout.schema.json`, which editors take for completion and help, from the schema of config files.
 * `--check` writes nothing and ends with 1 when the file is not what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
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

/** The file's text. */
export function schemaJson(): string {
  const generated = z.toJSONSchema(schema, { target: 'draft-7', io: 'input', override: allowVariables });
  return `${JSON.stringify(generated, null, 2)}\n`;
}

const file = new URL('../config/turnout.schema.json', import.meta.url);

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(file, schemaJson());
  else if (readFileSync(file, 'utf8') !== schemaJson()) {
    process.stderr.write(
      'config/turnout.schema.json is not what the schema says: run tools/schema.ts and commit the file.\n',
    );
    process.exitCode = 1;
  }
}
