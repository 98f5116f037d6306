import { isAlias, isMap, isPair, isScalar, isSeq, type Document, type Node, type Pair } from 'yaml';
import type { Path } from './problem.ts';

export interface LocatedNode {
  /** The pair's key, where the path ends in one. */
  readonly key?: Node;
  readonly value?: Node;
}

/** Offsets in the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The node that an alias stands for, or the node itself. */
export function target(document: Document, node: unknown): Node | undefined {
  return isAlias(node) ? node.resolve(document) : ((node ?? undefined) as Node | undefined);
}

/** Where a path leads in the file; undefined when there is no such key. */
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
  return pair && placeOf(pair);
}

function placeOf(pair: Pair): LocatedNode {
  return { key: pair.key as Node, ...(pair.value ? { value: pair.value as Node } : {}) };
}

/** The characters that the node takes up, without what follows it. */
export function span(node: Node | undefined): Span {
  const [start, end] = node?.range ?? [0, 0];
  return { start, end };
}

/** The path that leads through these nodes, from the document down. */
export function pathOf(nodes: readonly unknown[]): Path {
  return nodes.flatMap((node, index): Path => {
    if (isPair(node)) return [String(isScalar(node.key) ? node.key.value : node.key)];
    return isSeq(node) ? [node.items.indexOf(nodes[index + 1])] : [];
  });
}
