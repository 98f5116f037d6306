import { describe, expect } from 'vitest';
import { finished } from '../support/program.ts';
import { poll } from '../support/poll.ts';
import { QUICK_CHECKS, scenario, type Rig } from '../support/rig.ts';

/** Mistakes of the switchers before this one, by their numbers in our notes. Trap 3 is among the guards. */

const IMPATIENT = { timeouts: '{ boot: 20s, healthy: 5s, drained: 5s }' };

async function switched(shop: Rig): Promise<void> {
  await shop.task('up --release 42');
  await shop.task('promote');
  await shop.healthyIn('shop-test', '41');
}

async function noneHealthy(shop: Rig, pool: string, release: string): Promise<void> {
  shop.sandbox.faults.add({ kind: 'release', release, behaviour: 'sick' });
  await poll(() => !shop.statesIn(pool, release).includes('healthy'), `no healthy ${release} in ${pool}`, 15_000);
}

describe.concurrent('traps: what goes and what stays', () => {
  scenario(
    'trap 1: cleanup after a rollback terminates the rejected fleet, not the one that serves',
    async ({ rig }) => {
      const shop = await rig();
      await switched(shop);
      await shop.task('rollback');
      const serving = shop.instancesOf('41');
      await shop.task('cleanup --wait');
      expect(shop.instancesOf('41')).toEqual(serving);
      expect(shop.instancesOf('42')).toEqual([]);
      expect(shop.where()).toEqual({ 'shop-production': '41 × 3', 'shop-test': '' });
      expect(shop.health.lowest()).toBe(3);
      await shop.expectNoFailures();
    },
  );

  scenario('trap 2: cleanup before any promote refuses, and terminates nothing', async ({ rig }) => {
    const shop = await rig();
    await shop.task('up --release 42');
    for (const task of ['cleanup', 'cleanup --wait']) {
      expect(await shop.task(task, 'refused')).toMatchObject({ code: 'never-promoted', exitCode: 2 });
    }
    expect(shop.changes).not.toContain('TerminateInstances');
    expect(shop.instancesOf('41')).toHaveLength(3);
    expect(shop.instancesOf('42')).toHaveLength(3);
    await shop.expectNoFailures();
  });

  scenario('trap 12: a signal after the switch does not shrink the fleet that serves now', async ({ rig }) => {
    const shop = await rig();
    await shop.task('up --release 42');
    const undo = shop.slow('RegisterTargets', 300);
    const promote = shop.start('promote --yes --json');
    await promote.reaches('register shop-test');
    promote.kill('SIGTERM');
    const last = finished(await promote.ended);
    undo();
    expect(last).toMatchObject({ result: 'interrupted', exitCode: 130 });
    expect(shop.where()['shop-production']).toBe('42 × 3');
    expect(shop.statesIn('shop-production', '42')).toEqual(['healthy', 'healthy', 'healthy']);
    expect(shop.instancesOf('41')).toHaveLength(3);
    await shop.task('resume');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });
});

describe.concurrent('traps: half a switch', () => {
  const groups = [
    { name: 'shop-production', port: 8080 },
    { name: 'shop-admin', port: 9090 },
  ];

  scenario('trap 4: blue that cannot be taken out of the second group is put back into the first', async ({ rig }) => {
    const shop = await rig({ production: groups, config: { aws: '{ requestsPerSecond: 100, maxAttempts: 3 }' } });
    await shop.task('up --release 42');
    const promote = shop.start('promote --yes --json');
    await promote.reaches('deregister shop-admin');
    // An answer that no second attempt would change; what undoes it gets through.
    shop.sandbox.faults.add({
      kind: 'error',
      operation: 'DeregisterTargets',
      count: 1,
      code: 'AccessDenied',
      status: 403,
    });
    const last = finished(await promote.ended);
    expect(last).toMatchObject({ result: 'undone', exitCode: 3 });
    expect(shop.where()).toEqual({ 'shop-production': '41 × 3', 'shop-admin': '41 × 3', 'shop-test': '42 × 3' });
    expect(await shop.underWay()).toEqual({ goal: undefined, lease: undefined });
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });

  scenario(
    'trap 11: killed between a change of traffic and its record, the next command is still right',
    async ({ rig }) => {
      const shop = await rig();
      await switched(shop);
      // Back to where 42 is about to leave, and killed once it has left.
      const undo = shop.slow('RegisterTargets', 60_000);
      const rollback = shop.start('rollback --yes --json');
      await rollback.reaches('register shop-production');
      rollback.kill('SIGKILL');
      await rollback.ended;
      undo();
      await shop.task('rollback');
      const again = shop.start('promote --yes --json');
      await shop.healthyIn('shop-test', '42');
      await poll(() => !shop.statesIn('shop-production', '41').includes('healthy'), 'blue has left', 20_000);
      again.kill('SIGKILL');
      await again.ended;
      // The record may say that blue has yet to leave; what is so counts.
      const { verbs } = await shop.status();
      expect(verbs.find(({ verb }) => verb === 'promote')).toBeDefined();
      await shop.task('promote');
      expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
      expect(shop.health.lowest()).toBe(3);
      await shop.expectNoFailures();
    },
  );
});

