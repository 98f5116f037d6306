import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { followProblem } from '../../src/domain/following.ts';
import { pullState } from '../../src/releases/state.ts';
import { followIn } from '../support/follow-process.ts';
import { published } from '../support/follow-world.ts';
import { poll } from '../support/poll.ts';
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

/** Variables of a machine whose clock is ahead by the minutes in a file, which change while programs run; and what sets it. */
async function jumpingClock({ folder }: Rig) {
  const [minutes, code] = ['minutes', 'jump.mjs'].map((name) => path.join(folder, name)) as [string, string];
  const text = `import fs from 'node:fs';
    const [Real, now] = [Date, Date.now];
    const late = () => now() + Number(fs.readFileSync('${minutes}', 'utf8')) * 60_000;
    globalThis.Date = class extends Real {
      constructor(...all) { super(...(all.length === 0 ? [late()] : all)); }
      static now() { return late(); }
    };`;
  const jump = async (to: number): Promise<void> => writeFile(minutes, String(to));
  await Promise.all([writeFile(code, text), jump(0)]);
  return { variables: { NODE_OPTIONS: `--import ${code}` }, jump };
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

scenario('a clock that jumps by hours while `turnout follow` waits and downloads changes nothing', async ({ rig }) => {
  const shop = await rig({ instances: 1 });
  const { variables, jump } = await jumpingClock(shop);
  await using followed = await followIn(shop);
  const { id, bucket } = followed;
  await bucket.movePointer(await published(bucket, '42'), undefined, { at: 'now', by: 'me' });
  const follower = shop.start(`follow --json --config ${followed.config}`, { ...variables, ...followed.variables });
  await follower.line(({ message }) => message === '42 runs, and answers.');
  let number = 0;
  for (const [release, minutes] of [
    ['43', 300],
    ['44', -300],
    ['45', 0],
  ] as const) {
    const content = await published(bucket, release);
    const seen = await bucket.permit(id);
    const slow = shop.slow('GetObject', 200);
    number += 1;
    const permit = { ...content, number, token: 't', at: 'now', state: 'given' } as const;
    await bucket.givePermit(id, permit, seen === 'same' ? undefined : seen?.object);
    const asked = performance.now();
    await follower.line(({ message }) => message === `The permit with number ${number}: changing to ${release}.`);
    await jump(minutes);
    const { at } = await follower.line(({ message }) => message === `${release} runs, and answers.`);
    expect(Math.abs(Date.parse(String(at)) - Date.now() - minutes * 60_000), 'by its clock').toBeLessThan(60_000);
    await poll(async () => (await bucket.report(id))?.value.runs?.release === release, `${release} to run`, 10_000);
    slow();
    expect(performance.now() - asked).toBeLessThan(10_000);
    const [one] = (await pullState(bucket, [id], Date.now())).instances;
    expect(one).toMatchObject({ runs: release, order: { state: 'done' } });
    expect(followProblem(one!), 'it has reported lately, whatever its clock says').toBeUndefined();
  }
  follower.kill('SIGTERM');
  expect((await follower.ended).exitCode).toBe(0);
});
