import { visit, type Document, type LineCounter, type Node, type YAMLError, type YAMLWarning } from 'yaml';
import { showPath, type Problem } from './problem.ts';
import { pathOf, span, type Span } from './tree.ts';

/** Mistakes in the YAML syntax; `readable` when the data can be validated anyway. */
export function syntaxProblems(
  document: Document,
  lines: LineCounter,
  text: string,
): { problems: readonly Problem[]; readable: boolean } {
  const errors = firstOfLine(lines, [...document.errors, ...document.warnings]);
  const aliases = badAliases(document).map((place) => ({ ...place, key: '', message: NO_ANCHOR }));
  return {
    problems: [...errors.map((error) => describeSyntax(error, document, text)), ...aliases],
    readable: aliases.length === 0 && errors.every(({ code }) => code === 'DUPLICATE_KEY'),
  };
}

const NO_ANCHOR = 'expected an alias of an anchor above it; found an alias without an anchor, or inside its own anchor';

/** One mistake causes several parser errors; the first one is the most useful. */
function firstOfLine<T extends YAMLError | YAMLWarning>(lines: LineCounter, errors: readonly T[]): readonly T[] {
  const line = ({ pos }: T) => lines.linePos(pos[0]).line;
  return errors.filter((error, index) => errors.findIndex((other) => line(other) === line(error)) === index);
}

/** The message of the parser, except for the most frequent mistakes. */
function describeSyntax(error: YAMLError | YAMLWarning, document: Document, text: string): Problem {
  const [start, end] = error.pos;
  if (error.code === 'DUPLICATE_KEY') {
    return { ...placeOfKey(document, start), message: 'expected each key once; found this one again' };
  }
  return { start, end, key: '', message: hint(error, text) };
}

function hint({ code, message, pos: [start] }: YAMLError | YAMLWarning, text: string): string {
  if (code === 'TAB_AS_INDENT') return 'expected spaces; found a tab';
  if (code === 'MULTIPLE_DOCS') return 'expected one document; found another one after ---';
  if (message.includes('call stack'))
    return 'expected 2 to 4 levels of nesting, as in the examples; found far too many';
  // In a flow collection the brace of ${NAME} would open a map.
  if (text.slice(0, start + 1).endsWith('${'))
    return "expected quotes around ${…} inside { } and [ ], such as '${NAME}'; found none";
  return `expected valid YAML; found: ${message}`;
}

/** The key at this offset. */
function placeOfKey(document: Document, start: number): Span & { readonly key: string } {
  let place = { start, end: start, key: '' };
  visit(document, {
    Pair: (_, pair, ancestors) => {
      const found = span(pair.key as Node);
      if (found.start === start) place = { ...found, key: showPath(pathOf([...ancestors, pair])) };
    },
  });
  return place;
}

/** Aliases without an anchor, or inside their own anchor. */
function badAliases(document: Document): readonly Span[] {
  const found: Span[] = [];
  visit(document, {
    Alias: (_, alias, ancestors) => {
      const node = alias.resolve(document);
      if (!node || ancestors.includes(node)) found.push(span(alias));
    },
  });
  return found;
}
