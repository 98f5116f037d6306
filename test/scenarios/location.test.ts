import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { tasks } from '../../tasks/index.ts';
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
