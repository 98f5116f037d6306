import { describe, expect } from 'vitest';
import { call } from '../../src/sandbox/service.ts';
import { DEPLOYS, giveScript, linesIn, setFate } from '../support/deploys.ts';
import { poll } from '../support/poll.ts';
import { finished } from '../support/program.ts';
import { scenario, type Rig, type RigOptions } from '../support/rig.ts';
import { scalingOf } from '../support/scaling.ts';

/** Deploys in place to the instances of an Auto Scaling group, behind a weighted listener. */

const GROUPS: RigOptions = {
  production: [{ name: 'shop-blue', port: 8080 }],
  test: [{ name: 'shop-green', port: 8080 }],
  weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
  scalingGroups: ['shop-a', 'shop-b'],
};

type Start = (options?: RigOptions) => Promise<Rig>;

async function shopWith(rig: Start, options: RigOptions = {}): Promise<Rig> {
  const shop = await rig({ ...GROUPS, ...options, config: { ...DEPLOYS, ...options.config } });
  await giveScript(shop);
  return shop;
}

const groupsOf = (shop: Rig) => scalingOf(shop.sandbox, 'shop-web');

/** What a deploy in place may change: `1 3 -` are minimum, desired capacity and what is suspended. */
async function sizes(shop: Rig, name = 'shop-a'): Promise<string> {
  const { MinSize, DesiredCapacity, SuspendedProcesses = [] } = await groupsOf(shop).group(name);
  return `${MinSize} ${DesiredCapacity} ${SuspendedProcesses.map(({ ProcessName }) => ProcessName).join('+') || '-'}`;
}

async function states(shop: Rig): Promise<readonly string[]> {
  const { Instances = [] } = await groupsOf(shop).group('shop-a');
  return Instances.map(({ LifecycleState = '' }) => LifecycleState).toSorted();
}

async function tags(shop: Rig): Promise<readonly string[]> {
  const { Tags = [] } = await groupsOf(shop).group('shop-a');
  return Tags.map(({ Key = '' }) => Key).toSorted();
}

