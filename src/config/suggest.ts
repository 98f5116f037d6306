import { isMap, isScalar, type Scalar } from 'yaml';
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
  return replaceValue(source, issue.path, (scalar) => {
    if (issue.kind === 'unknown-word') return nearest(String(scalar.value), issue.known);
    return source.substituted.has(scalar) ? readAs(issue.type, scalar.value) : undefined;
  });
}

function renameKey({ document }: ConfigSource, path: Path, known: readonly string[]): boolean {
  const key = locate(document, path)?.key;
  const near = nearestKey(String(path.at(-1)), known);
  const map = target(document, locate(document, path.slice(0, -1))?.value);
  if (!isScalar(key) || near === undefined || !isMap(map) || map.has(near)) return false;
  key.value = near;
  return true;
}

function replaceValue({ document }: ConfigSource, path: Path, valueFor: (scalar: Scalar) => unknown): boolean {
  const scalar = target(document, locate(document, path)?.value);
  const value = isScalar(scalar) ? valueFor(scalar) : undefined;
  if (!isScalar(scalar) || value === undefined) return false;
  scalar.value = value;
  return true;
}

/** Variables are text; converts them where a number or boolean is expected. */
function readAs(type: string | undefined, value: unknown): number | boolean | undefined {
  if (typeof value !== 'string') return undefined;
  if ((type === 'number' || type === 'int') && /^\d+$/.test(value)) return Number(value);
  return type === 'boolean' && /^(?:true|false)$/.test(value) ? value === 'true' : undefined;
}
