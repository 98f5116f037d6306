/** Where an answer of production names its release. Pure. */

export interface MarkerSeen {
  readonly kind: 'header' | 'json';
  readonly key: string;
  readonly value: string;
}

const NAMES = /^(?:x-)?(?:[\w-]*-)?(?:release|version|revision|commit|sha|build)$/i;

/** Everything in an answer that looks like a release: `x-release`, `release`. */
export function markersIn(headers: Readonly<Record<string, unknown>>, body: string): readonly MarkerSeen[] {
  return [
    ...Object.entries(headers).map(([key, value]) => ({ kind: 'header' as const, key, value: String(value) })),
    ...Object.entries(parsed(body)).map(([key, value]) => ({ kind: 'json' as const, key, value: String(value) })),
  ].filter(({ key }) => NAMES.test(key));
}

/** The release that is known decides. */
export function markerFor(all: readonly MarkerSeen[], release: string | undefined): MarkerSeen | undefined {
  return all.find(({ value }) => value === release) ?? all[0];
}

function parsed(body: string): object {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
