import { isScalar, visit, type Document, type Scalar } from 'yaml';
import { showPath, type Problem } from './problem.ts';
import { pathOf, span } from './tree.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** `$${` (a literal `${`), `${NAME}`, `${NAME:-default}`, or a `${` that is none of these. */
const VARIABLE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

export interface Substituted {
  /** Scalars whose value came from a variable, which no message may show. */
  readonly scalars: ReadonlySet<Scalar>;
  readonly problems: readonly Problem[];
}

/**
 * Replaces environment variables in all values, in place and after parsing, so that positions stay those of the file and a value
 * is never parsed as YAML. Keys are not changed, nor is `userData`: the `${NAME}` of a script belong to it.
 */
export function substitute(document: Document, env: Env): Substituted {
  const scalars = new Set<Scalar>();
  const problems: Problem[] = [];
  visit(document, {
    Pair: (_, pair) => (isScalar(pair.key) && pair.key.value === 'userData' ? visit.SKIP : undefined),
    Scalar: (key, scalar, ancestors) => {
      if (key === 'key' || typeof scalar.value !== 'string' || !scalar.value.includes('${')) return;
      const { text, mistakes } = expand(scalar.value, env);
      if (mistakes.length === 0) scalar.value = text;
      scalars.add(scalar);
      const at = showPath(pathOf([...ancestors, scalar]));
      problems.push(...mistakes.map((message) => ({ ...span(scalar), key: at, message })));
    },
  });
  return { scalars, problems };
}

function expand(text: string, env: Env): { text: string; mistakes: readonly string[] } {
  const mistakes: string[] = [];
  const expanded = text.replaceAll(VARIABLE, (found, name: string | undefined, fallback: string | undefined) => {
    if (found === '$${') return '${';
    // As in a shell, `:-` also applies to an empty variable.
    const value = (name && env[name]) || fallback;
    if (value === undefined) mistakes.push(name === undefined ? MALFORMED : unset(name));
    return value ?? found;
  });
  return { text: expanded, mistakes };
}

const MALFORMED = 'expected ${NAME} or ${NAME:-default}, or $${ for a literal ${';

function unset(name: string): string {
  return `expected the environment variable ${name} to be set; found it unset or empty; set it, or use \${${name}:-default}`;
}
