import { describe, expect, onTestFinished, test } from 'vitest';
import { AutoScaling } from '../../src/aws/autoscaling.ts';
import { Ec2 } from '../../src/aws/ec2.ts';
import { Refreshes } from '../../src/aws/refreshes.ts';
import { Standby } from '../../src/aws/standby.ts';
import type { Fleet } from '../../src/domain/snapshot.ts';
import { createAutoScalingFleet } from '../../src/fleets/auto-scaling/index.ts';
import type { RefreshOrder } from '../../src/fleets/fleet.ts';
import { openSession } from '../support/aws.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { ownImages } from '../support/own-images.ts';
import { poll } from '../support/poll.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';
import { scalingOf } from '../support/scaling.ts';
import { OWNER } from '../support/worlds.ts';

/** What the adapter of Auto Scaling groups does with refreshes that replace root volumes, on the sandbox. */

const byText = (a: string, b: string): number => (a < b ? -1 : 1);
const ASKED = { run: 'r1', who: 'ann@ci', since: '2026-01-01T00:00:00.000Z', minPercent: 50, maxPercent: 100 };

async function start() {
  const sandbox = await quickSandbox({
    boot: 300,
    instances: 2,
    releases: [{ release: '41' }, { release: '42' }],
    production: [{ name: 'shop-blue', port: 8080 }],
    test: [{ name: 'shop-green', port: 8080 }],
    weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
    scalingGroups: ['shop-a', 'shop-b'],
  });
  onTestFinished(async () => sandbox.close());
  const scaling = scalingOf(sandbox, 'shop-web');
  onTestFinished(() => scaling.client.destroy());
  const images = await ownImages(sandbox, 'shop-a');
  const session = openSession(sandbox.url);
  const port = createAutoScalingFleet({
    owner: OWNER,
    config: {
      kind: 'auto-scaling',
      tagPrefix: 'turnout',
      image: { name: 'shop-{release}', owner: 'self' },
      groups: ['shop-a', 'shop-b'],
    },
    ec2: new Ec2(session),
    ssm: async () => Promise.reject(new Error('There is no SSM here.')),
    scaling: new AutoScaling(session),
    cloudwatch: async () => Promise.reject(new Error('There is no CloudWatch here.')),
    standby: new Standby(session),
    refreshes: new Refreshes(session),
  });
  const fleet = async (): Promise<Fleet> => (await port.readFleets(['shop-41']))[0]!;
  const order = async (release: string): Promise<RefreshOrder> => {
    const spec = await port.resolve({ release, zones: {}, blue: await fleet(), refresh: true, rootVolumes: true });
    return { ...ASKED, release, spec };
  };
  const ends = async (status: string) =>
    poll(async () => (await fleet()).group?.newest?.status === status, status, 15_000);
  const releases = async () =>
    (await fleet()).instances.map(({ release, stray }) => stray ?? release ?? '').toSorted(byText);
  return { sandbox, scaling, images, port, fleet, order, ends, releases };
}

describe('a refresh that replaces root volumes', () => {
  test('is recorded with its images, by which each instance is told apart; at its end all is tagged', async () => {
    const { sandbox, scaling, images, port, fleet, order, ends, releases } = await start();
    const before = await fleet();
    const [first = ''] = before.instances.map(({ id }) => id);
    await port.note(before.instances.slice(0, 1), {
      release: '41.1',
      deploy: { release: '41.1', run: 'r0', state: 'done' },
    });
    const wanted = await order('42');
    expect(wanted.spec.summary.join('\n')).toContain('the root volumes of 2 instances');
    await port.startRefresh(before, wanted);
    const { recorded, newest } = (await fleet()).group ?? {};
    expect(recorded).toMatchObject({
      from: { release: '41', template: expect.stringMatching(`^lt-\\w+ version 1 with ${images['41']}$`) as string },
      to: { release: '42', template: expect.stringMatching(`^lt-\\w+ version 1 with ${images['42']}$`) as string },
    });
    expect(newest?.template).toBe(recorded?.to.template);
    await poll(
      async () => (await releases()).join() === '41,42' || (await releases()).join() === '41.1,42',
      'both',
      15_000,
    );
    await ends('Successful');
    const done = await fleet();
    expect(done.group?.launches).toBe(recorded?.to.template);
    expect(await releases()).toEqual(['42', '42']);
    await port.finishRefresh(done);
    const finished = await fleet();
    expect(finished).toMatchObject({ release: '42', group: { carries: recorded?.to.template, boots: '42' } });
    expect(finished.group?.recorded).toBeUndefined();
    expect(finished.instances.map(({ id, release, deploy }) => [id, release, deploy])).toEqual(
      before.instances.map(({ id }) => [id, '42', undefined]),
    );
    expect(sandbox.ec2.tagsOf(first)).toMatchObject({ 'turnout:release': '42' });
    // One whose image is neither is no release of ours, though its template is.
    await scaling.client.setDesiredCapacity({ AutoScalingGroupName: 'shop-a', DesiredCapacity: 3 });
    await scaling.settled('shop-a', 3);
    expect(await releases()).toEqual(['42', '42', '42']);
    await ownImages(sandbox, 'shop-a', '41');
    await scaling.client.setDesiredCapacity({ AutoScalingGroupName: 'shop-a', DesiredCapacity: 4 });
    await scaling.settled('shop-a', 4);
    const strays = (await fleet()).instances.flatMap(({ stray }) => stray ?? []);
    expect(strays).toEqual([expect.stringContaining(`version 1 with ${images['41']}`)]);
  });

  test('goes back by a rollback while it is under way, and by another one when it was cancelled', async () => {
    const { port, fleet, order, ends, releases, images } = await start();
    await port.startRefresh(await fleet(), await order('42'));
    await port.startRefresh(await fleet(), await order('41'));
    await ends('RollbackSuccessful');
    expect(await releases()).toEqual(['41', '41']);
    expect((await fleet()).group?.launches).toBe((await fleet()).group?.recorded?.to.template);
    await port.finishRefresh(await fleet());
    await port.startRefresh(await fleet(), await order('42'));
    await poll(async () => (await releases()).includes('42'), 'one is of 42', 15_000);
    await port.cancelRefresh(await fleet());
    await ends('Cancelled');
    // As it began, without being told.
    const spec = await port.resolve({ release: '41', zones: {}, blue: await fleet(), refresh: true });
    expect(spec.request).toMatchObject({ rootVolumes: true, images: { [images['41']!]: images['41'] } });
    await port.startRefresh(await fleet(), { ...ASKED, release: '41', spec });
    await ends('Successful');
    expect(await releases()).toEqual(['41', '41']);
  });

  test('is refused with what AWS would refuse, before anything is changed', async () => {
    const { scaling, order, sandbox } = await start();
    await ownImages(sandbox, 'shop-a', 'none');
    const error = await errorOf(order('42'));
    expect(error).toMatchObject({ code: 'no-root-volumes' });
    expectAdvice(error);
    expect((await scaling.group('shop-a')).Tags?.some(({ Key }) => Key === 'turnout:refresh')).toBe(false);
  });
});