describe.concurrent('traps: who is healthy', () => {
  scenario('trap 7: the last healthy servers are not taken out, however low the floor is', async ({ rig }) => {
    const shop = await rig({ config: IMPATIENT, healthCheck: QUICK_CHECKS, registration: 400 });
    await shop.task('up --release 42');
    const promote = shop.start('promote --yes --json');
    await promote.reaches('await-healthy shop-production');
    promote.kill('SIGTERM');
    expect(finished(await promote.ended).result).toBe('interrupted');
    await shop.healthyIn('shop-production', '42');
    await noneHealthy(shop, 'shop-production', '41');
    // Six are registered, and three of them are healthy.
    const last = await shop.task('rollback --min-healthy 0', 'failed');
    expect(last.exitCode).toBe(4);
    expect(last.message).toContain('wait until healthy in shop-production');
    expect(shop.where()['shop-production']).toBe('41 × 3, 42 × 3');
    await shop.task('promote');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    expect(shop.health.lowest()).toBeGreaterThanOrEqual(3);
    await shop.expectNoFailures();
  });

  scenario('trap 9: one sick old server does not block the promotion of a healthy green', async ({ rig }) => {
    const shop = await rig({ healthCheck: QUICK_CHECKS });
    await shop.task('up --release 42');
    shop.sandbox.faults.add({ kind: 'sick', instance: shop.instancesOf('41')[0] });
    await poll(() => shop.statesIn('shop-production', '41').includes('unhealthy'), 'one of blue is sick', 15_000);
    await shop.task('promote');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    expect(shop.health.lowest()).toBe(2);
    await shop.expectNoFailures();
  });

  scenario(
    'trap 10: nothing boots for a test group that nothing listens to, and nothing is promoted from there',
    async ({ rig }) => {
      const shop = await rig();
      const { sandbox } = shop;
      const { url } = sandbox.test[0]!;
      const { listenerArn: ListenerArn } = sandbox.elbv2.urls().find((one) => url.startsWith(one.url))!;
      const remove = async () => sandbox.elbv2.operations['DeleteListener']!({ ListenerArn });
      await shop.task('up --release 42', 'done');
      await remove();
      expect(await shop.task('promote', 'refused')).toMatchObject({ code: 'unused-target-group', exitCode: 2 });
      await shop.task('cleanup --discard', 'done');
      // Nothing boots for a group in which nothing gets healthy.
      expect(await shop.task('up --release 43', 'refused')).toMatchObject({ code: 'unused-target-group' });
      expect(shop.instancesOf('43')).toEqual([]);
      expect(shop.where()['shop-production']).toBe('41 × 3');
      expect(shop.health.lowest()).toBe(3);
      await shop.expectNoFailures();
    },
  );

  scenario('trap 14: rollback does not move traffic to a parked fleet that is sick now', async ({ rig }) => {
    const shop = await rig({ healthCheck: QUICK_CHECKS });
    await switched(shop);
    expect((await shop.status()).rollback).toMatchObject({ ready: true, seconds: expect.any(Number) as number });
    await noneHealthy(shop, 'shop-test', '41');
    shop.forgetRequests();
    for (const task of ['rollback', 'rollback --min-healthy 0']) {
      const refused = await shop.task(task, 'refused');
      expect(refused).toMatchObject({ code: 'not-healthy', exitCode: 2 });
      expect(refused.next.join(), 'what serves is not to be discarded').not.toContain('--discard');
    }
    expect(shop.changes).toEqual([]);
    const { message: why } = await shop.task('rollback', 'refused');
    expect((await shop.status()).rollback).toEqual({ ready: false, why });
    expect(shop.where()['shop-production']).toBe('42 × 3');
    await shop.expectNoFailures();
  });

  scenario('trap 15: the wait for draining has a limit, and says who drains and for how long', async ({ rig }) => {
    const shop = await rig({ config: IMPATIENT });
    shop.sandbox.faults.add({ kind: 'drain', ms: 60_000 });
    await shop.task('up --release 42');
    await shop.task('promote');
    const ended = await shop.run('cleanup --wait --yes --json');
    const last = finished(ended);
    expect(last).toMatchObject({ result: 'failed', exitCode: 3 });
    expect(last.message).toMatch(/5 s passed.*shop-production/);
    const waiting = ended.lines.find(({ type }) => type === 'step-failed')?.['waiting'] as readonly {
      id: string;
      why: string;
    }[];
    expect(waiting.map(({ id }) => id).toSorted()).toEqual([...shop.instancesOf('41')].toSorted());
    for (const { why } of waiting) expect(why).toContain('draining');
    expect(shop.changes).not.toContain('TerminateInstances');
    await shop.expectNoFailures();
  });
});
