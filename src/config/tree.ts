import { isAlias, isMap, isPair, isScalar, isSeq, type Document, type Node } from 'yaml';
import type { Path } from './problem.ts';

export interface LocatedNode {
  /** Key of the pair, if the path ends in a key. */
  readonly key?: Node;
  readonly value?: Node;
}

/** Offsets in the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The node that an alias refers to, or the node itself. */
export function target(document: Document, node: unknown): Node | undefined {
  return isAlias(node) ? node.resolve(document) : ((node ?? undefined) as Node | undefined);
}

/** The node at a path; undefined when the key does not exist. */
export function locate(document: Document, path: Path): LocatedNode | undefined {
  let place: LocatedNode = document.contents ? { value: document.contents } : {};
  for (const part of path) {
    const next = step(target(document, place.value), part);
    if (!next) return undefined;
    place = next;
  }
  return place;
}

function step(node: Node | undefined, part: PropertyKey): LocatedNode | undefined {
  if (isSeq(node))
    return typeof part === 'number' && node.items[part] ? { value: node.items[part] as Node } : undefined;
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
  return pair && { key: pair.key as Node, ...(pair.value ? { value: pair.value as Node } : {}) };
}

/** The characters of the node, without what follows it. */
export function span(node: Node | undefined): Span {
  const [start, end] = node?.range ?? [0, 0];
  return { start, end };
}

/** The path of the last of these nodes, which are nested from the document down. */
export function pathOf(nodes: readonly unknown[]): Path {
  return nodes.flatMap((node, index): Path => {
    if (isPair(node)) return [String(isScalar(node.key) ? node.key.value : node.key)];
    return isSeq(node) ? [node.items.indexOf(nodes[index + 1])] : [];
  });
}
