import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Ec2 } from '../../src/aws/ec2.ts';
import { systemClock } from '../../src/clock.ts';
import { openContext, type Context } from '../../src/commands/context.ts';
import type { HeldLease } from '../../src/record/lease.ts';
import { LEAST } from '../support/config.ts';
import { startFakeAws, type FakeAws, type Reply } from '../support/fake-aws.ts';

/** How a command on an environment is wired: what stands between its steps and AWS. */

async function opened(...replies: readonly Reply[]): Promise<{ readonly context: Context; readonly aws: FakeAws }> {
  const aws = await startFakeAws(...replies);
  onTestFinished(async () => aws.close());
  const folder = mkdtempSync(path.join(tmpdir(), 'turnout-context-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'sandbox').stubEnv('AWS_SECRET_ACCESS_KEY', 'sandbox');
  onTestFinished(() => void vi.unstubAllEnvs());
  const config = path.join(folder, 'shop.yml');
  writeFileSync(config, `region: eu-west-1\nendpoint: ${aws.url}\n${LEAST}`);
  const context = await openContext({ config, json: true });
  onTestFinished(async () => context.store.close());
  return { context, aws };
}

const HELD = { lease: { fence: 1 }, check: async () => {} } as unknown as HeldLease;

test('once a change was throttled, no other one of the same decision is sent', async () => {
  const { context, aws } = await opened({ code: 'RequestLimitExceeded', status: 503 }, 'ok');
  const ec2 = new Ec2(context.session);
  context.guardBy(HELD);
  context.decision.made(systemClock.monotonic());
  await expect(ec2.terminate(['i-1'])).rejects.toMatchObject({ transient: true });
  await expect(ec2.terminate(['i-2'])).rejects.toMatchObject({ code: 'decision-expired', transient: true });
  expect(aws.attempts.map(({ action }) => action)).toEqual(['TerminateInstances']);
  context.decision.made(systemClock.monotonic());
  await ec2.terminate(['i-2']);
  expect(aws.attempts).toHaveLength(2);
});

test('no change is sent without a lease, nor without a decision', async () => {
  const { context, aws } = await opened('ok');
  const ec2 = new Ec2(context.session);
  context.decision.made(systemClock.monotonic());
  await expect(ec2.terminate(['i-1'])).rejects.toThrow('without a lease');
  context.guardBy(HELD);
  await ec2.terminate(['i-1']);
  const { context: other, aws: untouched } = await opened('ok');
  other.guardBy(HELD);
  await expect(new Ec2(other.session).terminate(['i-1'])).rejects.toMatchObject({ code: 'decision-expired' });
  expect([aws.attempts.length, untouched.attempts.length]).toEqual([1, 0]);
});
