import type { MarkerConfig } from '../config/config.ts';
import type { Instance } from '../domain/snapshot.ts';
import type { FetchOptions } from './fetch.ts';

/** How a fleet is asked for its release that has none of production's traffic yet. */
export interface TrialRequests {
  /** For people. */
  readonly at: string;
  readonly requests: readonly Omit<FetchOptions, 'timeoutMs' | 'lookup'>[];
}

/** Answers of several instances behind one URL: as many as are asked for at a time. */
const ANSWERS = 25;

/** Where a fleet is asked that no URL was found for. */
export const TEST_ROUTE = 'the test route';

/** Where `marker.green` says: at each instance, or at a URL; or else at a listener, with the path and the host of production's URL. */
export async function trialRequests(
  { url, green, answers }: MarkerConfig,
  routes: () => Promise<readonly string[]>,
  instances: readonly Pick<Instance, 'address'>[],
): Promise<TrialRequests> {
  const several = (one: TrialRequests['requests'][number]): TrialRequests['requests'] =>
    Array.from({ length: Math.min(ANSWERS, answers) }, () => one);
  if (green?.includes('{address}')) {
    const addresses = instances.flatMap(({ address }) => address ?? []);
    return { at: green, requests: addresses.map((address) => ({ url: green.replaceAll('{address}', address) })) };
  }
  if (green !== undefined) return { at: green, requests: several({ url: green }) };
  const found = (await routes()).map((route) => alike(url, route));
  const [at] = found.toSorted((a, b) => likeness(b, url) - likeness(a, url));
  if (at === undefined) return { at: TEST_ROUTE, requests: [] };
  return { at, requests: several({ url: at, host: new URL(url).host }) };
}

/** The same URL at that listener. Network load balancers say how they are reached, and not what is spoken there. */
function alike(url: string, route: string): string {
  const asked = new URL(url);
  const { protocol, host, hostname, port } = new URL(route);
  const scheme = { 'tcp:': asked.protocol, 'tls:': 'https:' }[protocol] ?? protocol;
  return `${scheme}//${port === '' ? hostname : host}${asked.pathname}${asked.search}`;
}

/** A listener of the same protocol does not redirect to another one. */
function likeness(one: string, other: string): number {
  return new URL(one).protocol === new URL(other).protocol ? 1 : 0;
}
