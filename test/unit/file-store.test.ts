import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { storeError } from '../../src/stores/file-errors.ts';
import { openFileStore } from '../../src/stores/file.ts';
import type { Processes } from '../../src/stores/processes.ts';
import type { Store } from '../../src/stores/store.ts';
import { killNow, lineOf, startChild } from '../support/children.ts';
import { entry, goal, holder, leaseOf, recordedIn } from '../support/store-samples.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const OPENER = new URL('../support/file-store-opener.ts', import.meta.url);
const MINUTE = 60_000;

let folder: string;
let path: string;
const opened: Store[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnout-file-'));
  path = join(folder, '.turnout', 'shop.db');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
  rmSync(folder, { recursive: true });
});

const open = (options: { clock?: VirtualClock; processes?: Processes } = {}): Store => {
  const store = openFileStore(path, { environment: 'shop', clock: systemClock, ...options });
  opened.push(store);
  return store;
};

/** Processes that a test can end. */
const mortals = (): Processes & { readonly gone: Set<number> } => {
  const gone = new Set<number>();
  return {
    gone,
    identify: (pid) => ({ host: 'desk', boot: 'b', namespace: 'n', pid }),
    hasEnded: ({ pid }) => gone.has(pid),
  };
};

describe('the lease in a file', () => {
  it('expires by the clock, to the millisecond', async () => {
    const clock = new VirtualClock();
    const store = open({ clock });
    leaseOf(await store.acquire(holder('r1'), MINUTE));
    clock.jump(MINUTE - 1);
    expect((await store.held())?.holder.run).toBe('r1');
    clock.jump(1);
    expect(await store.held()).toBeUndefined();
    leaseOf(await store.acquire(holder('r2'), MINUTE));
  });

  it('can be renewed late if no other run has acquired it', async () => {
    const clock = new VirtualClock();
    const store = open({ clock });
    const lease = leaseOf(await store.acquire(holder('r1'), MINUTE));
    clock.jump(2 * MINUTE);
    expect(await store.renew(lease, MINUTE, '')).toBe(true);
  });

  it('is free at once when the process of its holder has ended', async () => {
    const processes = mortals();
    const store = open({ processes });
    const old = leaseOf(await store.acquire(holder('r1', { pid: 7 }), MINUTE));
    expect(await store.acquire(holder('r2', { pid: 8 }), MINUTE)).toHaveProperty('heldBy');
    processes.gone.add(7);
    expect(await store.held()).toBeUndefined();
    expect(leaseOf(await store.acquire(holder('r2', { pid: 8 }), MINUTE)).fence).toBe(old.fence + 1);
  });

  it('that was taken over lasts until its former holder has ended', async () => {
    const processes = mortals();
    const store = open({ processes });
    const old = leaseOf(await store.acquire(holder('r1', { pid: 7 }), MINUTE));
    await store.takeOver(holder('r9', { pid: 9 }), MINUTE, old);
    processes.gone.add(9);
    expect(await store.acquire(holder('r2', { pid: 8 }), MINUTE)).toHaveProperty('heldBy.holder.run', 'r9');
    processes.gone.add(7);
    expect(leaseOf(await store.acquire(holder('r2', { pid: 8 }), MINUTE)).fence).toBe(old.fence + 2);
  });

  it('is free at once after kill -9, whatever its time to live', async () => {
    const child = startChild(OPENER, path, 'hold', String(60 * MINUTE));
    const fence = Number(await lineOf(child));
    const store = open();
    expect(await store.acquire(holder('r2'), MINUTE)).toHaveProperty('heldBy');
    await killNow(child);
    expect(leaseOf(await store.acquire(holder('r2'), MINUTE)).fence).toBe(fence + 1);
  });

  it('is lost when the file is removed under it', async () => {
    const store = open();
    const lease = leaseOf(await store.acquire(holder('r1'), MINUTE));
    rmSync(path);
    expect(await store.renew(lease, MINUTE, '')).toBe(false);
    await expect(store.putGoal(lease, goal('r1'))).rejects.toMatchObject({ code: 'store-replaced', exitCode: 5 });
    leaseOf(await open().acquire(holder('r2'), MINUTE));
    expect(await store.renew(lease, MINUTE, '')).toBe(false);
  });
});

describe('the file of a store', () => {
  it('is readable by its owner only, as is its folder', () => {
    open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, '.turnout')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, '.turnout'))).toEqual(['shop.db']);
  });

  it('holds whole records after kill -9 at any moment', { timeout: 30_000 }, async () => {
    let last = 0;
    for (const ms of [0, 3, 11, 30, 60]) {
      const child = startChild(OPENER, path, 'write', String(MINUTE));
      last = Number(await lineOf(child));
      // Where the kill lands is left to chance; the assertions hold for every moment.
      await systemClock.sleep(ms);
      await killNow(child);
      const recorded = await recordedIn(open());
      expect([undefined, goal(recorded?.goal.run ?? '', recorded?.stepsDone)]).toContainEqual(recorded);
      expect((await open().history(5)).length).toBeLessThanOrEqual(1);
    }
    expect(last).toBe(5);
    expect((await recordedIn(open()))?.goal.run).toBe('writer-5');
  });

  it('keeps the newest thousand runs', async () => {
    const store = open();
    const time = (index: number) => new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString();
    await store.log(entry('first', time(0)));
    const database = new DatabaseSync(path);
    const insert = database.prepare("INSERT INTO journal (environment, run, since, entry) VALUES ('shop', ?, ?, '{}')");
    database.exec('BEGIN');
    for (let index = 1; index < 1000; index++) insert.run(`r${index}`, time(index));
    database.exec('COMMIT');
    database.close();
    expect((await store.history(2000)).at(-1)).toMatchObject({ run: 'first' });
    await store.log(entry('last', time(1000)));
    const history = await store.history(2000);
    expect(history).toHaveLength(1000);
    expect(history[0]).toMatchObject({ run: 'last' });
    expect(history.at(-1)).toMatchObject({ outcome: 'unreadable' });
  });
});

