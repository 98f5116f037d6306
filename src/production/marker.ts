import type { MarkerConfig } from '../config/config.ts';
import type { ReleaseAnswer } from '../domain/snapshot.ts';

/** An answer of production, as far as a marker looks at it. */
export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** The release that the answer names, or why it names none. */
export function readMarker(marker: MarkerConfig, received: Received): ReleaseAnswer {
  // A redirect may carry the header of whatever redirects.
  if (received.status < 200 || received.status > 299) return { failed: `HTTP ${received.status}` };
  const release = valueOf(marker, received);
  return release === undefined || release === '' ? { failed: `no release in ${where(marker)}` } : { release };
}

/** The release that any answer names, also one that failed. */
export function releaseIn(marker: MarkerConfig, received: Received): string | undefined {
  return valueOf(marker, received) || undefined;
}

function valueOf({ header, json, regexp }: MarkerConfig, { headers, body }: Received): string | undefined {
  if (header !== undefined) return String(headers[header.toLowerCase()] ?? '');
  if (json !== undefined) return textAt(body, json);
  const found = new RegExp(regexp ?? '', 'm').exec(body);
  return found?.[1] ?? found?.[0];
}

function textAt(body: string, path: string): string | undefined {
  const value = atPath(body, path.split('.'));
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** The value of a JSON text at these keys; undefined where there is none, or where it is not JSON. */
export function atPath(body: string, path: readonly string[]): unknown {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  for (const key of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return value;
}

function where({ header, json, regexp }: MarkerConfig): string {
  if (header !== undefined) return `the header ${header}`;
  return json === undefined ? `what matches ${regexp}` : `the JSON at ${json}`;
}
