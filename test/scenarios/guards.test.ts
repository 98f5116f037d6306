import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { finished } from '../support/program.ts';
import { poll } from '../support/poll.ts';
import { scenario, type Rig } from '../support/rig.ts';

const BLUE_ONLY = { 'shop-production': '41 × 3', 'shop-test': '' };

/** Runs a task that must be refused for that reason, with advice, without any change. */
async function expectRefused(shop: Rig, task: string, code: string, advice: RegExp): Promise<string> {
  shop.forgetRequests();
  const last = await shop.task(task, 'refused');
  expect(last, last.message).toMatchObject({ code, exitCode: 2 });
  expect(last.message, 'a sentence').toMatch(/^(?:[A-Z`'\d]|i-).*[.?]$/s);
  expect(last.next.join('\n')).toMatch(advice);
  expect(shop.changes, task).toEqual([]);
  return last.message;
}

describe.concurrent('what is refused, with a sentence and without a change', () => {
  scenario('verbs that have nothing to work on, and a second green', async ({ rig }) => {
    const shop = await rig({ instances: 1 });
    await expectRefused(shop, 'promote', 'no-green', /turnout up --release/);
    await expectRefused(shop, 'rollback', 'nothing-to-roll-back', /turnout up --release/);
    await expectRefused(shop, 'adopt --release 41', 'adopted-already', /turnout status/);
    await expectRefused(shop, 'resume', 'nothing-to-resume', /turnout status/);
    expect((await shop.task('abandon', 'refused')).code).toBe('nothing-to-abandon');
    expect((await shop.task('unlock', 'refused')).code).toBe('nothing-to-unlock');
    expect(await expectRefused(shop, 'up --release 99', 'no-such-image', /./)).toContain('shop-99');
    expect((await shop.task('cleanup')).message).toContain('Nothing to do');
    await mkdir(path.join(shop.folder, 'report.html'));
    const { lines } = await shop.run('up --release 42 --report report.html --yes --json');
    expect(lines.at(-1), 'a folder is in the place of the report').toMatchObject({ code: 'no-report' });
    expect(await expectRefused(shop, 'up --release 43', 'green-exists', /turnout cleanup --discard/)).toContain('42');
    shop.sandbox.faults.add({ kind: 'drain', ms: 60_000 });
    await shop.task('promote');
    await expectRefused(shop, 'cleanup', 'draining', /--wait/);
    await expectRefused(shop, 'up --release 43', 'parked-exists', /turnout cleanup/);
    await shop.expectNoFailures();
  });

  scenario('a green that is smaller than blue, unless the floor is lowered on purpose', async ({ rig }) => {
    const shop = await rig();
    await shop.task('up --release 42 --count 2');
    expect(shop.where()).toEqual({ 'shop-production': '41 × 3', 'shop-test': '42 × 2' });
    await expectRefused(shop, 'promote', 'too-small', /--min-healthy 2/);
    expect(shop.where()['shop-production']).toBe('41 × 3');
    await shop.task('promote --min-healthy 2');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 2', 'shop-test': '41 × 3' });
    expect(shop.health.lowest()).toBe(2);
    await shop.expectNoFailures();
  });

  scenario(
    'an unmanaged instance in production: what moves forward is refused until it is gone, the way back is not',
    async ({ rig }) => {
      const shop = await rig();
      await shop.task('up --release 42');
      const { sandbox } = shop;
      const [reservation] = [
        sandbox.ec2.run({ LaunchTemplate: { LaunchTemplateName: 'shop-web' }, MinCount: 1, MaxCount: 1 }, 0),
      ];
      const id = reservation.Instances![0]!.InstanceId!;
      await poll(() => sandbox.instances.find(id)?.state === 'running', 'the unmanaged instance runs');
      const target = { TargetGroupArn: sandbox.production[0]!.arn, Targets: [{ Id: id, Port: 8080 }] };
      await sandbox.elbv2.operations['RegisterTargets']!(target);
      for (const task of ['promote', 'cleanup', 'up --release 43']) {
        expect(await expectRefused(shop, task, 'unmanaged-instance', /target group|tag/)).toContain(id);
      }
      const back = finished(await shop.run('rollback --yes --json'));
      expect([back.code, back.exitCode]).toEqual(['needs-attention', 4]);
      expect(back.message).toContain(id);
      expect((await shop.run('status')).stdout).toContain(id);
      await sandbox.elbv2.operations['DeregisterTargets']!(target);
      await shop.task('promote');
      await shop.expectNoFailures();
    },
  );

  scenario(
    'trap 3: of two runs at once the second is told who holds the lease, and changes nothing',
    async ({ rig }) => {
      // It waits until it is stopped.
      const shop = await rig({ registration: 60_000 });
      const first = shop.start('up --release 42 --yes --json');
      await first.reaches('await-healthy shop-test');
      shop.forgetRequests();
      const ended = await shop.run('up --release 43 --yes --json');
      const second = finished(ended);
      expect([second.code, second.exitCode, ended.exitCode]).toEqual(['lease-held', 2, 2]);
      expect(second.message).toMatch(
        /up of release 42, by \S+@\S+ on \S+ \(process \d+\), for \d+ s; \d of \d steps are done/,
      );
      expect(second.message).toContain(`process ${first.pid}`);
      expect(second.message).toContain('wait until healthy in shop-test');
      expect(second.next.join()).toMatch(/--wait 15m.*turnout lock.*turnout unlock/);
      expect(shop.changes).toEqual([]);
      expect((await shop.status()).lease).toMatchObject({ holder: { verb: 'up', release: '42', pid: first.pid } });
      const plan = await shop.run('cleanup --discard --plan --json');
      expect(finished(plan).result, 'a plan needs no lease').toBeOneOf(['planned', 'refused']);
      first.kill('SIGINT');
      expect(finished(await first.ended).result).toBe('interrupted');
      await shop.task('cleanup --discard');
      expect(shop.where()).toEqual(BLUE_ONLY);
      await shop.expectNoFailures();
    },
  );

  scenario('resume that has waited for a run which then ended by itself begins nothing', async ({ rig }) => {
    const shop = await rig();
    await shop.task('up --release 42');
    shop.sandbox.times.registrationMs = 8000;
    const promote = shop.start('promote --yes --json');
    await promote.reaches('await-healthy shop-production');
    const resume = shop.start('resume --wait 1m --yes --json');
    await resume.line(({ type }) => type === 'queued');
    expect(finished(await promote.ended).result).toBe('done');
    shop.forgetRequests();
    const late = await resume.ended;
    expect(finished(late)).toMatchObject({ result: 'refused', code: 'nothing-to-resume', exitCode: 2 });
    expect(shop.changes).toEqual([]);
    expect(shop.where()['shop-production']).toBe('42 × 3');
    await shop.expectNoFailures();
  });

  scenario('a task while another verb is unfinished: it says which, and every way out works', async ({ rig }) => {
    const shop = await rig();
    shop.sandbox.times.bootMs = 4000;
    const up = shop.start('up --release 42 --yes --json');
    await up.reaches('await-running');
    up.kill('SIGKILL');
    await up.ended;
    const message = await expectRefused(shop, 'promote', 'unfinished', /turnout up.*resume[\s\S]*abandon/);
    expect(message).toMatch(/earlier up of 42 by \S+@\S+ did not end: \d of \d steps/);
    await expectRefused(shop, 'up --release 43', 'other-release', /turnout up --release 42/);
    expect((await shop.run('status')).stdout).toMatch(/up of 42|up.*42.*did not end/);
    await shop.task('resume');
    await shop.task('promote');
    await shop.expectNoFailures();
  });

  scenario('without --yes and without a terminal nothing is done', async ({ rig }) => {
    const shop = await rig({ instances: 1 });
    for (const flags of ['', ' --json']) {
      shop.forgetRequests();
      const ended = await shop.run(`up --release 42${flags}`);
      expect(ended.exitCode).toBe(2);
      expect(ended.stdout + ended.stderr).toMatch(/Not confirmed\.[\s\S]*--yes/);
      expect(shop.changes).toEqual([]);
    }
    expect(await shop.underWay()).toEqual({ goal: undefined, lease: undefined });
    await shop.expectNoFailures();
  });

  scenario(
    'an instance that is protected from termination: cleanup says so, and goes on once it is not',
    async ({ rig }) => {
      const shop = await rig();
      await shop.task('up --release 42');
      await shop.task('promote');
      const [InstanceId] = shop.instancesOf('41');
      const protect = async (Value: boolean): Promise<void> => {
        await shop.sandbox.ec2.operations['ModifyInstanceAttribute']!({ InstanceId, DisableApiTermination: { Value } });
      };
      await protect(true);
      const failed = await shop.task('cleanup --wait', 'failed');
      expect(failed).toMatchObject({ exitCode: 3 });
      expect(failed.message).toContain('Termination protection keeps instances from being terminated.');
      // EC2 has terminated those of the other zones.
      const left = shop.instancesOf('41').length;
      expect(left).toBeLessThan(3);
      expect(failed.message).toContain(
        `42 serves production as before. ${left} of 3 instances of 41 ${left === 1 ? 'is' : 'are'} left.`,
      );
      expect(failed.next.join()).toContain('--no-disable-api-termination');
      expect(shop.where()['shop-production']).toBe('42 × 3');
      await protect(false);
      await shop.task('cleanup --wait');
      expect(shop.instancesOf('41')).toEqual([]);
      await shop.expectNoFailures();
    },
  );
});
