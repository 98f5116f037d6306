import type { Tag } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Call } from '../service.ts';
import type { Timeline } from '../timeline.ts';
import { elbv2NotFound } from './errors.ts';
import type { Resource, TextMap } from './model.ts';

/** A resource as Describe operations return it; the catalogue keeps its history. */
export interface CatalogueEntry {
  readonly kind: Resource['kind'];
  readonly arn: string;
  /** Absent for resources without a name. */
  readonly name?: string;
  /** ARN of a listener's load balancer, of a rule's listener, or of the load balancer that uses a group. */
  readonly owner?: string | undefined;
  /** The SDK's shape. */
  readonly shape: object;
  /** As the API returns them. */
  readonly attributes: readonly { readonly Key: string; readonly Value: string }[];
  readonly tags: readonly Tag[];
}

export type Catalogue = Timeline<CatalogueEntry>;

/** Updates the catalogue to the current entries; unchanged entries get no new version. */
export function updateCatalogue(catalogue: Catalogue, now: readonly CatalogueEntry[]): void {
  const gone = new Set(catalogue.values().map(({ arn }) => arn));
  for (const entry of now) {
    gone.delete(entry.arn);
    if (JSON.stringify(entry) !== JSON.stringify(catalogue.get(entry.arn))) catalogue.set(entry.arn, entry);
  }
  for (const arn of gone) catalogue.set(arn, undefined);
}

/** All entries of a kind, as of the time that the call asks for. */
export function entriesOfKind(
  catalogue: Catalogue,
  kind: CatalogueEntry['kind'],
  call: Call | undefined,
): CatalogueEntry[] {
  return catalogue.values(call?.lagMs).filter((entry) => entry.kind === kind);
}

/** The entries with these names or ARNs, in that order. Throws AWS's error if one does not exist. */
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

/** The entry as of the time that the call asks for. Throws AWS's error if it does not exist. */
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

/** The SDK's shapes of entries. */
export function entryShapes(all: readonly CatalogueEntry[]): readonly object[] {
  return all.map(({ shape }) => shape);
}

export function elbTagList(tags: TextMap): Tag[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}
