import { isMap, isScalar, isSeq, type Document } from 'yaml';
import type { Issue } from './issues.ts';
import { nearest, nearestKey } from './nearest.ts';
import { showPath, withoutSecrets, type Mistake, type Path, type Problem } from './problem.ts';
import { locate, span, target, type LocatedNode, type Span } from './tree.ts';

/** A parsed config file. */
export interface ConfigSource {
  readonly document: Document;
  readonly text: string;
  /** Scalars whose value came from a variable, which no message may show. */
  readonly substituted: ReadonlySet<unknown>;
}

/** Locates an issue and describes what was expected and what was found. */
export function describeIssue(source: ConfigSource, issue: Issue): Problem {
  const place = locate(source.document, issue.path);
  const key = showPath(issue.path);
  if (issue.kind === 'unknown-key') return { ...span(place?.key), key, message: `expected ${keysAmong(issue)}` };
  const end = issue.kind === 'unknown-word' ? suggestion(source, issue, place) : quotesHint(issue, place);
  const expected = issue.kind === 'unknown-word' ? oneOf(issue.known) : issue.expected;
  const message = `expected ${expected}; found ${found(source, place)}${end}`;
  return { ...where(source.document, issue.path), key, message };
}

/** Locates a mistake across keys. */
export function describeMistake(source: ConfigSource, { path, message }: Mistake): Problem {
  const place = locate(source.document, path);
  const at = place?.key && !isScalar(place.value) ? span(place.key) : where(source.document, path);
  return { ...at, key: showPath(path), message };
}

function keysAmong({ known, path }: Extract<Issue, { kind: 'unknown-key' }>): string {
  const near = nearestKey(String(path.at(-1)), known);
  const here = `one of ${known.join(', ')}; found ${String(path.at(-1))}`;
  return near === undefined ? here : `${here}: did you mean ${near}?`;
}

function oneOf(words: readonly string[]): string {
  return words.length === 1 ? words[0]! : `one of ${words.join(', ')}`;
}

function suggestion(
  source: ConfigSource,
  issue: Extract<Issue, { kind: 'unknown-word' }>,
  place: LocatedNode | undefined,
): string {
  const value = place?.value;
  // A suggestion would reveal part of the variable's value.
  if (issue.known.length === 1 || !isScalar(value) || source.substituted.has(value)) return '';
  const near = nearest(String(value.value), issue.known);
  return near === undefined ? '' : `: did you mean ${near}?`;
}

/** YAML reads 1.10 as 1.1 and no as false, so such values cannot be converted to text. */
function quotesHint(issue: Extract<Issue, { kind: 'wrong' }>, place: LocatedNode | undefined): string {
  const bare = isScalar(place?.value) && ['number', 'boolean'].includes(typeof place.value.value);
  return issue.type === 'string' && bare ? '; put it in quotes' : '';
}

/** What the file contains there, shortened. */
function found(source: ConfigSource, place: LocatedNode | undefined): string {
  if (!place) return 'nothing: the key is missing';
  const value = target(source.document, place.value);
  if (isMap(value)) return 'a map';
  if (isSeq(value)) return 'a list';
  const { start, end } = span(value);
  const written = withoutSecrets(source.text.slice(start, end).trim());
  if (source.substituted.has(value)) return `the value of ${cut(written)}`;
  if (!isScalar(value) || value.value === null) return 'nothing';
  return typeof value.value === 'string' ? cut(JSON.stringify(withoutSecrets(value.value))) : cut(written);
}

const FOUND_MAX = 60;

function cut(text: string): string {
  return text.length <= FOUND_MAX ? text : `${text.slice(0, FOUND_MAX - 1)}…`;
}

/** The location of the value; if it is empty or missing, of its key; if that is missing too, of the parent. */
function where(document: Document, path: Path): Span {
  const place = locate(document, path);
  const value = span(place?.value);
  if (value.start < value.end) return value;
  return place?.key ? span(place.key) : parentOf(document, path.slice(0, -1));
}

function parentOf(document: Document, path: Path): Span {
  if (path.length === 0) return { start: 0, end: 1 };
  const place = locate(document, path);
  if (place?.key) return span(place.key);
  const { start } = span(place?.value);
  return place ? { start, end: start + 1 } : parentOf(document, path.slice(0, -1));
}
