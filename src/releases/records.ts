import { OperatorError } from '../errors.ts';
import { defined } from '../domain/defined.ts';

/** The objects of a pull deploy, as JSON in a bucket: `BucketOfReleases` says where each lies. */

/** A release and the bundle that is its content: never another one. */
export interface Release {
  readonly release: string;
  /** Of the bundle, in hex. */
  readonly sha256: string;
  /** Of the bundle, in bytes. */
  readonly size: number;
  /** Ed25519 over `signedText`, in base64; absent: not signed. */
  readonly signature?: string;
}

/** Release that an instance boots which runs none yet. */
export interface Pointer extends Release {
  /** Grows by one with each move: an older pointer is never followed again. */
  readonly number: number;
  /** ISO time. */
  readonly at: string;
  readonly by: string;
  /** The moves before, newest first. */
  readonly history: readonly PastPointer[];
}

type PastPointer = Omit<Pointer, 'history' | 'size' | 'signature'>;

/** What one instance may change to. */
export interface Permit extends Release {
  /** Grows by one with each permit of this instance. */
  readonly number: number;
  /** Of the deploy that gave it. */
  readonly token: string;
  readonly at: string;
  readonly state: 'given' | 'withdrawn';
}

/** How an instance fares with its last order. */
export interface OrderProgress {
  readonly kind: 'permit' | 'pointer';
  readonly number: number;
  readonly state: 'working' | 'done' | 'failed';
  readonly why?: string;
  /** The last lines of the program that failed. */
  readonly output?: readonly string[];
}

/** What an instance says of itself: no proof. */
export interface FollowReport {
  readonly instance: string;
  /** What it last saw answering; absent: nothing yet. */
  readonly runs?: Release;
  readonly progress?: OrderProgress;
  /** What keeps it from following at all. */
  readonly problem?: string;
  /** Id of the key that releases must be signed with there; absent: none. */
  readonly key?: string;
  /** It reports again within this time. */
  readonly everyMs: number;
}

/** Moves that are kept in the pointer. */
const HISTORY_MAX = 50;

export function nextPointer(
  { release, sha256, size, signature }: Release,
  before: Pointer | undefined,
  made: Pick<Pointer, 'at' | 'by'>,
): Pointer {
  const history = before === undefined ? [] : [past(before), ...before.history].slice(0, HISTORY_MAX);
  return { number: (before?.number ?? 0) + 1, release, sha256, size, ...defined({ signature }), ...made, history };
}

function past({ number, release, sha256, at, by }: Pointer): PastPointer {
  return { number, release, sha256, at, by };
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isNumber: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isSha: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

const RELEASE = { release: isText, sha256: isSha, size: isNumber };
const SHAPES = {
  release: RELEASE,
  pointer: { ...RELEASE, number: isNumber, at: isText, by: isText, history: Array.isArray },
  permit: { ...RELEASE, number: isNumber, token: isText, state: isText },
  report: { instance: isText, everyMs: isNumber },
} satisfies Record<string, Readonly<Record<string, Check>>>;

interface Shapes {
  readonly release: Release;
  readonly pointer: Pointer;
  readonly permit: Permit;
  readonly report: FollowReport;
}

/** @throws OperatorError `not-ours` when the object was not written by turnout */
export function parseRecord<K extends keyof Shapes>(kind: K, text: string, key: string): Shapes[K] {
  const value = parsed(text);
  const wrong = Object.entries(SHAPES[kind]).find(([name, check]) => !check(value[name]));
  if (wrong === undefined) return value as unknown as Shapes[K];
  throw new OperatorError('not-ours', `The object ${key} is not a ${kind} that turnout wrote: see its ${wrong[0]}.`, {
    next: ['Only turnout may write there: check who did, and restore the version before.'],
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
