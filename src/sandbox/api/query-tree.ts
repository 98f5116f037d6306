/** A query string with dotted keys as a tree: `Tag.1.Key=a` is the value at Tag -> 1 -> Key. */
export interface QueryNode {
  readonly value?: string;
  readonly children: ReadonlyMap<string, QueryNode>;
}

interface Draft {
  value?: string;
  children: Map<string, Draft>;
}

/** Deeper than any AWS request; limits the memory that a client can use. */
const DEPTH_MAX = 20;

export function queryTree(params: Iterable<readonly [string, string]>): QueryNode {
  const root: Draft = { children: new Map() };
  for (const [key, value] of params) {
    let node = root;
    for (const part of key.split('.', DEPTH_MAX)) node = childOf(node, part);
    node.value = value;
  }
  return root;
}

function childOf(node: Draft, key: string): Draft {
  const found = node.children.get(key);
  if (found) return found;
  const child: Draft = { children: new Map() };
  node.children.set(key, child);
  return child;
}

/** The children with numeric keys, in order: the members of a list. */
export function numbered(node: QueryNode): readonly QueryNode[] {
  return [...node.children]
    .filter(([key]) => /^\d+$/.test(key))
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
}
