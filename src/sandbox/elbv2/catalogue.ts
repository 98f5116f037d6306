import type { Tag } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Call } from '../service.ts';
import type { Timeline } from '../timeline.ts';
import { elbv2NotFound } from './errors.ts';
import type { Resource, TextMap } from './model.ts';

/** What describes show of a resource; the catalogue keeps what it was. */
export interface CatalogueEntry {
  readonly kind: Resource['kind'];
  readonly arn: string;
  /** Absent where AWS has none. */
  readonly name?: string;
  /** ARN of a listener's load balancer, of a rule's listener, or of the load balancer that uses a group. */
  readonly owner?: string | undefined;
  /** In the SDK's shape. */
  readonly shape: object;
  /** As the API shows them. */
  readonly attributes: readonly { readonly Key: string; readonly Value: string }[];
  readonly tags: readonly Tag[];
}

export type Catalogue = Timeline<CatalogueEntry>;

/** Makes the catalogue say what is so now; what did not change keeps its past. */
export function updateCatalogue(catalogue: Catalogue, now: readonly CatalogueEntry[]): void {
  const gone = new Set(catalogue.values().map(({ arn }) => arn));
  for (const entry of now) {
    gone.delete(entry.arn);
    if (JSON.stringify(entry) !== JSON.stringify(catalogue.get(entry.arn))) catalogue.set(entry.arn, entry);
  }
  for (const arn of gone) catalogue.set(arn, undefined);
}

/** All of a kind, as old as the call says. */
export function entriesOfKind(
  catalogue: Catalogue,
  kind: CatalogueEntry['kind'],
  call: Call | undefined,
): CatalogueEntry[] {
  return catalogue.values(call?.lagMs).filter((entry) => entry.kind === kind);
}

/** The entries with these names or ARNs, in the order asked for. Throws AWS's error for one that is not there. */
export function entriesNamed(
  all: readonly CatalogueEntry[],
  key: 'arn' | 'name',
  wanted: readonly string[],
  kind: CatalogueEntry['kind'],
): CatalogueEntry[] {
  return wanted.map((name) => {
    const entry = all.find((candidate) => candidate[key] === name);
    if (!entry) throw elbv2NotFound(kind);
    return entry;
  });
}

/** One entry, as old as the call says. Throws AWS's error when there is none. */
export function entryOf(
  catalogue: Catalogue,
  kind: CatalogueEntry['kind'],
  arn: string | undefined,
  call: Call | undefined,
): CatalogueEntry {
  const entry = catalogue.get(arn ?? '', call?.lagMs);
  if (entry?.kind !== kind) throw elbv2NotFound(kind);
  return entry;
}

export function ownedBy(all: readonly CatalogueEntry[], { arn }: CatalogueEntry): readonly CatalogueEntry[] {
  return all.filter(({ owner }) => owner === arn);
}

/** What an answer says of them. */
export function entryShapes(all: readonly CatalogueEntry[]): readonly object[] {
  return all.map(({ shape }) => shape);
}

export function tagList(tags: TextMap): Tag[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}
