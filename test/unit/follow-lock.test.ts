import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockFolder } from '../../src/follow/lock.ts';
import { OperatorError } from '../../src/errors.ts';
import { expectAdvice } from '../support/expect-advice.ts';
import { freshFolder } from '../support/follow-world.ts';

const SCRIPT = `
const { lockFolder } = await import(process.argv[1]);
globalThis.lock = lockFolder(process.argv[2]);
console.log('locked');
setInterval(() => {}, 1000);
`;

/** A process of its own that has the lock. */
async function holder(folder: string): Promise<ChildProcess> {
  const module = path.resolve(import.meta.dirname, '../../src/follow/lock.ts');
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, module, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  expect(String((await once(child.stdout, 'data'))[0])).toBe('locked\n');
  return child;
}

function tryLock(folder: string): Disposable | OperatorError {
  try {
    return lockFolder(folder);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
}

test('a second one on the same folder says so and ends; after kill -9 of the first there is nothing to clear', async () => {
  const folder = freshFolder();
  const first = await holder(folder);
  const second = tryLock(folder);
  expect(second).toMatchObject({ code: 'follow-locked', message: `Another \`turnout follow\` works in ${folder}.` });
  expectAdvice(second as OperatorError);
  tryLockOther();
  first.kill('SIGKILL');
  await once(first, 'exit');
  // The file that it has left is that of a machine that was rebooted, whichever process has its pid now.
  (tryLock(folder) as Disposable)[Symbol.dispose]();
  await holder(folder);
});

/** Another app on the same machine has a folder of its own. */
function tryLockOther(): void {
  const other = tryLock(freshFolder());
  expect(other).not.toBeInstanceOf(OperatorError);
  (other as Disposable)[Symbol.dispose]();
}

test('a folder that cannot be one is named', () => {
  const file = path.join(freshFolder(), 'file');
  writeFileSync(file, '');
  const error = tryLock(path.join(file, 'folder'));
  expect(error).toMatchObject({ code: 'follow-state', message: expect.stringContaining('lock cannot be used') });
  expectAdvice(error as OperatorError);
});
