import type { MarkerConfig } from '../config/config.ts';
import { fetchOnce, wordsOf, type FetchOptions } from './fetch.ts';
import { lookupAt } from './lookup.ts';
import { readMarker } from './marker.ts';
import type { ReleaseAnswer } from '../domain/snapshot.ts';
import type { ProductionPort } from './production.ts';
import { TEST_ROUTE, trialRequests } from './trial.ts';

/** Connections at a time. */
const AT_ONCE = 25;
/** One request may fail for a reason that says nothing of a fleet. */
const ATTEMPTS = 3;

/** Production at the marker's URL. */
export function createProduction(marker: MarkerConfig): ProductionPort {
  const { url, answers: wanted, timeoutMs, nameServers } = marker;
  const lookup = nameServers && { lookup: lookupAt(nameServers) };
  const one = async (options: Pick<FetchOptions, 'url' | 'host'>): Promise<ReleaseAnswer> =>
    fetchOnce({ ...options, timeoutMs, ...lookup }).then(
      (received) => readMarker(marker, received),
      (error: unknown) => ({ failed: wordsOf(error) }),
    );
  const persistently = async (options: Pick<FetchOptions, 'url' | 'host'>): Promise<ReleaseAnswer> => {
    let answer = await one(options);
    for (let n = 1; n < ATTEMPTS && 'failed' in answer; n += 1) answer = await one(options);
    return answer;
  };
  return {
    verification: { by: 'marker', url, wanted },
    ask: async () => Promise.all(Array.from({ length: Math.min(AT_ONCE, wanted) }, async () => one({ url }))),
    askGreen: async (routes, instances) => {
      const production = one({ url });
      const asked = await trialRequests(marker, routes, instances).catch((error: unknown) => wordsOf(error));
      const answers = typeof asked === 'string' ? [{ failed: asked }] : await inChunks(asked.requests, persistently);
      const at = typeof asked === 'string' ? TEST_ROUTE : asked.at;
      return { at, answers: answers.length > 0 ? answers : [NOWHERE], production: await production };
    },
  };
}

const NOWHERE: ReleaseAnswer = { failed: 'no listener leads to it and to nothing else' };

async function inChunks<T, R>(all: readonly T[], each: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE)
    results.push(...(await Promise.all(all.slice(from, from + AT_ONCE).map(each))));
  return results;
}
