import { appendFile, cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { tasks } from '../../tasks/index.ts';
import { systemClock } from '../../src/clock.ts';
import { openFileStore } from '../../src/stores/file.ts';
import { poll } from '../support/poll.ts';
import { finished } from '../support/program.ts';
import { scenario } from '../support/rig.ts';

const HERE = { account: '123456789012', region: 'eu-west-1' };

/** What each verb takes at least. */
const ARGS: Readonly<Record<string, string>> = {
  adopt: '--release 41',
  up: '--release 42',
  rolling: '--release 42',
  deploy: '--instance i-0123456789abcdef0 --release 42',
  drain: 'i-0123456789abcdef0',
  join: 'i-0123456789abcdef0',
};

describe.concurrent('where an environment is', () => {
  scenario('credentials of another account are refused by every command, and change nothing', async ({ rig }) => {
    const shop = await rig({ config: { account: "'210987654321'" } });
    const profiles = path.join(shop.folder, 'credentials');
    await writeFile(profiles, '[stage]\naws_access_key_id = sandbox\naws_secret_access_key = sandbox\n');
    const stage = { AWS_PROFILE: 'stage', AWS_SHARED_CREDENTIALS_FILE: profiles };
    const commands = Object.keys(tasks).map((verb) => `${verb} ${ARGS[verb] ?? ''}`);
    for (const command of commands) {
      const refused = finished(await shop.start(`${command} --yes --json`, stage).ended);
      expect(refused, command).toMatchObject({ code: 'other-account', result: 'refused', exitCode: 2 });
      expect(refused.message).toContain('(AWS_PROFILE=stage) are of account 123456789012');
      expect(refused.message).toMatch(/`account` in \S+shop\.yml is 210987654321/);
    }
    const status = await shop.run('status');
    expect(status).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('account 123456789012') });
    expect((await shop.run('rollback --print')).stderr).toContain('account 123456789012');
    expect(shop.changes).toEqual([]);
  });

  scenario('two regions in one default store have records of their own', async ({ rig }) => {
    const [eu, us] = await Promise.all([rig({ registration: 3000 }), rig({ region: 'us-east-1' })]);
    const file = path.join(eu.folder, 'us.yml');
    await cp(path.join(us.folder, 'shop.yml'), file);
    const inUs = async (command: string) => us.start(command, { TURNOUT_CONFIG: file }).ended;
    await eu.task('up --release 42');
    const promote = eu.start('promote --yes --json');
    await poll(() => eu.where()['shop-production'] === '41 × 3, 42 × 3', 'both are registered', 15_000);
    promote.kill('SIGKILL');
    await promote.ended;
    expect(finished(await inUs('up --release 43 --yes --json'))).toMatchObject({ code: 'done' });
    expect(JSON.parse((await inUs('status --json')).stdout)).toMatchObject({
      goal: null,
      location: { region: 'us-east-1' },
    });
    expect(finished(await inUs('abandon --yes --json'))).toMatchObject({ code: 'nothing-to-abandon' });
    expect(finished(await inUs('promote --yes --json'))).toMatchObject({ code: 'done' });
    expect((await inUs('history --json')).lines.map(({ verb }) => verb)).toEqual(['promote', 'up']);
    expect(await eu.status()).toMatchObject({ goal: { verb: 'promote' } });
    await eu.task('resume');
    expect(eu.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    await eu.expectNoFailures();
  });

  scenario('records of another account are refused by name, and stay', async ({ rig }) => {
    const shop = await rig();
    const store = openFileStore(shop.storePath, { environment: 'shop', clock: systemClock });
    await store.fact('region', HERE.region);
    await store.fact('account', '210987654321');
    await store.close();
    const refused = await shop.task('up --release 42', 'refused');
    expect(refused.message).toContain(
      'are of account 210987654321, eu-west-1; the answers come from account 123456789012',
    );
    for (const command of ['promote', 'abandon', 'unlock', 'up --release 42 --plan'])
      expect(finished(await shop.run(`${command} --yes --json`)), command).toMatchObject({ code: 'other-location' });
    expect((await shop.run('status')).stdout).toMatch(
      /Store: The records in file \S+ on \S+ are of\s+account 210987654321/,
    );
    // The advice.
    await appendFile(path.join(shop.folder, 'shop.yml'), "account: '123456789012'\nregion: eu-west-1\n");
    await shop.task('up --release 42');
    expect(shop.changes).not.toEqual([]);
  });

  scenario('is in the plan, in status, in the question and in the journal, with what is not AWS', async ({ rig }) => {
    const shop = await rig({ config: { account: `'${HERE.account}'` } });
    const location = { ...HERE, endpoint: shop.sandbox.url };
    const text = `account 123456789012, eu-west-1, endpoint ${shop.sandbox.url}, not AWS`;
    expect((await shop.run('up --release 42 --plan')).stdout).toContain(`In ${text}`);
    const asked = await shop.run('up --release 42 --json');
    expect(asked.lines).toContainEqual(expect.objectContaining({ type: 'planned', location }));
    expect(asked.stdout).toContain(`(${text}) With --json it cannot ask.`);
    await shop.task('up --release 42');
    expect((await shop.run('status')).stdout).toContain(`In ${text}`);
    expect(await shop.status()).toMatchObject({ location });
    expect((await shop.run('history --json')).lines[0]).toMatchObject({ verb: 'up', location });
    expect((await shop.run('history')).stdout).toContain(`in ${text}`);
  });

  scenario(
    "the sandbox's exports, left in a shell, are seen also without an endpoint in the config",
    async ({ rig }) => {
      const shop = await rig();
      const file = path.join(shop.folder, 'shop.yml');
      await writeFile(file, (await readFile(file, 'utf8')).replace(/^endpoint: .*\n/m, ''));
      expect((await shop.run('status')).stdout).toContain(`endpoint ${shop.sandbox.url}, not AWS`);
    },
  );
});
