import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { open } from '../support/file-store-opener.ts';
import { storeContract } from './store.contract.ts';

/** In memory where there is such a folder: the locks are the same, and a busy disk is not waited for. */
const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const folder = mkdtempSync(join(base, 'turnout-store-'));
let count = 0;

afterAll(() => rmSync(folder, { recursive: true }));

const fresh = async () => join(folder, `state-${++count}`, 'shop.db');

storeContract('file', {
  opener: new URL('../support/file-store-opener.ts', import.meta.url),
  fresh,
});

it('says what kind of store it is', async () => {
  const store = await open(await fresh());
  expect(store.kind).toBe('file');
  await store.close();
});
