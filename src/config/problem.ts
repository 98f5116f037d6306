import type { LineCounter } from 'yaml';

/** One mistake in a config file. Offsets count characters of the text. */
export interface Problem {
  readonly start: number;
  readonly end: number;
  /** The key as a path, such as `traffic.production[0].port`; empty for the file as a whole. */
  readonly key: string;
  /** What was expected, and what was found. Never the value of a variable. */
  readonly message: string;
}

export type Path = readonly PropertyKey[];

/** A mistake whose place in the text is not known yet. */
export interface Mistake {
  readonly path: Path;
  readonly message: string;
}

/** `traffic.production[0].port` */
export function showPath(path: Path): string {
  return path.reduce<string>((shown, part) => {
    if (typeof part === 'number') return `${shown}[${part}]`;
    return shown === '' ? String(part) : `${shown}.${String(part)}`;
  }, '');
}

/** All mistakes as text, in the order of the file, each with its line and a caret under it. */
export function showProblems(name: string, text: string, lines: LineCounter, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  const shown = problems
    .toSorted((a, b) => a.start - b.start)
    .map((problem) => showProblem(name, text, lines, problem));
  return [`${name} has ${count}:`, ...shown].join('\n\n');
}

function showProblem(name: string, text: string, lines: LineCounter, problem: Problem): string {
  const { line, col } = lines.linePos(problem.start);
  const source = text.split(/\r?\n/)[line - 1] ?? '';
  const width = Math.max(1, withoutSecrets(source.slice(col - 1, col - 1 + problem.end - problem.start)).length);
  // Tabs are kept, so that the caret stands under the same column.
  const margin = withoutSecrets(source.slice(0, col - 1)).replaceAll(/[^\t]/g, ' ');
  const at = problem.key === '' ? '' : `  ${problem.key}`;
  return [
    `${name}:${line}:${col}${at}`,
    `  ${problem.message}`,
    `  ${String(line).padStart(4)} | ${withoutSecrets(source)}`,
    `       | ${margin}${'^'.repeat(width)}`,
  ].join('\n');
}

/** Who writes a password into the file instead of a variable should at least not find it in the log of a CI job. */
export function withoutSecrets(text: string): string {
  return text.replaceAll(/:\/\/\S*(?=@)/g, '://***').replaceAll(/(password=)[^\s&"']*/gi, '$1***');
}
