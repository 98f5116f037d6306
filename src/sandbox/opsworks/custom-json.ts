import { validationException } from './errors.ts';

/** Custom JSON of stacks, layers and deployments: attributes for recipes (OpsWorks user guide, "Using Custom JSON"). */
export type Json = Readonly<Record<string, unknown>>;

/** OpsWorks user guide, "Using Custom JSON"; it has 80 KB for stacks. */
const MAX_BYTES = 120 * 1024;

/** Throws a `ValidationException` if the text is not a JSON object. */
export function checkedJson(text: string | undefined): Json {
  if (text === undefined || text === '') return {};
  if (Buffer.byteLength(text) > MAX_BYTES) throw validationException('Custom JSON is larger than 120 KB');
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Not valid JSON: the same error as for JSON that is not an object.
  }
  throw validationException('Custom JSON must be a valid JSON object');
}

/** Merges the objects key by key; later ones override earlier ones. */
export function merged(texts: readonly (string | undefined)[]): Json {
  return texts.map(checkedJson).reduce(overlay, {});
}

function overlay(below: Json, above: Json): Json {
  const both = Object.entries(above).map(([key, value]) => {
    const under = below[key];
    return [key, isObject(value) && isObject(under) ? overlay(under, value) : value];
  });
  return { ...below, ...Object.fromEntries(both) };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The revision that the built-in deploy recipes read: `deploy.<app>.scm.revision` (OpsWorks user guide, "deploy Attributes"). */
export function revisionIn(json: Json, app: string): string | undefined {
  const path = ['deploy', app, 'scm', 'revision'];
  const found = path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), json);
  return typeof found === 'string' ? found : undefined;
}
