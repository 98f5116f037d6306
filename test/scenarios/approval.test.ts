import { describe, expect } from 'vitest';
import { poll } from '../support/poll.ts';
import { finished } from '../support/program.ts';
import { scenario } from '../support/rig.ts';

const OTHER = { TURNOUT_WHO: 'bob@desk' };

describe('approval from elsewhere', () => {
  scenario('is waited for across kill -9, given once by another process, and in the history', async ({ rig }) => {
    const shop = await rig({ config: { approval: '{ from: the shop team, timeout: 10m }' } });
    await shop.task('up --release 42');
    expect(finished(await shop.run('approve --yes --json'))).toMatchObject({ code: 'nothing-to-approve' });
    const promote = shop.start('promote --yes --json');
    const waits = async (): Promise<boolean> => JSON.stringify(await shop.status()).includes('"from":"the shop team"');
    await poll(waits, 'it waits for approval', 15_000);
    promote.kill('SIGKILL');
    await promote.ended;
    expect((await shop.run('status')).stdout).toMatch(
      /Approval: 42 \(100 % of production\) waits for approval by the\s+shop team/,
    );
    const decided = shop.start('approve --yes --json --reason looks-good', OTHER);
    expect(finished(await decided.ended)).toMatchObject({ result: 'done' });
    expect(finished(await shop.run('reject --yes --json'))).toMatchObject({ code: 'decided-already' });
    expect(shop.where()['shop-production']).toBe('41 × 3');
    await shop.task('resume');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    expect((await shop.run('history')).stdout).toMatch(/approve 42 +bob@desk[^]*is approved: looks-good/);
    expect(finished(await shop.run('approve --yes --json'))).toMatchObject({ code: 'nothing-to-approve' });
    await shop.expectNoFailures();
  });
});
