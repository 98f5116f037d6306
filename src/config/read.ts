import { LineCounter, parseDocument, type Document } from 'yaml';
import { crossChecks } from './checks.ts';
import { check } from './issues.ts';
import { mend } from './suggest.ts';
import { describeIssue, describeMistake, type ConfigSource } from './describe.ts';
import { showProblems, type Problem } from './problem.ts';
import { schema, type FileConfig } from './schema.ts';
import { syntaxProblems } from './syntax.ts';
import { substitute, type Env } from './variables.ts';

export type Read = { readonly data: FileConfig } | { readonly problems: readonly Problem[]; readonly shown: string };

/** Reads the text of a config file: its data, or all of its mistakes. `name` is what the mistakes call the file. Pure. */
export function readConfig(name: string, text: string, env: Env): Read {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = syntaxProblems(document, lines, text);
  const checked = syntax.readable ? validate(document, text, env) : { problems: [] };
  const problems = [...syntax.problems, ...checked.problems];
  if (problems.length === 0 && checked.data) return { data: checked.data };
  return { problems, shown: showProblems(name, text, lines, problems) };
}

interface Checked {
  readonly data?: FileConfig;
  readonly problems: readonly Problem[];
}

function validate(document: Document, text: string, env: Env): Checked {
  const substituted = substitute(document, env);
  const source: ConfigSource = { document, text, substituted: substituted.scalars };
  const { problems, ...checked } = checkAndMend(source);
  const across = crossChecks(document.toJS()).map((mistake) => describeMistake(source, mistake));
  // What an unset variable stands for is not known, so nothing else is said of it.
  const unset = new Set(substituted.problems.map(({ start }) => start));
  const others = [...problems, ...across].filter(({ start }) => !unset.has(start));
  return { ...checked, problems: [...substituted.problems, ...others] };
}

/** Each mending shows the mistakes beneath it; a file has fewer levels than this. */
const MENDINGS_MAX = 8;

/**
 * Finds the mistakes of shape. A misspelt key or word is noted, then mended in the tree (not in the file), so that what is
 * under it is looked at too.
 */
function checkAndMend(source: ConfigSource): Checked {
  const mended: Problem[] = [];
  for (let round = 0; ; round++) {
    const result = check(schema, source.document.toJS());
    if ('data' in result) return { data: result.data, problems: mended };
    const found = result.issues.map((issue) => ({ issue, problem: describeIssue(source, issue) }));
    const [fixed, left] = partition(found, ({ issue }) => round < MENDINGS_MAX && mend(source, issue));
    mended.push(...fixed.filter(({ issue }) => issue.kind !== 'wrong').map(({ problem }) => problem));
    if (fixed.length === 0) return { problems: [...mended, ...left.map(({ problem }) => problem)] };
  }
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const yes: T[] = [];
  const no: T[] = [];
  for (const item of items) (test(item) ? yes : no).push(item);
  return [yes, no];
}
