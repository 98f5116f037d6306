import { parseAst } from 'rolldown/parseAst';
import path from 'node:path';

/** A source file, parsed. */
export interface Source {
  /** Path below the root of the repository. */
  readonly file: string;
  /** The text with comments and template text blanked out, line for line. */
  readonly code: string;
  readonly lines: number;
  readonly ast: Node;
  readonly text: string;
}

/** ESTree, as much of it as is asked for here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
]);

export function parse(file: string, text: string): Source {
  const ast = parseAst(text, { lang: 'ts', sourceType: 'module' }) as unknown as Node;
  return { file, text, ast, code: withoutComments(text), lines: text.trimEnd().split('\n').length };
}

/** Line and block comments become blanks; good enough for text that the formatter has written. */
function withoutComments(text: string): string {
  const blank = (comment: string): string => comment.replaceAll(/[^\n]/g, ' ');
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, blank).replaceAll(/(?<=^|\s)\/\/.*$/gm, blank);
}

/** Modules of which values are imported, statically or not; those of the repository as a path below its root. */
export function importsOf({ file, ast }: Source): readonly string[] {
  return [...walk(ast)].flatMap((node) => {
    const source = node.source as { value?: unknown } | null | undefined;
    if (typeof source?.value !== 'string' || importsTypesOnly(node)) return [];
    const isLocal = source.value.startsWith('.');
    return [isLocal ? path.posix.join(path.posix.dirname(file), source.value) : source.value];
  });
}

function importsTypesOnly(node: Node): boolean {
  if (node.importKind === 'type' || node.exportKind === 'type' || node.type === 'TSImportType') return true;
  const specifiers = node.specifiers as readonly Node[] | undefined;
  if (specifiers === undefined || specifiers.length === 0) return false;
  return specifiers.every((each) => each.importKind === 'type' || each.exportKind === 'type');
}

/** All functions, with their length in lines. */
export function functionsOf({ file, ast, text }: Source): readonly { name: string; lines: number }[] {
  return [...walk(ast)]
    .filter((node) => FUNCTIONS.has(node.type))
    .map(({ start, end }) => {
      const line = text.slice(0, start).split('\n').length;
      return { name: `${file}:${line}`, lines: text.slice(start, end).split('\n').length };
    });
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* walk(child);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** How sizes are spread: `median 9, p90 28, most 51 (of 210)`. */
export function spread(rows: readonly { readonly lines: number }[]): string {
  const sizes = rows.map(({ lines }) => lines).toSorted((a, b) => a - b);
  const at = (share: number): number => sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))] ?? 0;
  return `median ${at(0.5)}, p90 ${at(0.9)}, most ${at(1)} (of ${sizes.length})`;
}
