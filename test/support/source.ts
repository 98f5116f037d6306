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

/**
 * Modules that are imported, statically or not; those of the repository as a path below its root. Imports of types count,
 * unless only values are asked for.
 */
export function importsOf({ file, ast }: Source, kind: 'all' | 'values' = 'all'): readonly string[] {
  return [...walk(ast)].flatMap((node) => {
    const source = node.source as { value?: unknown } | null | undefined;
    if (typeof source?.value !== 'string' || (kind === 'values' && importsTypesOnly(node))) return [];
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

/** Names that the file declares and exports, each once; what it passes on from another file is not its own. */
export function exportsOf({ ast }: Source): readonly string[] {
  const names = (ast.body as readonly Node[]).flatMap((node) => {
    if (node.type !== 'ExportNamedDeclaration' || !isNode(node.declaration)) return [];
    const { declarations = [node.declaration] } = node.declaration as { readonly declarations?: readonly Node[] };
    return declarations.flatMap(({ id }) => (isNode(id) && typeof id.name === 'string' ? [id.name] : []));
  });
  return [...new Set(names)];
}

/** Optional members of interfaces whose name passes: `TrafficPort.tail`. */
export function optionalMembersOf({ ast }: Source, passes: (name: string) => boolean): readonly string[] {
  return [...walk(ast)].flatMap((node) => {
    const name = (node.id as { name?: string } | null | undefined)?.name ?? '';
    if (node.type !== 'TSInterfaceDeclaration' || !passes(name)) return [];
    const { body } = node.body as { readonly body: readonly Node[] };
    return body
      .filter(({ optional }) => optional === true)
      .map(({ key }) => `${name}.${(key as { name?: string }).name ?? '?'}`);
  });
}

/**
 * Codes of refusals and of errors that an operator can fix: what `refusal` and `OperatorError` are given first, and what tables
 * of translated errors have under `code` or, in `TRANSLATIONS`, as keys. Of templates the text with `*` for what is filled in.
 */
export function codesOf({ ast }: Source): readonly string[] {
  return [...walk(ast)].flatMap((node) => {
    if (isMadeBy(node, 'refusal') || isMadeBy(node, 'OperatorError'))
      return stringsIn((node.arguments as readonly Node[])[0]!);
    if (node.type === 'Property' && nameOf(node.key as Node) === 'code') return stringsIn(node.value as Node);
    if (node.type !== 'VariableDeclarator' || nameOf(node.id as Node) !== 'TRANSLATIONS') return [];
    return (node.init as { readonly properties: readonly Node[] }).properties.map(({ key }) => nameOf(key as Node));
  });
}

/** Texts in quotes, without those with which an error is only made. */
export function textsOf({ ast }: Source): readonly string[] {
  const made = [...walk(ast)].filter((node) => isMadeBy(node, 'OperatorError'));
  const given = new Set(made.flatMap((node) => [...walk((node.arguments as readonly Node[])[0]!)]));
  return [...walk(ast)].filter((node) => !given.has(node)).flatMap((node) => stringOf(node));
}

function isMadeBy({ type, callee }: Node, name: string): boolean {
  return (type === 'CallExpression' || type === 'NewExpression') && nameOf(callee as Node) === name;
}

function nameOf({ name, value }: Node): string {
  return String(name ?? value);
}

function stringsIn(node: Node): readonly string[] {
  return [...walk(node)].flatMap((inner) => stringOf(inner));
}

function stringOf({ type, value, quasis }: Node): readonly string[] {
  if (type === 'TemplateLiteral')
    return [
      (quasis as readonly { readonly value: { readonly raw: string } }[]).map((part) => part.value.raw).join('*'),
    ];
  return type === 'Literal' && typeof value === 'string' ? [value] : [];
}

/** Groups of nodes that lead to each other, each in order (Tarjan's strongly connected components of more than one). */
export function circlesOf(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const [index, low] = [new Map<string, number>(), new Map<string, number>()];
  const [stack, circles]: [string[], string[][]] = [[], []];
  const visit = (node: string): number => {
    const at = index.size;
    index.set(node, at);
    low.set(node, at);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      const reached = index.has(next) ? (stack.includes(next) ? index.get(next)! : at) : visit(next);
      low.set(node, Math.min(low.get(node)!, reached));
    }
    if (low.get(node) === at) circles.push(stack.splice(stack.indexOf(node)));
    return low.get(node)!;
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return circles.filter(({ length }) => length > 1).map((circle) => circle.toSorted());
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

/** The size that this share of the rows does not exceed; 0.5 is the median. */
export function quantile(rows: readonly { readonly lines: number }[], share: number): number {
  const sizes = rows.map(({ lines }) => lines).toSorted((a, b) => a - b);
  return sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))] ?? 0;
}

/** How sizes are spread: `median 9, p90 28, most 51 (of 210)`. */
export function spread(rows: readonly { readonly lines: number }[]): string {
  const [median, p90, most] = [0.5, 0.9, 1].map((share) => quantile(rows, share));
  return `median ${median}, p90 ${p90}, most ${most} (of ${rows.length})`;
}
