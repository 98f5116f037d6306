import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { finished } from '../support/program.ts';
import { scenario, type Rig, type RigOptions } from '../support/rig.ts';

/** Variables of a machine whose clock is that many minutes ahead. */
async function machine(shop: Rig, minutes: number): Promise<Readonly<Record<string, string>>> {
  const file = path.join(shop.folder, `clock${minutes}.mjs`);
  const text = `const [Real, now] = [Date, Date.now];
    globalThis.Date = class extends Real {
      constructor(...all) { super(...(all.length === 0 ? [now() + ${minutes} * 60_000] : all)); }
      static now() { return now() + ${minutes} * 60_000; }
    };`;
  await writeFile(file, text);
  return { NODE_OPTIONS: `--import ${file}` };
}

const WEIGHTED: RigOptions = {
  production: [{ name: 'shop-blue', port: 8080 }],
  test: [{ name: 'shop-green', port: 8080 }],
  weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
};

describe.concurrent('machines whose clocks differ by 10 minutes', () => {
  scenario.for([-10, 10])('the retention is neither skipped nor prolonged (%i min)', async (minutes, { rig }) => {
    const shop = await rig({ ...WEIGHTED, traffic: 'retention: 20s' });
    const other = await machine(shop, minutes);
    await shop.task('up --release 42');
    expect(finished(await shop.start('promote --yes --json', other).ended)).toMatchObject({ code: 'done' });
    const early = finished(await shop.run('cleanup --yes --json'));
    expect(early, early.message).toMatchObject({
      result: 'refused',
      message: expect.stringContaining('it is kept for 20 s'),
    });
    const seen = finished(await shop.start('cleanup --yes --json', other).ended);
    expect(seen, seen.message).toMatchObject({
      result: 'refused',
      message: expect.stringContaining('it is kept for 20 s'),
    });
    const waited = finished(await shop.start('cleanup --wait --yes --json', other).ended);
    expect(waited, waited.message).toMatchObject({ code: 'done' });
    expect(waited['seconds']).toBeLessThan(40);
    const history = await shop.run('history --json');
    expect(history.lines.map(({ verb }) => verb)).toEqual(['cleanup', 'promote', 'up']);
    const times = history.lines.map(({ since }) => Math.abs(Date.parse(String(since)) - Date.now()));
    expect(Math.max(...times)).toBeLessThan(120_000);
  });
});