describe('the id of a file', () => {
  it('is not that of a copy, such as a restored cache has; a file that was moved keeps it', async () => {
    const id = await open().id();
    expect(open().place).toContain(path);
    cpSync(path, `${path}.copy`);
    renameSync(path, `${path}.moved`);
    const idAt = async (where: string): Promise<string> => {
      const store = openFileStore(where, { environment: 'shop', clock: systemClock });
      opened.push(store);
      return store.id();
    };
    expect(await idAt(`${path}.moved`)).toBe(id);
    const copied = await idAt(`${path}.copy`);
    expect(copied).not.toBe(id);
    expect(await idAt(`${path}.copy`)).toBe(copied);
  });
});

describe('a file of version 1', () => {
  it('is brought up to date, with all that it has', async () => {
    const store = open();
    await store.putGoal(leaseOf(await store.acquire(holder('r1'), MINUTE)), goal('r1'));
    const older = new DatabaseSync(path);
    older.exec(
      'DROP TABLE queue; DROP TABLE identity; DROP TABLE fact; ALTER TABLE lease DROP COLUMN next; PRAGMA user_version = 1',
    );
    older.close();
    const updated = open();
    expect(await updated.goal()).toEqual(goal('r1'));
    expect((await updated.held())?.holder.run).toBe('r1');
    await updated.acquire(holder('r2'), MINUTE, MINUTE);
    expect((await updated.queue()).map(({ run }) => run)).toEqual(['r2']);
    expect(await updated.id()).toMatch(/^\w{10}$/);
  });
});

describe('a file that is not a store', () => {
  const codeOf = (work: () => unknown): unknown => {
    try {
      work();
    } catch (error) {
      expect((error as Error).message).toContain(path);
      return (error as { code: string }).code;
    }
    return 'none';
  };
  const write = (content: string | Uint8Array) => {
    mkdirSync(join(folder, '.turnout'));
    writeFileSync(path, content);
  };

  it('of another kind', () => {
    write('Dear diary, '.repeat(100));
    expect(codeOf(open)).toBe('store-foreign');
  });

  it('of another program', () => {
    mkdirSync(join(folder, '.turnout'));
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE diary (day TEXT)');
    other.close();
    expect(codeOf(open)).toBe('store-foreign');
  });

  it('of a newer turnout', () => {
    open();
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 5');
    newer.close();
    expect(codeOf(open)).toBe('store-newer');
  });

  it('that is cut off, or damaged in the middle', async () => {
    const store = open();
    for (let index = 100; index < 200; index++) await store.log(entry(`r${index}`, `2026-01-01T00:00:00.${index}Z`));
    const whole = readFileSync(path);
    writeFileSync(path, whole.fill(0, 4096));
    // A handle of its own: the first one has the pages in its cache.
    await expect(open().history(100)).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringContaining(path),
    });
    truncateSync(path, 8192);
    expect(codeOf(open)).toBe('store-corrupt');
  });

  it('with a record that cannot be read', async () => {
    const store = open();
    const database = new DatabaseSync(path);
    database.exec("INSERT INTO goal VALUES ('shop', '{')");
    database.close();
    expect(await store.goal()).toEqual({ unreadable: expect.stringContaining('It is damaged.') as string });
  });

  it('that is a folder, or lies where no folder can be', () => {
    mkdirSync(path, { recursive: true });
    expect(codeOf(open)).toBe('store-unwritable');
    path = join(folder, 'file', 'shop.db');
    writeFileSync(join(folder, 'file'), '');
    expect(codeOf(open)).toBe('store-unwritable');
  });

  it('that another process has locked, on a full disk, or read-only', () => {
    const of = (errcode: number) => storeError(path, Object.assign(new Error('x'), { errcode })).code;
    expect([5, 517, 13, 8, 1032, 266, 1].map(of)).toEqual([
      'store-busy',
      'store-busy',
      'store-full',
      'store-unwritable',
      'store-unwritable',
      'store-failed',
      'store-failed',
    ]);
    expect(storeError(path, Object.assign(new Error('x'), { code: 'ENOSPC' })).code).toBe('store-full');
  });
});

describe('loading SQLite', () => {
  it('prints no warning of its own, and leaves those of others alone', async () => {
    const script = `
      import { openFileStore } from '${new URL('../../src/stores/file.ts', import.meta.url).href}';
      const clock = { now: Date.now, monotonic: () => 0 };
      await openFileStore(${JSON.stringify(path)}, { environment: 'shop', clock }).close();
      process.emitWarning('mine', 'ExperimentalWarning');`;
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(stderr).toContain('ExperimentalWarning: mine');
    expect(stderr).not.toContain('SQLite');
    expect(existsSync(path)).toBe(true);
  });

  it('happens only when a store is opened', async () => {
    const script = `
      import '${new URL('../../src/stores/file.ts', import.meta.url).href}';
      console.log(process.moduleLoadList.some((name) => name.includes('sqlite')));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('false');
  });
});
