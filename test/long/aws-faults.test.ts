import { describe, expect } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/api/faults.ts';
import { poll } from '../support/poll.ts';
import { scenario, type Rig } from '../support/rig.ts';

/** Waits until descriptions that show the past show that everybody is healthy. */
async function settled(shop: Rig, task: string, faults: readonly FaultSpec[]): Promise<void> {
  const stale = faults.filter(({ kind }) => kind === 'stale').map((fault) => shop.sandbox.faults.add(fault));
  const accepted = async (): Promise<boolean> => (await shop.run(`${task} --plan --json`)).exitCode === 0;
  if (stale.length > 0) await poll(accepted, `${task} to be accepted`, 20_000);
  for (const id of stale) shop.sandbox.faults.remove(id);
}

/** There and back, each task with the fault from its start to its end; what is needed is met again each time. */
async function switchDespite(shop: Rig, faults: readonly FaultSpec[]): Promise<void> {
  await shop.task('up --release 42');
  for (const [task, there, back] of [
    ['promote', '42', '41'],
    ['rollback', '41', '42'],
  ] as const) {
    await shop.healthyIn('shop-test', there);
    await settled(shop, task, faults);
    const before = shop.sandbox.requests.all.length;
    const ids = faults.map((fault) => shop.sandbox.faults.add(fault));
    await shop.task(task);
    for (const id of ids) shop.sandbox.faults.remove(id);
    const met = shop.sandbox.requests.all.slice(before).flatMap((request) => request.faults ?? []);
    expect(new Set(met), `${task} met them`).toEqual(new Set(faults.map(({ kind }) => kind)));
    expect(shop.where()).toEqual({ 'shop-production': `${there} × 3`, 'shop-test': `${back} × 3` });
  }
  expect(shop.health.lowest()).toBe(3);
  await shop.expectNoFailures();
}

describe.concurrent('AWS misbehaves during a switch: it ends well, and no client notices', () => {
  scenario('requests are throttled', async ({ rig }) => {
    await switchDespite(await rig(), [{ kind: 'throttle', operation: '*', count: 5 }]);
  });

  scenario('the whole API is throttled by a token bucket', async ({ rig }) => {
    const shop = await rig({ throttle: { requestsPerSecond: 3, burst: 2 } });
    await shop.task('up --release 42');
    await shop.task('promote');
    expect(
      shop.sandbox.requests.all.filter(({ code }) => /Throttl|RequestLimit/.test(code ?? '')).length,
    ).toBeGreaterThan(0);
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });

  scenario('everything is throttled for longer than a request is tried: it goes on, and says so', async ({ rig }) => {
    const shop = await rig({ config: { aws: '{ requestsPerSecond: 100, maxAttempts: 2, consistencyDelay: 300ms }' } });
    await shop.task('up --release 42');
    await shop.healthyIn('shop-test', '42');
    const program = shop.start('promote --yes');
    const planned = (): boolean => program.written.includes('Plan:');
    await poll(planned, 'a plan', 20_000);
    const tried = shop.sandbox.requests.all.length;
    shop.sandbox.faults.add({ kind: 'throttle', operation: '*', forMs: 4000 });
    const { exitCode, stdout } = await program.ended;
    const throttled = shop.sandbox.requests.all.slice(tried).filter(({ faults }) => faults?.includes('throttle'));
    expect(throttled.length).toBeGreaterThan(3);
    expect(stdout).toContain('AWS is throttling requests; continuing');
    expect(exitCode, stdout).toBe(0);
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });

  scenario('requests fail with 500 and 503, and connections are cut', async ({ rig }) => {
    await switchDespite(await rig(), [
      { kind: 'error', operation: 'Describe*', status: 503, code: 'ServiceUnavailable', count: 3 },
      { kind: 'reset', operation: '*Targets', count: 2 },
    ]);
  });

  scenario('changes take effect, and yet are answered with an error or not at all', async ({ rig }) => {
    await switchDespite(await rig(), [
      { kind: 'error-after', operation: 'RegisterTargets', count: 2 },
      { kind: 'reset-after', operation: 'DeregisterTargets', count: 2 },
    ]);
  });

  scenario('descriptions show the past', async ({ rig }) => {
    await switchDespite(await rig(), [{ kind: 'stale', operation: 'Describe*', ms: 900 }]);
  });

  scenario('each answer is late', async ({ rig }) => {
    await switchDespite(await rig(), [{ kind: 'delay', operation: '*', ms: 150 }]);
  });

  scenario('a launch and a termination that are answered with errors happen once', async ({ rig }) => {
    const shop = await rig();
    shop.sandbox.faults.add({ kind: 'error-after', operation: 'RunInstances', count: 2 });
    await shop.task('up --release 42');
    expect(shop.instancesOf('42')).toHaveLength(3);
    await shop.task('promote');
    shop.sandbox.faults.add({ kind: 'error-after', operation: 'TerminateInstances', count: 1 });
    shop.sandbox.faults.add({ kind: 'error-after', operation: 'CreateTags', count: 1 });
    await shop.task('cleanup --wait');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '' });
    expect(shop.instancesOf('41')).toEqual([]);
    await shop.expectNoFailures();
  });

  scenario('AWS is not there at all: each command says so, and exits with 2', async ({ rig }) => {
    const shop = await rig({ instances: 1, config: { endpoint: 'http://127.0.0.1:9', aws: '{ maxAttempts: 2 }' } });
    for (const command of ['status', 'up --release 42 --yes', 'promote --plan']) {
      const { exitCode, stderr, stdout } = await shop.run(command);
      expect(exitCode, stdout + stderr).toBe(2);
      expect(stdout + stderr).toMatch(/could not be reached[\s\S]*endpoint/);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    await shop.expectNoFailures();
  });
});
