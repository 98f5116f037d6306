import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { undocumented } from '../../tools/docs/lines.ts';
import type { Finding } from '../../src/run/doctor/finding.ts';
import { scenario, type Rig } from '../support/rig.ts';

/** What `doctor` finds in front of a real store, a real load balancer and EC2's dry runs. */

interface Seen {
  readonly exitCode: number | null;
  readonly findings: readonly Finding[];
}

async function doctor(shop: Rig, command = '', variables: Readonly<Record<string, string>> = {}): Promise<Seen> {
  const { stdout, stderr, exitCode } = await shop.start(`doctor --json ${command}`, variables).ended;
  const line = JSON.parse(stdout || stderr) as { type: string; findings: readonly Finding[] };
  expect(undocumented(line)).toEqual([]);
  return { exitCode, findings: line.findings };
}

function of({ findings }: Seen, state: Finding['state']): readonly string[] {
  return findings.filter((one) => one.state === state).map(({ topic, code = '' }) => `${topic} ${code}`.trim());
}

/** Of what would change something in AWS: how it was answered. */
function answers(shop: Rig): readonly string[] {
  const changes = shop.sandbox.requests.all.filter(({ operation }) => !/^(Describe|Get|List|Simulate)/.test(operation));
  return [...new Set(changes.map(({ operation, code }) => `${operation} ${code}`))].toSorted();
}

const HOOK = { hooks: '{ beforeTask: [{ run: [./hook.sh] }] }' };
const DEPLOY = { deploy: '{ kind: command, run: [./deploy.sh] }' };

describe('doctor', () => {
  scenario('finds all as it should be, and changes nothing', async ({ rig }) => {
    const shop = await rig({ adopted: true, marker: 'json: release', config: HOOK });
    const hook = path.join(shop.folder, 'hook.sh');
    await writeFile(hook, '#!/bin/sh\n');
    await chmod(hook, 0o755);
    const tags = async () => (await shop.status()).fleets;
    const before = await tags();
    shop.forgetRequests();

    const seen = await doctor(shop, '--release 42');
    expect(of(seen, 'failure')).toEqual([]);
    expect(seen.exitCode).toBe(0);
    expect(of(seen, 'not-checked')).toEqual([]);
    expect(seen.findings).toContainEqual(
      expect.objectContaining({ says: expect.stringMatching(/^Security groups let/) }),
    );
    expect(new Set(of(seen, 'ok'))).toContain('hooks');
    expect(new Set(of(seen, 'ok'))).toContain('marker');
    expect(new Set(of(seen, 'ok'))).toContain('capacity');

    const asked = ['CreateTags', 'DeleteTags', 'RunInstances', 'TerminateInstances'];
    expect(answers(shop)).toEqual(asked.map((operation) => `${operation} DryRunOperation`));
    expect(await tags()).toEqual(before);
    expect(shop.instancesOf('41')).toHaveLength(3);
    expect(shop.instancesOf('42')).toEqual([]);
    expect(await shop.underWay()).toEqual({ goal: undefined, lease: undefined });
  });

  scenario('says before the first day that adopt comes next, and asks for what that needs', async ({ rig }) => {
    const shop = await rig({ adopted: false });
    const seen = await doctor(shop, '--release 42');
    expect(seen.exitCode).toBe(0);
    expect(of(seen, 'warning')).toContain('fleets not-adopted');
    expect(answers(shop)).toEqual(['CreateTags DryRunOperation', 'RunInstances DryRunOperation']);
  });

  scenario('names what EC2 does not allow, what does not exist, and a store that is no good in CI', async ({ rig }) => {
    const shop = await rig({ adopted: true, config: { ...HOOK, ...DEPLOY, store: '{ kind: file, path: shop.db }' } });
    shop.sandbox.faults.add({
      kind: 'error',
      operation: 'TerminateInstances',
      code: 'UnauthorizedOperation',
      status: 403,
      message: 'You are not authorized to perform this operation.',
    });
    const seen = await doctor(shop, '--release 99', { CI: '1' });
    expect(seen.exitCode).toBe(2);
    expect(of(seen, 'failure')).toEqual([
      'store store-file-in-ci',
      'release no-such-image',
      'permissions access-denied',
      'deploys no-program',
      'hooks',
    ]);
  });

  scenario('says what a run in progress holds, and what AWS cannot be asked', async ({ rig }) => {
    const shop = await rig({ adopted: true });
    const back = shop.slow('RunInstances', 3000);
    const up = shop.start('up --release 42 --yes');
    await expect.poll(async () => (await shop.underWay()).lease, { timeout: 15_000 }).toBe('up');
    const seen = await doctor(shop);
    expect(seen.findings).toContainEqual(
      expect.objectContaining({ topic: 'store', state: 'ok', says: expect.stringContaining('up by') }),
    );
    back();
    await up.ended;

    shop.sandbox.faults.add({ kind: 'error', operation: 'DescribeTargetGroups', code: 'AccessDenied', status: 403 });
    const blind = await doctor(shop);
    expect(blind.exitCode).toBe(2);
    expect(of(blind, 'failure')).toEqual(['permissions access-denied']);
    expect(of(blind, 'not-checked')).toEqual(['fleets']);
    expect((await doctor(shop, '', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' })).findings).toContainEqual(
      expect.objectContaining({ topic: 'credentials', state: 'failure', code: 'no-credentials' }),
    );
  });
});
