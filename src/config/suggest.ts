import { isMap, isScalar } from 'yaml';
import type { Issue } from './issues.ts';
import type { ConfigSource } from './describe.ts';
import { nearest, nearestKey } from './nearest.ts';
import type { Path } from './problem.ts';
import { locate, target } from './tree.ts';

/**
 * Fixes an obvious slip in memory, so that the values below it can be validated; the file is not changed.
 * @returns whether something was fixed
 */
export function fixIssue(source: ConfigSource, issue: Issue): boolean {
  if (issue.kind === 'unknown-key') return renameKey(source, issue.path, issue.known);
  if (issue.kind === 'unknown-word') return replaceWord(source, issue.path, issue.known);
  return typeOfVariable(source, issue.path, issue.type);
}

function renameKey({ document }: ConfigSource, path: Path, known: readonly string[]): boolean {
  const key = locate(document, path)?.key;
  const near = nearestKey(String(path.at(-1)), known);
  const map = target(document, locate(document, path.slice(0, -1))?.value);
  if (!isScalar(key) || near === undefined || !isMap(map) || map.has(near)) return false;
  key.value = near;
  return true;
}

function replaceWord({ document }: ConfigSource, path: Path, known: readonly string[]): boolean {
  const word = target(document, locate(document, path)?.value);
  if (!isScalar(word)) return false;
  const near = nearest(String(word.value), known);
  if (near === undefined) return false;
  word.value = near;
  return true;
}

/** Variables are text; converts them where a number or boolean is expected. */
function typeOfVariable({ document, substituted }: ConfigSource, path: Path, type: string | undefined): boolean {
  const scalar = target(document, locate(document, path)?.value);
  if (!isScalar(scalar) || !substituted.has(scalar) || typeof scalar.value !== 'string') return false;
  const value = readAs(type, scalar.value);
  if (value === undefined) return false;
  scalar.value = value;
  return true;
}

function readAs(type: string | undefined, text: string): number | boolean | undefined {
  if ((type === 'number' || type === 'int') && /^\d+$/.test(text)) return Number(text);
  return type === 'boolean' && /^(?:true|false)$/.test(text) ? text === 'true' : undefined;
}
