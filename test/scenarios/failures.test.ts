import { describe, expect } from 'vitest';
import { finished } from '../support/program.ts';
import { poll } from '../support/poll.ts';
import { QUICK_CHECKS, scenario, type Rig } from '../support/rig.ts';

const BLUE_SERVES = { 'shop-production': '41 × 3', 'shop-test': '42 × 3' };
/** Seconds in which a wish for health is given up. */
const IMPATIENT = { timeouts: '{ boot: 20s, healthy: 5s, drained: 20s }' };

function sicken(shop: Rig, release: string): void {
  shop.sandbox.faults.add({ kind: 'release', release, behaviour: 'sick' });
}

describe.concurrent('a green that is no good', () => {
  scenario(
    'never healthy: up says why for each target and leaves it; cleanup --discard removes it',
    async ({ rig }) => {
      const shop = await rig({ config: IMPATIENT, healthCheck: QUICK_CHECKS });
      sicken(shop, '42');
      const ended = await shop.run('up --release 42 --yes --json');
      const last = finished(ended);
      expect(last).toMatchObject({ result: 'failed', exitCode: 3 });
      expect(last.message).toContain('Production is as it was');
      const failed = ended.lines.find(({ type }) => type === 'step-failed');
      const waiting = failed?.['waiting'] as readonly { id: string; why: string }[];
      expect(waiting.map(({ id }) => id).toSorted()).toEqual([...shop.instancesOf('42')].toSorted());
      for (const { why } of waiting) expect(why).toMatch(/unhealthy.*503|503.*unhealthy/);
      expect(shop.where()).toEqual(BLUE_SERVES);
      expect(await shop.task('promote', 'refused')).toMatchObject({ exitCode: 2 });
      const over = await shop.task('cleanup --discard');
      expect(over.message).toBe('41 serves production and is the only fleet. Terminated: 42 (3 instances).');
      expect(over.terminated).toEqual([{ release: '42', instances: 3 }]);
      const [entry] = (await shop.run('history --json')).lines;
      expect(entry).toMatchObject({ verb: 'cleanup', release: '41', terminated: over.terminated });
      expect((await shop.run('history')).stdout).toContain('cleanup, keep 41');
      expect(shop.where()).toEqual({ 'shop-production': '41 × 3', 'shop-test': '' });
      expect(shop.instancesOf('42')).toEqual([]);
      expect(shop.health.lowest()).toBe(3);
      await shop.expectNoFailures();
    },
  );

  scenario('sick after a promote: cleanup refuses, and rollback works at once', async ({ rig }) => {
    const shop = await rig({ healthCheck: QUICK_CHECKS });
    await shop.task('up --release 42');
    await shop.task('promote');
    await shop.healthyIn('shop-test', '41');
    sicken(shop, '42');
    await poll(() => !shop.statesIn('shop-production', '42').includes('healthy'), 'no healthy 42 left', 15_000);
    const refused = await shop.task('cleanup --wait', 'refused');
    expect(refused).toMatchObject({ code: 'serving-is-sick', exitCode: 2 });
    expect(refused.next.join()).toContain('turnout rollback');
    await shop.task('rollback');
    expect(shop.where()).toEqual(BLUE_SERVES);
    await shop.healthyIn('shop-production', '41');
    await shop.expectNoFailures();
  });

  scenario('sick between up and promote: promote refuses and changes nothing', async ({ rig }) => {
    const shop = await rig({ healthCheck: QUICK_CHECKS });
    await shop.task('up --release 42');
    const [one] = shop.instancesOf('42');
    shop.sandbox.faults.add({ kind: 'sick', instance: one });
    await poll(() => shop.statesIn('shop-test', '42').includes('unhealthy'), 'an unhealthy target', 15_000);
    shop.forgetRequests();
    const refused = await shop.task('promote', 'refused');
    expect(refused).toMatchObject({ code: 'not-healthy', exitCode: 2 });
    expect(refused.message).toContain(`2 of 3`);
    expect(refused.message).toContain(one);
    expect(shop.changes).toEqual([]);
    expect(shop.where()).toEqual(BLUE_SERVES);
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });

  scenario(
    'healthy in the test group but never checked in production: taken out again, blue untouched',
    async ({ rig }) => {
      const shop = await rig({ config: IMPATIENT });
      await shop.task('up --release 42');
      // As long as a target is being registered it gets no traffic.
      shop.sandbox.times.registrationMs = 60_000;
      shop.forgetRequests();
      const last = await shop.task('promote', 'undone');
      expect(last.exitCode).toBe(3);
      expect(last.message).toContain('41 serves production');
      expect(shop.where()).toEqual(BLUE_SERVES);
      expect(await shop.roles()).toEqual({ '41': 'blue', '42': 'rejected' });
      // One to bring green in, one to take it out: blue was never touched.
      expect(shop.changes.filter((name) => name.endsWith('Targets'))).toEqual(['RegisterTargets', 'DeregisterTargets']);
      expect((await shop.status()).goal).toBeNull();
      expect(shop.health.lowest()).toBe(3);
      await shop.expectNoFailures();
    },
  );

  scenario('sick as soon as it is in production: taken out again, blue untouched', async ({ rig }) => {
    const shop = await rig({ config: IMPATIENT, registration: 500, healthCheck: QUICK_CHECKS });
    await shop.task('up --release 42');
    const promote = shop.start('promote --yes --json');
    await promote.reaches('await-healthy shop-production');
    sicken(shop, '42');
    const last = finished(await promote.ended);
    expect(last).toMatchObject({ result: 'undone', exitCode: 3 });
    expect(shop.where()).toEqual(BLUE_SERVES);
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });
});

