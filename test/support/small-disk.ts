import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A file system of its own in a folder, so small that it is soon full. */
export interface SmallDisk extends Disposable {
  fill(): void;
  empty(): void;
  grow(bytes: number): void;
}

/** Undefined where this user may not mount one. */
export function mountSmallDisk(folder: string, bytes: number): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'turnout-test', folder]);
  if (status !== 0) return undefined;
  const ballast = join(folder, 'ballast');
  return {
    fill: () => fill(ballast),
    empty: () => rmSync(ballast, { force: true }),
    grow: (size) => void spawnSync('mount', ['-o', `remount,size=${size}`, folder]),
    [Symbol.dispose]: () => void spawnSync('umount', ['-l', folder]),
  };
}

function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (;;) writeSync(file, Buffer.alloc(1024));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}
