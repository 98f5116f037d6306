import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { storeContract } from './store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnout-store-'));
let count = 0;

afterAll(() => rmSync(folder, { recursive: true }));

storeContract('file', {
  opener: new URL('../support/file-store-opener.ts', import.meta.url),
  fresh: async () => join(folder, `state-${++count}`, 'shop.db'),
});
