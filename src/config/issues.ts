import type * as z from 'zod';
import type { Path } from './problem.ts';

/** An issue of zod, with the text for "expected …; found …". */
export type Issue =
  | { readonly kind: 'unknown-key'; readonly path: Path; readonly known: readonly string[] }
  | { readonly kind: 'unknown-word'; readonly path: Path; readonly known: readonly string[] }
  | { readonly kind: 'wrong'; readonly path: Path; readonly expected: string; readonly type?: string };

type RawIssue = z.core.$ZodRawIssue;
type ZodIssue = z.core.$ZodIssue;

/** Validates data, with default texts for what a schema expects. */
export function check<S extends z.ZodType>(
  schema: S,
  data: unknown,
): { data: z.output<S> } | { issues: readonly Issue[] } {
  const result = schema.safeParse(data, { error: expected });
  return result.success ? { data: result.data } : { issues: result.error.issues.flatMap(translate) };
}

/** zod passes messages only, so the known keys of an object are joined into the message. */
function expected(issue: RawIssue): string {
  if (issue.code === 'unrecognized_keys') return keysOf(issue.inst).join();
  return issue.code === 'invalid_type' && ['object', 'record'].includes(issue.expected) ? 'a map of keys' : issue.code;
}

function keysOf(schema: unknown): readonly string[] {
  return Object.keys((schema as z.ZodObject | undefined)?._zod.def.shape ?? {});
}

function translate(issue: ZodIssue): readonly Issue[] {
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = issue.message.split(',');
      return issue.keys.map((key) => ({ kind: 'unknown-key', path: [...issue.path, key], known }));
    }
    case 'invalid_union':
      return 'options' in issue
        ? [{ kind: 'unknown-word', path: issue.path, known: (issue.options as unknown[]).map(String) }]
        : translateUnion(issue);
    case 'invalid_value':
      return [{ kind: 'unknown-word', path: issue.path, known: issue.values.map(String) }];
    case 'invalid_type':
      return [{ kind: 'wrong', path: issue.path, expected: issue.message, type: issue.expected }];
    default:
      return [{ kind: 'wrong', path: issue.path, expected: issue.message }];
  }
}

/** The issues of the alternative that was probably intended, or one issue for the union. */
function translateUnion(issue: Extract<ZodIssue, { code: 'invalid_union' }>): readonly Issue[] {
  const intended = issue.errors.find(
    (errors) => !errors.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  );
  if (!intended) return [{ kind: 'wrong', path: issue.path, expected: issue.message }];
  return intended.flatMap((inner) => translate({ ...inner, path: [...issue.path, ...inner.path] }));
}
