import { expect } from 'vitest';
import { scenario } from '../support/rig.ts';

const CHECKS =
  "[{ url: 'http://{address}:8080/', json: { release: '{release}' } }, { path: /health, header: { x-release: '{release}' } }]";

scenario('green that is healthy and answers with errors is not up, and gets nothing of production', async ({ rig }) => {
  const shop = await rig({
    config: { checks: CHECKS, timeouts: '{ boot: 20s, healthy: 20s, drained: 20s, warm: 2s }' },
  });
  const errors = { name: 'errors', ms: 0, percent: 100 } as const;
  shop.sandbox.instances.setReleaseBehaviour('42', errors);
  const cold = await shop.task('up --release 42', 'failed');
  expect(cold).toMatchObject({
    code: 'failed',
    exitCode: 3,
    message: expect.stringMatching(/: HTTP 500\)\. What was/),
  });
  expect(shop.statesIn('shop-test', '42'), 'and yet').toEqual(['healthy', 'healthy', 'healthy']);
  shop.sandbox.instances.setReleaseBehaviour('42', { name: 'ok', ms: 0 });
  await shop.task('resume');
  const [one] = shop.instancesOf('42');
  shop.sandbox.instances.setBehaviour(one!, errors);
  const { message } = await shop.task('promote', 'undone');
  expect(message).toContain(`(${one}: HTTP 500)`);
  expect(shop.where()).toEqual({ 'shop-production': '41 × 3', 'shop-test': '42 × 3' });
  shop.sandbox.instances.setBehaviour(one!, undefined);
  await shop.task('promote');
  await shop.task('rollback');
  await shop.expectNoFailures();
});
