import { appendFile, cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { finished, type Finished } from '../support/program.ts';
import { poll } from '../support/poll.ts';
import { scenario, type Rig } from '../support/rig.ts';

/** A second checkout of the same config: its store, by default, is a file of its own. */
async function secondCheckout(shop: Rig): Promise<Readonly<Record<string, string>>> {
  const folder = path.join(shop.folder, 'second');
  await mkdir(folder);
  const config = path.join(folder, 'shop.yml');
  await cp(path.join(shop.folder, 'shop.yml'), config);
  return { TURNOUT_CONFIG: config, TURNOUT_WHO: 'ci@build-1' };
}

async function runIn(shop: Rig, variables: Readonly<Record<string, string>>, command: string): Promise<Finished> {
  return finished(await shop.start(`${command} --yes --json`, variables).ended);
}

describe.concurrent('a file as the store of CI jobs', () => {
  scenario('is refused unless the config says that they share it; a rollback warns', async ({ rig }) => {
    const shop = await rig();
    const ci = { CI: 'true' };
    await shop.task('up --release 42');
    await shop.task('promote');
    shop.forgetRequests();
    const refused = await runIn(shop, ci, 'cleanup');
    expect(refused).toMatchObject({ code: 'store-file-in-ci', result: 'refused', exitCode: 2 });
    expect(refused.message).toContain(`(CI is set), and the store is the file ${shop.storePath}`);
    expect(refused.next.join()).toContain('inCi: true');
    expect(shop.changes).toEqual([]);
    expect((await shop.start('promote --plan', ci).ended).exitCode).toBe(0);
    const rollback = await shop.start('rollback --yes --json', ci).ended;
    expect(finished(rollback)).toMatchObject({ code: 'done' });
    expect(rollback.lines).toContainEqual(
      expect.objectContaining({ type: 'warning', message: expect.stringContaining('CI is set') }),
    );
    await appendFile(path.join(shop.folder, 'shop.yml'), 'store: { kind: file, inCi: true }\n');
    expect(await runIn(shop, ci, 'promote')).toMatchObject({ code: 'done' });
  });
});

describe.concurrent('two stores for one environment', () => {
  scenario('the second one is refused, and says where the first one is; taking over is possible', async ({ rig }) => {
    const shop = await rig();
    const second = await secondCheckout(shop);
    await shop.task('up --release 42');
    shop.forgetRequests();
    const refused = await runIn(shop, second, 'promote');
    expect(refused).toMatchObject({ code: 'other-store', exitCode: 2 });
    expect(refused.message).toContain(shop.storePath);
    expect(refused.next.join('\n')).toContain('`--take-over`');
    expect(shop.changes).toEqual([]);
    const { stdout } = await shop.start('status', second).ended;
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('Store: Another store keeps this environment: file');
    expect(await runIn(shop, second, 'promote --take-over')).toMatchObject({ code: 'done' });
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    expect(await shop.task('rollback', 'refused')).toMatchObject({ code: 'other-store' });
    await shop.expectNoFailures();
  });

  scenario('a rollback that is under way stops once the other store has taken over', async ({ rig }) => {
    const shop = await rig({ registration: 2000 });
    const second = await secondCheckout(shop);
    await shop.task('up --release 42');
    await shop.task('promote');
    const rollback = shop.start('rollback --yes --json');
    await poll(() => shop.where()['shop-production'] === '41 × 3, 42 × 3', 'both are registered', 15_000);
    // So that it still waits when the second one begins.
    shop.sandbox.faults.add({ kind: 'release', release: '41', behaviour: 'sick' });
    const promote = await runIn(shop, second, 'promote --take-over');
    expect(finished(await rollback.ended)).toMatchObject({ code: 'other-store', exitCode: 5 });
    expect(promote, promote.message).toMatchObject({ code: 'done' });
    expect(shop.where()['shop-production']).toBe('42 × 3');
    expect(shop.health.lowest()).toBeGreaterThanOrEqual(3);
  });
});