describe.concurrent('a rolling deploy to an Auto Scaling group', () => {
  scenario('goes through Standby, launches nothing, and puts back what it has changed', async ({ rig }) => {
    const shop = await shopWith(rig, { rate: 40 });
    await groupsOf(shop).client.updateAutoScalingGroup({ AutoScalingGroupName: 'shop-a', MinSize: 3 });
    // It was no run's.
    shop.sandbox.requests.reset();
    const [before, ids] = [await tags(shop), await groupsOf(shop).served('shop-a')];
    const last = await shop.task('rolling --release 42');
    expect(last.message).toContain('Every instance that was there carries 42.');
    expect(last.message).toContain('What shop-a launches when it scales or heals is 41');
    expect(shop.where()).toEqual({ 'shop-blue': '42 × 3', 'shop-green': '' });
    expect(await states(shop)).toEqual(['InService', 'InService', 'InService']);
    expect(await sizes(shop)).toBe('3 3 -');
    expect((await groupsOf(shop).served('shop-a')).toSorted(), 'none for what was out').toEqual(ids.toSorted());
    expect((await tags(shop)).filter((key) => !before.includes(key) && !key.endsWith(':store'))).toEqual([]);
    expect(shop.health.lowest()).toBe(2);
    expect((await shop.task('rolling --release 42')).message).toContain('Nothing to do');
    await shop.expectNoFailures();
  });

  scenario('is killed in the middle, and goes on from another machine', async ({ rig }) => {
    const shop = await shopWith(rig, { rate: 40 });
    await setFate(shop, 'hang');
    const program = shop.start('rolling --release 42 --yes --json');
    await program.line(({ type }) => type === 'output');
    program.kill('SIGKILL');
    await program.ended;
    expect(await states(shop)).toEqual(['InService', 'InService', 'Standby']);
    expect(await sizes(shop)).toBe('2 2 AZRebalance');
    const { stdout } = await shop.run('status');
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /shop-a has a minimum of 2 for a deploy in place, set by \S+@\S+ .*It goes back to 1 .*AZRebalance is suspended/,
    );
    await setFate(shop, '');
    await shop.task('resume');
    expect(shop.where()).toEqual({ 'shop-blue': '42 × 3', 'shop-green': '' });
    expect(await sizes(shop)).toBe('1 3 -');
    await shop.expectNoFailures();
  });

  scenario('fails on one, which stays out until `join` puts it back, also once it is given up', async ({ rig }) => {
    const shop = await shopWith(rig);
    await setFate(shop, 'fail');
    const last = await shop.task('rolling --release 42', 'failed');
    const id = (await linesIn(shop, 'deploys'))[0]?.split(' ')[1] ?? '';
    expect(last.message).toContain(`${id} is out of traffic and stays so`);
    const { stdout } = await shop.run('abandon --yes');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`${id} of shop-a is in Standby`);
    expect((await shop.task('up --release 43', 'refused')).code).toBe('in-standby');
    await setFate(shop, '');
    await shop.task(`deploy --instance ${id} --release 41`);
    await shop.task(`join ${id}`);
    expect(await states(shop)).toEqual(['InService', 'InService', 'InService']);
    expect(await sizes(shop)).toBe('1 3 -');
    await shop.expectNoFailures();
  });

  scenario('names what the group has launched and lost meanwhile, and what that carries', async ({ rig }) => {
    const shop = await shopWith(rig, { rate: 40 });
    await setFate(shop, 'hang');
    const program = shop.start('rolling --release 42 --yes --json');
    const { instance } = await program.line(({ type }) => type === 'output');
    const others = (await groupsOf(shop).served('shop-a')).filter((id) => id !== instance);
    const InstanceId = others[0] ?? '';
    const ShouldDecrementDesiredCapacity = false;
    await call(shop.sandbox.autoscaling, 'TerminateInstanceInAutoScalingGroup', {
      InstanceId,
      ShouldDecrementDesiredCapacity,
    });
    program.kill('SIGKILL');
    await program.ended;
    await poll(
      async () => {
        const served = await groupsOf(shop).served('shop-a');
        return served.length === 2 && !served.includes(InstanceId);
      },
      'the replacement',
      15_000,
    );
    await setFate(shop, '');
    const last = await shop.task('resume');
    expect(last.message).toContain(`${InstanceId} ended meanwhile.`);
    expect(last.message).toContain('shop-a has launched 1 instance meanwhile, of 41');
    expect(shop.where()['shop-blue']).toBe('41 × 1, 42 × 2');
    await shop.task('rolling --release 42');
    expect(shop.where()['shop-blue']).toBe('42 × 3');
    expect(await sizes(shop)).toBe('1 3 -');
    await shop.expectNoFailures();
  });

  scenario('ends the deploy to one that dies under it, which is replaced once that is over', async ({ rig }) => {
    const shop = await shopWith(rig, { rate: 40 });
    await setFate(shop, 'hang');
    const program = shop.start('rolling --release 42 --yes --json');
    const { instance } = await program.line(({ type }) => type === 'output');
    const id = String(instance);
    shop.sandbox.faults.add({ kind: 'die', instance: id });
    const last = finished(await program.ended);
    expect(last).toMatchObject({ result: 'failed', exitCode: 3 });
    expect(last.message).toContain(`${id} went away meanwhile (terminated: Auto Scaling says Standby)`);
    expect(last.message).toContain('Deploying 42 was ended there.');
    expect(JSON.stringify(last)).not.toContain('turnout join');
    expect([await states(shop), await sizes(shop)]).toEqual([['InService', 'InService', 'Standby'], '2 2 AZRebalance']);
    expect((await shop.run('status')).stdout.replaceAll(/\s+/g, ' ')).toContain(`shop-a replaces ${id} then`);
    const { stdout } = await shop.run('abandon --yes');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`shop-a replaces ${id}, which ended in Standby.`);
    const whole = async () => (await groupsOf(shop).served('shop-a')).length === 3;
    await poll(whole, 'the one that replaces it', 15_000);
    expect(await sizes(shop)).toBe('1 3 -');
    await shop.expectNoFailures();
  });

  scenario('is refused where a group has one instance', async ({ rig }) => {
    const shop = await shopWith(rig, { instances: 1 });
    for (const more of ['', ' --allow-downtime']) {
      const no = await shop.task(`rolling --release 42${more}`, 'refused');
      expect(no).toMatchObject({ code: 'group-of-one' });
      expect(no.next.join('\n')).toContain('set-desired-capacity');
    }
    expect(shop.changes).toEqual([]);
  });
});
