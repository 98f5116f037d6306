import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { OperatorError } from '../errors.ts';
import type { FollowState } from './orders.ts';
import { unpack } from './unpack.ts';

/** Called directly before each operation that changes the disk. */
export type BeforeOperation = (operation: string) => void;

/** What arrived of a bundle. */
export interface ReceivedBundle {
  readonly sha256: string;
  readonly size: number;
}

/**
 * The folder of `turnout follow`: `state.json`, `current` (a link), `releases/<sha256>/` and `incoming/`. Each change is seen whole or
 * not at all, also after a power cut: it is written beside, made durable, and renamed.
 */
export class Disk {
  readonly #folder: string;
  readonly #before: BeforeOperation;

  constructor(folder: string, before: BeforeOperation = () => {}) {
    this.#folder = folder;
    this.#before = before;
  }

  /** @throws OperatorError `follow-state` when the file is not what was written: then it is not known what runs */
  async state(): Promise<FollowState | undefined> {
    const file = this.#path('state.json');
    const text = await readFile(file, 'utf8').catch(absent);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as FollowState;
    } catch (cause) {
      throw new OperatorError('follow-state', `${file} is not valid JSON, so it is not known what runs here.`, {
        next: [`Take this instance out of traffic, delete ${file}, and start \`turnout follow\` again.`],
        cause,
      });
    }
  }

  async remember(state: FollowState): Promise<void> {
    const [file, beside] = [this.#path('state.json'), this.#path('state.json.new')];
    this.#before('make the folder');
    await mkdir(this.#folder, { recursive: true });
    this.#before('write the state');
    await writeDurably(beside, `${JSON.stringify(state, undefined, 2)}\n`);
    this.#before('rename the state');
    await rename(beside, file);
    this.#before('make the state durable');
    await syncFolder(this.#folder);
  }

  async has(sha256: string): Promise<boolean> {
    return (await stat(this.#release(sha256)).catch(absent)) !== undefined;
  }

  /** Writes what arrives, up to `max` bytes, and says what it was. */
  async receive(bytes: AsyncIterable<Uint8Array>, max: number): Promise<ReceivedBundle> {
    await this.#freshIncoming();
    const hash = createHash('sha256');
    let size = 0;
    this.#before('begin the bundle');
    const file = await open(this.#path('incoming/bundle'), 'w');
    try {
      for await (const chunk of bytes) {
        this.#before('write a part of the bundle');
        size += chunk.length;
        if (size > max) break;
        hash.update(chunk);
        await file.write(chunk);
      }
      this.#before('make the bundle durable');
      await file.sync();
    } finally {
      await file.close();
    }
    return { sha256: hash.digest('hex'), size };
  }

  /** Unpacks what was received; it is there once it is whole. */
  async install(sha256: string): Promise<void> {
    const tree = this.#path('incoming/tree');
    this.#before('unpack');
    await unpack(this.#path('incoming/bundle'), tree);
    this.#before('make the release durable');
    await syncTree(tree);
    this.#before('make the folder of releases');
    await mkdir(this.#path('releases'), { recursive: true });
    this.#before('rename the release');
    await rename(tree, this.#release(sha256));
    this.#before('make its name durable');
    await syncFolder(this.#path('releases'));
    await this.clear();
  }

  /** What was left half-way. */
  async clear(): Promise<void> {
    this.#before('clear');
    await rm(this.#path('incoming'), { recursive: true, force: true });
  }

  /** The release that `current` leads to. */
  async current(): Promise<string | undefined> {
    const to = await readlink(this.#path('current')).catch(absent);
    return to === undefined ? undefined : path.basename(to);
  }

  async switchTo(sha256: string): Promise<void> {
    const beside = this.#path('current.new');
    this.#before('remove a link of before');
    await rm(beside, { force: true });
    this.#before('make the link');
    await symlink(path.join('releases', sha256), beside);
    this.#before('rename the link');
    await rename(beside, this.#path('current'));
    this.#before('make the link durable');
    await syncFolder(this.#folder);
  }

  /** Nothing may be started from here. */
  async switchOff(): Promise<void> {
    this.#before('remove the link');
    await rm(this.#path('current'), { force: true });
  }

  /** Removes the oldest releases but `keep`, and never those that are named. */
  async prune(keep: number, needed: readonly string[]): Promise<void> {
    const folder = this.#path('releases');
    const names = (await readdir(folder).catch(absent)) ?? [];
    const dated = await Promise.all(
      names.map(async (name) => ({ name, at: (await stat(path.join(folder, name))).ctimeMs })),
    );
    const others = dated.filter(({ name }) => !needed.includes(name)).toSorted((a, b) => b.at - a.at);
    for (const { name } of others.slice(Math.max(0, keep - needed.length))) {
      // Half a release must never look like a whole one.
      await this.#freshIncoming();
      this.#before('move a release away');
      await rename(path.join(folder, name), this.#path('incoming/removed'));
      await this.clear();
    }
  }

  async #freshIncoming(): Promise<void> {
    await this.clear();
    this.#before('make the folder of what arrives');
    await mkdir(this.#path('incoming'), { recursive: true });
  }

  #path(name: string): string {
    return path.join(this.#folder, name);
  }

  #release(sha256: string): string {
    return this.#path(`releases/${sha256}`);
  }
}

function absent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

async function writeDurably(name: string, text: string): Promise<void> {
  const file = await open(name, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(name: string): Promise<void> {
  const folder = await open(name, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(name);
    else if (entry.isFile()) await syncFolder(name);
  }
  await syncFolder(folder);
}
