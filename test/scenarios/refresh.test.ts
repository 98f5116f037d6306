import { describe, expect } from 'vitest';
import { ownImages } from '../support/own-images.ts';
import { poll } from '../support/poll.ts';
import { scenario, type Rig, type RigOptions } from '../support/rig.ts';
import { scalingOf } from '../support/scaling.ts';

/** Instance refreshes of the group that serves, behind a weighted listener. */

const GROUPS: RigOptions = {
  production: [{ name: 'shop-blue', port: 8080 }],
  test: [{ name: 'shop-green', port: 8080 }],
  weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
  scalingGroups: ['shop-a', 'shop-b'],
  rate: 20,
};

const groupOf = async (shop: Rig) => scalingOf(shop.sandbox, 'shop-web').group('shop-a');

async function tag(shop: Rig, key: string): Promise<string | undefined> {
  const { Tags = [] } = await groupOf(shop);
  return Tags.find((one) => one.Key === `turnout:${key}`)?.Value;
}

async function idsOf(shop: Rig): Promise<readonly string[]> {
  const { Instances = [] } = await groupOf(shop);
  return Instances.map(({ InstanceId = '' }) => InstanceId).toSorted();
}

async function newest(shop: Rig): Promise<string | undefined> {
  const { client } = scalingOf(shop.sandbox, 'shop-web');
  const { InstanceRefreshes = [] } = await client.describeInstanceRefreshes({ AutoScalingGroupName: 'shop-a' });
  return InstanceRefreshes[0]?.Status;
}

describe.concurrent('an instance refresh', () => {
  scenario('is killed, and waited for by another machine', async ({ rig }) => {
    const shop = await rig(GROUPS);
    const program = shop.start('rolling --refresh --release 42 --yes --json');
    await program.line(({ type, index }) => type === 'step-waiting' && index === 2);
    program.kill('SIGKILL');
    await program.ended;
    expect(await tag(shop, 'refresh')).toMatch(/^41 lt-\S+\/1 42 lt-\S+\/2 /);
    const last = await shop.task('resume');
    expect(last.message).toContain('All 3 instances of shop-a are 42, and healthy.');
    expect(shop.where()).toEqual({ 'shop-blue': '42 × 3', 'shop-green': '' });
    expect([await tag(shop, 'refresh'), await tag(shop, 'release')]).toEqual([undefined, '42']);
    expect((await groupOf(shop)).LaunchTemplate?.Version).toBe('2');
    const { stdout } = await shop.run('status --json');
    const { fleets } = JSON.parse(stdout) as { fleets: { release: string; instances: { release: string }[] }[] };
    const shown = fleets.map(({ release, instances }) => [release, ...instances.map((one) => one.release)].join(' '));
    expect(shown).toEqual(['42 42 42 42']);
    await shop.expectNoFailures();
  });

  scenario('is rolled back by the tool while it is under way', async ({ rig }) => {
    const shop = await rig(GROUPS);
    const program = shop.start('rolling --refresh --release 42 --yes --json');
    await program.line(({ type, index }) => type === 'step-waiting' && index === 2);
    program.kill('SIGKILL');
    await program.ended;
    await shop.task('rolling --refresh --release 41');
    expect(shop.where()['shop-blue']).toBe('41 × 3');
    expect([await tag(shop, 'refresh'), await tag(shop, 'release')]).toEqual([undefined, '41']);
    await shop.expectNoFailures();
  });

  scenario('is cancelled by `abandon`, and then goes back', async ({ rig }) => {
    const shop = await rig({ ...GROUPS, boot: 5_000 });
    const program = shop.start('rolling --refresh --release 42 --yes --json');
    await program.line(({ type, index }) => type === 'step-waiting' && index === 2);
    program.kill('SIGKILL');
    await program.ended;
    const { stdout } = await shop.run('abandon --yes --cancel-refresh');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('The instance refresh of shop-a is cancelled');
    await poll(async () => (await newest(shop)) === 'Cancelled', 'the refresh is cancelled', 15_000);
    const refused = await shop.task('up --release 43', 'refused');
    expect(refused.code).toBe('refresh-not-done');
    await shop.task('rolling --refresh --release 41');
    expect(shop.where()['shop-blue']).toBe('41 × 3');
    expect([await tag(shop, 'refresh'), await tag(shop, 'release')]).toEqual([undefined, '41']);
    await shop.expectNoFailures();
  });

  scenario(
    'replaces root volumes, is killed, waited for by another machine, and rolled back by the tool',
    async ({ rig }) => {
      const shop = await rig({ ...GROUPS, boot: 1_000 });
      await ownImages(shop.sandbox, 'shop-a');
      const before = await idsOf(shop);
      const way = 'rolling --root-volumes --release';
      // The second one is rolled back, to where the first one has gone.
      for (const [release, then] of [
        ['42', 'resume'],
        ['41', `${way} 42`],
      ] as const) {
        const program = shop.start(`${way} ${release} --yes --json`);
        await program.line(({ type, word }) => type === 'step-waiting' && word === '% replaced');
        program.kill('SIGKILL');
        await program.ended;
        await shop.task(then);
        expect(shop.where()['shop-blue']).toBe('42 × 3');
        expect([await tag(shop, 'refresh'), await tag(shop, 'release')]).toEqual([undefined, '42']);
      }
      expect(await idsOf(shop)).toEqual(before);
      await shop.expectNoFailures();
    },
  );

  scenario('is refused where the group has one instance', async ({ rig }) => {
    const shop = await rig({ ...GROUPS, instances: 1 });
    expect((await shop.task('rolling --refresh --release 42', 'refused')).code).toBe('group-of-one');
    expect(shop.changes).toEqual([]);
  });
});