describe.concurrent('servers that die or are sick during a switch', () => {
  scenario('blue partly sick does not keep a healthy green out', async ({ rig }) => {
    const shop = await rig({ healthCheck: QUICK_CHECKS });
    await shop.task('up --release 42');
    shop.sandbox.faults.add({ kind: 'sick', instance: shop.instancesOf('41')[0] });
    await poll(() => shop.statesIn('shop-production', '41').includes('unhealthy'), 'an unhealthy target', 15_000);
    expect(shop.health.lowest()).toBe(2);
    await shop.task('promote');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    expect(shop.health.lowest()).toBeGreaterThanOrEqual(2);
    await shop.expectNoFailures();
  });

  scenario('blue all sick does not keep a healthy green out', async ({ rig }) => {
    const shop = await rig({ healthCheck: QUICK_CHECKS });
    await shop.task('up --release 42');
    sicken(shop, '41');
    await poll(() => !shop.statesIn('shop-production', '41').includes('healthy'), 'no healthy 41 left', 15_000);
    await shop.task('promote');
    expect(shop.where()['shop-production']).toBe('42 × 3');
    await shop.expectNoFailures();
  });

  scenario('an instance of green dies mid-promote: green is taken out again, and blue serves on', async ({ rig }) => {
    const shop = await rig({ registration: 700 });
    await shop.task('up --release 42');
    const promote = shop.start('promote --yes --json');
    await promote.reaches('await-healthy shop-production');
    // It gets no traffic before its first check.
    shop.sandbox.faults.add({ kind: 'die', instance: shop.instancesOf('42')[0] });
    const last = finished(await promote.ended);
    expect(last).toMatchObject({ result: 'undone', exitCode: 3 });
    expect(last.message).toContain('41 serves production');
    expect(shop.where()['shop-production']).toBe('41 × 3');
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });

  scenario(
    'an instance of blue dies mid-promote: the promote ends, and only its own requests fail',
    async ({ rig }) => {
      const shop = await rig({ registration: 700 });
      await shop.task('up --release 42');
      const promote = shop.start('promote --yes --json');
      await promote.reaches('await-healthy shop-production');
      shop.sandbox.faults.add({ kind: 'die', instance: shop.instancesOf('41')[0] });
      expect(finished(await promote.ended)).toMatchObject({ result: 'done' });
      expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 2' });
      const { total, failed } = await shop.meters[0]!.stop();
      const { rows } = shop.sandbox.elbv2.traffic();
      const bad = rows.filter(({ error, status }) => error !== '' || status >= 500);
      // What the dead server had in hand, and what ELB sent it before it knew.
      for (const { release, error } of bad)
        expect([release, error]).toEqual(['41', expect.stringMatching(/^target-(refused|closed)$/)]);
      expect(failed).toBe(bad.reduce((sum, { count }) => sum + count, 0));
      expect(total.sent).toBe(total.ok + failed);
    },
  );

  scenario('a parked fleet that lost an instance still takes production back', async ({ rig }) => {
    const shop = await rig({ healthCheck: QUICK_CHECKS });
    await shop.task('up --release 42');
    await shop.task('promote');
    await shop.healthyIn('shop-test', '41');
    shop.sandbox.faults.add({ kind: 'die', instance: shop.instancesOf('41')[2] });
    await poll(() => shop.instancesOf('41').length === 2, 'one less');
    const refused = await shop.task('rollback', 'refused');
    expect(refused).toMatchObject({ code: 'too-small', exitCode: 2 });
    expect(refused.next.join()).toContain('--min-healthy 2');
    await shop.task('rollback --min-healthy 2');
    expect(shop.where()['shop-production']).toBe('41 × 2');
    await shop.expectNoFailures();
  });
});
