import { describe, expect } from 'vitest';
import { scenario, type Rig } from '../support/rig.ts';
import { expectTrue, watchEnd, type Site } from '../support/truth.ts';

/** What looks at the end of every other scenario, looked at itself: lies are found, and requests that failed anywhere. */

const ended = (message: string) => ({
  command: 'promote --yes --json',
  exitCode: 0,
  signal: null,
  stdout: '',
  stderr: '',
  lines: [{ type: 'finished', result: 'done', message }],
});

async function isFalse(site: Site, sentence: string, why: RegExp): Promise<void> {
  await expect(expectTrue(site, sentence), sentence).rejects.toThrow(why);
}

describe('the last sentence of a run', () => {
  scenario('is compared with ELB, and with the answers of production', async ({ rig }) => {
    const shop = await rig({ rate: 5 });
    const site: Site = { sandbox: shop.sandbox, weighted: undefined, asked: 0 };
    const [first = '', second = ''] = shop.instancesOf('41');
    expect(await expectTrue(site, '41 serves production. 42 stays up.')).toBe(1);
    expect(site.asked).toBeGreaterThan(0);
    await isFalse(site, '42 serves production and is the only fleet.', /42 serves alone/);
    await isFalse(site, 'It was undone. 42 serves production.', /42 serves alone/);
    await isFalse(site, '42 has 10 % of production, 41 the rest.', /shares at/);
    await isFalse(site, `${first} is out of every target group.`, /still registered/);
    await isFalse(site, `${first} and ${second} are out of every target group.`, /still registered/);
    await isFalse(site, 'Every instance that was there carries 42.', /carry 42/);
    expect(await expectTrue(site, `${first} and ${second} are healthy in every target group.`)).toBe(1);
    await shop.task('up --release 42');
    await answersAs(shop, '42', '43');
    await expect(shop.task('promote'), 'a run of the program').rejects.toThrow(/42 serves alone/);
  });

  scenario('and no request of anybody may fail meanwhile, through whatever listener', async ({ rig }) => {
    const shop = await rig({ rate: 5 });
    const look = watchEnd({ sandbox: shop.sandbox, weighted: undefined, asked: 0 });
    await look(ended('41 serves production.'));
    // There is nothing in it.
    expect((await fetch(shop.sandbox.test[0]!.url)).status).toBe(503);
    await expect(look(ended('41 serves production.'))).rejects.toThrow(/requests that failed in 'promote/);
    await look({ ...ended('41 serves production.'), exitCode: 3 });
  });
});

/** The servers of that release tell another one, and AWS knows nothing of it. */
async function answersAs({ sandbox }: Rig, release: string, other: string): Promise<void> {
  const machines = sandbox.instances.list().filter((one) => one.release === release);
  await Promise.all(machines.map(async ({ id }) => sandbox.instances.deploy(id, other, 0)));
}
