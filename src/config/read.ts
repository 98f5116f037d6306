import { LineCounter, parseDocument, type Document } from 'yaml';
import type * as z from 'zod';
import { crossChecks } from './checks.ts';
import { check } from './issues.ts';
import { fixIssue } from './suggest.ts';
import { describeIssue, describeMistake, type ConfigSource } from './describe.ts';
import { showProblems, type Mistake, type Problem } from './problem.ts';
import { schema, type FileConfig } from './schema.ts';
import { syntaxProblems } from './syntax.ts';
import { substitute, type Env } from './variables.ts';

export type Read<T> = { readonly data: T } | { readonly problems: readonly Problem[]; readonly shown: string };

/** A kind of config file. */
export interface FileKind<S extends z.ZodType> {
  readonly schema: S;
  /** Across keys, on data of any shape. */
  readonly crossChecks: (data: unknown) => readonly Mistake[];
}

/** Reads the text of a config file: its data, or all its mistakes. `name` is the name of the file in messages. Pure. */
export function readConfig(name: string, text: string, env: Env): Read<FileConfig> {
  return readAs({ schema, crossChecks }, name, text, env);
}

/** The same for any kind of config file. */
export function readAs<S extends z.ZodType>(
  kind: FileKind<S>,
  name: string,
  text: string,
  env: Env,
): Read<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = syntaxProblems(document, lines, text);
  const checked = syntax.readable ? validate(kind, document, text, env) : { problems: [] };
  const problems = [...syntax.problems, ...checked.problems];
  if (problems.length === 0 && checked.data) return { data: checked.data };
  return { problems, shown: showProblems(name, text, lines, problems) };
}

interface Checked<T> {
  readonly data?: T;
  readonly problems: readonly Problem[];
}

function validate<S extends z.ZodType>(
  kind: FileKind<S>,
  document: Document,
  text: string,
  env: Env,
): Checked<z.output<S>> {
  const substituted = substitute(document, env);
  const source: ConfigSource = { document, text, substituted: substituted.scalars };
  const { problems, ...checked } = checkAndFix(kind.schema, source);
  const across = kind.crossChecks(document.toJS()).map((mistake) => describeMistake(source, mistake));
  // The value of an unset variable is unknown, so it can have no further mistakes.
  const unset = new Set(substituted.problems.map(({ start }) => start));
  const others = [...problems, ...across].filter(({ start }) => !unset.has(start));
  return { ...checked, problems: [...substituted.problems, ...others] };
}

/** Each fix can reveal mistakes at the next level; files have fewer levels than this. */
const FIX_ROUNDS_MAX = 8;

/**
 * Validates the file. A misspelt key or word is reported and then fixed in memory (not in the file), so that the values below it
 * are validated too.
 */
function checkAndFix<S extends z.ZodType>(fileSchema: S, source: ConfigSource): Checked<z.output<S>> {
  const reported: Problem[] = [];
  for (let round = 0; ; round++) {
    const result = check(fileSchema, source.document.toJS());
    if ('data' in result) return { data: result.data, problems: reported };
    const found = result.issues.map((issue) => ({ issue, problem: describeIssue(source, issue) }));
    const { fixed = [], left = [] } = Object.groupBy(found, ({ issue }) =>
      round < FIX_ROUNDS_MAX && fixIssue(source, issue) ? 'fixed' : 'left',
    );
    reported.push(...fixed.filter(({ issue }) => issue.kind !== 'wrong').map(({ problem }) => problem));
    if (fixed.length === 0) return { problems: [...reported, ...left.map(({ problem }) => problem)] };
  }
}
