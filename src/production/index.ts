import type { MarkerConfig } from '../config/config.ts';
import { fetchOnce, wordsOf } from './fetch.ts';
import { lookupAt } from './lookup.ts';
import { readMarker } from './marker.ts';
import type { ReleaseAnswer } from '../domain/snapshot.ts';
import type { ProductionPort } from './production.ts';

/** Connections at a time. */
const AT_ONCE = 25;

/** Production at the marker's URL. */
export function createProduction(marker: MarkerConfig): ProductionPort {
  const { url, answers: wanted, timeoutMs, nameServers } = marker;
  const lookup = nameServers && { lookup: lookupAt(nameServers) };
  const one = async (): Promise<ReleaseAnswer> =>
    fetchOnce({ url, timeoutMs, ...lookup }).then(
      (received) => readMarker(marker, received),
      (error: unknown) => ({ failed: wordsOf(error) }),
    );
  const ask: ProductionPort['ask'] = async () => Promise.all(Array.from({ length: Math.min(AT_ONCE, wanted) }, one));
  return { verification: { by: 'marker', url, wanted }, ask };
}
