import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { systemClock, type Clock } from '../../src/clock.ts';
import { Disk, type BeforeOperation } from '../../src/follow/disk.ts';
import { Follower, type FollowerOptions } from '../../src/follow/follower.ts';
import type { Host } from '../../src/follow/host.ts';
import { BucketOfReleases } from '../../src/releases/bucket.ts';
import type { Release } from '../../src/releases/records.ts';
import { MemoryObjects } from './memory-objects.ts';

/** The instance of these tests. */
export const FOLLOWED = 'i-1';

/** A folder of its own for a test. */
export function freshFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'turnout-follow-'));
}

interface Bundle {
  readonly bytes: Buffer;
  readonly content: Release;
}

const made = new Map<string, Bundle>();

/**
 * An archive with one file, `app/release`, that says which release it is: the same one for each call.
 * @param ballast bytes of another file in it
 */
export function bundleOf(release: string, ballast = 0): Bundle {
  const key = `${release} ${ballast}`;
  const bundle = made.get(key) ?? newBundle(release, ballast);
  made.set(key, bundle);
  return bundle;
}

function newBundle(release: string, ballast: number): Bundle {
  const folder = freshFolder();
  mkdirSync(path.join(folder, 'app'));
  if (ballast > 0) writeFileSync(path.join(folder, 'app/ballast'), Buffer.alloc(ballast, 1));
  writeFileSync(path.join(folder, 'app/release'), release);
  return archived(folder, release);
}

/** What lies in a folder, as a bundle: not compressed, so that bundles of one file have the same size. */
export function archived(folder: string, release: string, more: readonly string[] = []): Bundle {
  const archive = `${folder}.tar`;
  execFileSync('tar', ['-cf', archive, '-C', folder, ...more, '.'], { stdio: 'ignore' });
  const bytes = readFileSync(archive);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { bytes, content: { release, sha256, size: bytes.length } };
}

export type AppFate = 'succeed' | 'fail' | 'hang' | 'sick';

/** The app of one instance: it runs what `current` holds when it is restarted. */
export class FollowedApp implements Host {
  readonly #folder: string;
  /** Releases that restarts have begun with, in order. */
  readonly begun: string[] = [];
  fate: AppFate = 'succeed';
  /** Releases that never answer. */
  readonly sick = new Set<string>();
  /** What it answers with. */
  answers: string | undefined;
  readonly #before: BeforeOperation;

  constructor(folder: string, before: BeforeOperation = () => {}) {
    this.#folder = folder;
    this.#before = before;
  }

  async restart({ release }: Release): ReturnType<Host['restart']> {
    this.#before('restart');
    this.begun.push(release);
    if (this.fate === 'hang') await new Promise(() => {});
    if (this.fate === 'fail') return { says: 'restart: exit code 7', output: ['boom 7'] };
    this.answers = readFileSync(path.join(this.#folder, 'current/app/release'), 'utf8');
    this.#before('after the restart');
    return { says: 'ok', output: [] };
  }

  async isUp(): Promise<boolean> {
    return this.answers !== undefined;
  }

  async ask({ release }: Release): Promise<string> {
    this.#before('ask the app');
    if (this.answers === undefined) return 'connection refused';
    if (this.sick.has(this.answers)) return 'answered 503';
    return this.answers === release ? 'ok' : `answered without ${release}`;
  }
}

/** A follower on a folder, as a process that starts there. */
export function openFollower(
  options: Pick<FollowerOptions, 'instance' | 'bucket'> & Partial<FollowerOptions>,
  folder: string,
  app: FollowedApp,
  clock: Clock,
  before?: BeforeOperation,
): Follower {
  const disk = new Disk(folder, before);
  return new Follower({ disk, host: app, clock, keep: 2, withinMs: 0, everyMs: 60_000, tell: () => {}, ...options });
}

/** Puts a release into the bucket. */
export async function published(bucket: BucketOfReleases, release: string): Promise<Release> {
  const { bytes, content } = bundleOf(release);
  await bucket.publish(content, bytes);
  return content;
}

/** A pair of Ed25519 keys in PEM. */
export function signingKeys() {
  const { publicKey: pub, privateKey } = generateKeyPairSync('ed25519');
  const pem = (key: typeof pub, type: 'spki' | 'pkcs8') => key.export({ type, format: 'pem' }).toString();
  return { pub: pem(pub, 'spki'), key: pem(privateKey, 'pkcs8') };
}

/** An instance that runs 41, and is permitted to run a bundle. */
export async function permitted(
  bundle: ReturnType<typeof bundleOf>,
  change: { readonly signedBy?: string; readonly objects?: MemoryObjects } = {},
) {
  const objects = change.objects ?? new MemoryObjects();
  const bucket = new BucketOfReleases(objects, 'shop');
  const folder = freshFolder();
  const app = new FollowedApp(folder);
  await bucket.movePointer(await published(bucket, '41'), undefined, { at: 'now', by: 'me' });
  const first = openFollower({ instance: FOLLOWED, bucket }, folder, app, systemClock);
  await first.start();
  await first.look();
  expect([app.answers, first.runs?.release]).toEqual(['41', '41']);
  await bucket.publish(bundle.content, bundle.bytes);
  await bucket.givePermit(FOLLOWED, { ...bundle.content, number: 1, token: 't', at: 'now', state: 'given' }, undefined);
  const signedBy = change.signedBy === undefined ? {} : { signedBy: change.signedBy };
  const follower = openFollower({ instance: FOLLOWED, bucket, ...signedBy }, folder, app, systemClock);
  await follower.start();
  const report = async () => (await bucket.report(FOLLOWED))?.value;
  return { objects, bucket, folder, app, follower, report };
}
