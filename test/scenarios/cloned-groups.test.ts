import { describe, expect } from 'vitest';
import { finished } from '../support/program.ts';
import { scalingOf } from '../support/scaling.ts';
import { scenario, type Rig, type RigOptions } from '../support/rig.ts';

/** A group of the team's own, which is cloned for each release. */
const CLONES: RigOptions = {
  production: [{ name: 'shop-production', port: 8080 }],
  test: [{ name: 'shop-test', port: 8080 }],
  scalingGroups: ['shop-web'],
  releases: ['41', '42', '43'],
  config: { fleet: "{ kind: auto-scaling, image: { name: 'shop-{release}' }, clone: shop-web }" },
};

/** `shop-web-42-… 3`: each group, without the run, and how many it has in service. */
async function groups(shop: Rig): Promise<readonly string[]> {
  const scaling = scalingOf(shop.sandbox, 'shop-web');
  const { AutoScalingGroups = [] } = await scaling.client.describeAutoScalingGroups({});
  const names = AutoScalingGroups.map(({ AutoScalingGroupName: name = '' }) => name).toSorted();
  return Promise.all(
    names.map(async (name) => `${name.replace(/(-\d+)-.*/, '$1')} ${(await scaling.served(name)).length}`),
  );
}

describe.concurrent('an Auto Scaling group that is cloned', () => {
  scenario('serves release after release, and its clones are deleted', async ({ rig }) => {
    const shop = await rig(CLONES);
    const slow = shop.slow('UpdateAutoScalingGroup', 1_500);
    const up = shop.start('up --release 42 --yes --json');
    await up.reaches('fill-group');
    up.kill('SIGKILL');
    await up.ended;
    slow();
    expect(finished(await shop.start('resume --yes --json').ended)).toMatchObject({ result: 'done' });
    expect(await groups(shop)).toEqual(['shop-web 3', 'shop-web-42 3']);
    expect(shop.where()).toEqual({ 'shop-production': '41 × 3', 'shop-test': '42 × 3' });
    await shop.task('promote');
    await shop.task('cleanup --wait');
    expect(await groups(shop), 'the group of the team stays, at 0').toEqual(['shop-web 0', 'shop-web-42 3']);
    await shop.task('up --release 43');
    expect(await groups(shop), 'a clone is cloned').toEqual(['shop-web 0', 'shop-web-42 3', 'shop-web-43 3']);
    await shop.task('cleanup --discard');
    expect(await groups(shop), 'a clone goes').toEqual(['shop-web 0', 'shop-web-42 3']);
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '' });
    await shop.task('rolling --refresh --release 43');
    expect(await groups(shop), 'a clone is refreshed').toEqual(['shop-web 0', 'shop-web-42 3']);
    expect(shop.where()).toEqual({ 'shop-production': '43 × 3', 'shop-test': '' });
    await shop.expectNoFailures();
  });
});
