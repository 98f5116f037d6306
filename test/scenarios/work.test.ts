import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { poll } from '../support/poll.ts';
import { scenario } from '../support/rig.ts';

/** Keeps the row in a file, and says that work is under way while there is a file `busy`. */
const PROGRAM = `
const fs = require('fs'); const e = process.env; const file = __dirname + '/row.json';
const row = JSON.parse(fs.readFileSync(file, 'utf8'));
const verb = process.argv[2];
if (verb === 'read') console.log(JSON.stringify(row));
if (verb === 'idle') process.exit(fs.existsSync(__dirname + '/busy') ? 1 : 0);
if (verb === 'set') {
  if (row.epoch !== Number(e.TURNOUT_FENCE_BEFORE) || (row.owner || '') !== e.TURNOUT_OWNER_BEFORE) process.exit(3);
  if (row.owner && e.TURNOUT_OWNER) throw new Error('both would work');
  fs.writeFileSync(file, JSON.stringify({ owner: e.TURNOUT_OWNER || null, epoch: Number(e.TURNOUT_FENCE) }));
}
if (verb === 'hook') fs.appendFileSync(__dirname + '/fences', e.TURNOUT_FENCE + ' ');
`;

describe('work that must not run twice', () => {
  scenario('is handed over in a promote that is killed half-way, and back in a rollback', async ({ rig }) => {
    const call = (verb: string) => `[node, owner.cjs, ${verb}]`;
    const owner = `{ read: ${call('read')}, set: ${call('set')}, idle: ${call('idle')} }`;
    const shop = await rig({ config: { owner, hooks: `{ afterTask: [{ run: ${call('hook')}, tasks: [promote] }] }` } });
    const at = (name: string): string => path.join(shop.folder, name);
    await writeFile(at('owner.cjs'), PROGRAM);
    await writeFile(at('row.json'), '{"owner":"41","epoch":7}');
    await writeFile(at('busy'), '');
    const row = async (): Promise<unknown> => JSON.parse(await readFile(at('row.json'), 'utf8'));
    await shop.task('up --release 42');
    const promote = shop.start('promote --yes --json');
    await poll(async () => JSON.stringify(await row()) === '{"owner":null,"epoch":8}', 'nobody works', 15_000);
    promote.kill('SIGKILL');
    await promote.ended;
    expect((await shop.run('status')).stdout).toContain('Work: taken by nobody (epoch 8).');
    expect(shop.where()['shop-production']).toBe('41 × 3');
    await writeFile(at('owner.cjs'), PROGRAM.replace("fs.existsSync(__dirname + '/busy')", 'false'));
    await shop.task('resume');
    expect([await row(), shop.where()['shop-production']]).toEqual([{ owner: '42', epoch: 10 }, '42 × 3']);
    expect(await readFile(at('fences'), 'utf8')).toBe('10 ');
    await shop.task('rollback');
    expect([await row(), shop.where()['shop-production']]).toEqual([{ owner: '41', epoch: 12 }, '41 × 3']);
    await shop.expectNoFailures();
  });
});
