import type { LineCounter } from 'yaml';

/** One mistake in a config file. Offsets count characters of the text. */
export interface Problem {
  readonly start: number;
  readonly end: number;
  /** Path of the key, for example `traffic.production[0].port`; empty for the whole file. */
  readonly key: string;
  /** What was expected and what was found; never the value of a variable. */
  readonly message: string;
}

export type Path = readonly PropertyKey[];

/** A mistake that has not been located in the text yet. */
export interface Mistake {
  readonly path: Path;
  readonly message: string;
}

/** A mistake unless `holds`. */
export function unless(holds: boolean, path: Path, message: string): readonly Mistake[] {
  return holds ? [] : [{ path, message }];
}

/** Entries whose id occurred before, with the path of the first occurrence; entries without an id are ignored. */
export function repeated(entries: readonly { path: Path; id: unknown }[]): readonly { path: Path; first: Path }[] {
  return entries.flatMap(({ path, id }, index) => {
    const first = entries.findIndex((other) => other.id === id);
    return id === undefined || first === index ? [] : [{ path, first: entries[first]!.path }];
  });
}

/** `traffic.production[0].port` */
export function showPath(path: Path): string {
  return path.reduce<string>((shown, part) => {
    if (typeof part === 'number') return `${shown}[${part}]`;
    return shown === '' ? String(part) : `${shown}.${String(part)}`;
  }, '');
}

/** All mistakes as text, in the order of the file, each with its line and a marker below it. */
export function showProblems(name: string, text: string, lines: LineCounter, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  const shown = problems
    .toSorted((a, b) => a.start - b.start)
    .map((problem) => showProblem(name, text, lines, problem));
  return [`${name} has ${count}:`, ...shown].join('\n\n');
}

/** Of a longer line, the part around the mistake is shown. */
const LINE_MAX = 200;

function showProblem(name: string, text: string, lines: LineCounter, problem: Problem): string {
  const { line, col } = lines.linePos(problem.start);
  const whole = text.split(/\r?\n/)[line - 1] ?? '';
  const from = whole.length > LINE_MAX ? Math.max(0, col - 1 - LINE_MAX / 2) : 0;
  const source = whole.slice(from, from + LINE_MAX);
  const column = col - 1 - from;
  const width = Math.max(1, withoutSecrets(source.slice(column, column + problem.end - problem.start)).length);
  // Keeps tabs, so that the marker is in the right column.
  const margin = withoutSecrets(source.slice(0, column)).replaceAll(/[^\t]/g, ' ');
  const at = problem.key === '' ? '' : `  ${problem.key}`;
  return [
    `${name}:${line}:${col}${at}`,
    `  ${problem.message}`,
    `  ${String(line).padStart(4)} | ${withoutSecrets(source)}`,
    `       | ${margin}${'^'.repeat(width)}`,
  ].join('\n');
}

/** Masks passwords that are in the file itself, so that they do not end up in CI logs. */
export function withoutSecrets(text: string): string {
  return text.replaceAll(/:\/\/\S*(?=@)/g, '://***').replaceAll(/(password=)[^\s&"']*/gi, '$1***');
}
