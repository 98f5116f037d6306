import { validationException } from './errors.ts';

/** Custom JSON of stacks, layers and deployments: attributes for recipes (user guide, "Using Custom JSON"). */
export type Json = Readonly<Record<string, unknown>>;

/** aws-reference 3.5; the guide says 80 KB for stacks. */
const MAX_BYTES = 120 * 1024;

/** Throws a `ValidationException` when it is no JSON object. */
export function checkedJson(text: string | undefined): Json {
  if (text === undefined || text === '') return {};
  if (Buffer.byteLength(text) > MAX_BYTES) throw validationException('Custom JSON is larger than 120 KB');
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Not JSON: the same error as JSON that is no object.
  }
  throw validationException('Custom JSON must be a valid JSON object');
}

/** The later ones go before the earlier, key by key. */
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

/** The revision of an app that the built-in deploy recipes read: `deploy.<app>.scm.revision` (user guide, "deploy Attributes"). */
export function revisionIn(json: Json, app: string): string | undefined {
  const path = ['deploy', app, 'scm', 'revision'];
  const found = path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), json);
  return typeof found === 'string' ? found : undefined;
}
