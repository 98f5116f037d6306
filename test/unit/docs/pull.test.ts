import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadFollowConfig } from '../../../src/config/follow.ts';
import { commentFor } from '../../../src/releases/signature.ts';
import { freshFolder } from '../../support/follow-world.ts';
import { needs } from '../../support/needs.ts';
import { blocks, readText } from './blocks.ts';

/** What docs/pull.md gives to copy is right as it stands. */

const [cloud = ''] = await blocks('docs/pull.md', 'yaml');
const units = await blocks('docs/pull.md', 'ini');
const cloudConfig = parse(cloud) as {
  readonly write_files: readonly { readonly path: string; readonly content: string }[];
  readonly runcmd: readonly (readonly string[])[];
};

test('systemd accepts the units', (context) => {
  needs(context, 'systemd-analyze', 'systemd');
  const folder = freshFolder();
  const files = units.map((text) => {
    const name = /^# \/etc\/systemd\/system\/(\S+)$/m.exec(text)?.[1] ?? 'none';
    const file = path.join(folder, name);
    // It looks for the programs, which are not on this machine.
    writeFileSync(file, text.replaceAll(/^ExecStart=\S+/gm, 'ExecStart=/bin/true'));
    return file;
  });
  expect(files.map((file) => path.basename(file))).toEqual(['turnout-follow.service', 'shop.service']);
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});

test('cloud-init writes a config that turnout follow takes, and starts its unit and no other', () => {
  const [file] = cloudConfig.write_files;
  const own = path.join(freshFolder(), 'follow.yml');
  writeFileSync(own, file!.content);
  expect(loadFollowConfig({ path: own, env: {}, cwd: '/' })).toMatchObject({ bucket: 'acme-releases', prefix: 'shop' });
  expect(units[0]).toContain(`--config ${file!.path}\n`);
  expect(cloudConfig.runcmd).toEqual([['systemctl', 'enable', '--now', 'turnout-follow']]);
});

test('the two configs name the same place', async () => {
  const text = await readText('docs/pull.md');
  const [, bucket, prefix] = /deploy: \{ kind: pull, bucket: ([\w-]+), prefix: ([\w-]+) \}/.exec(text) ?? [];
  expect(cloudConfig.write_files[0]?.content).toContain(`bucket: ${bucket}\nprefix: ${prefix}\n`);
});

test('the comment for minisign is the one that is compared', async () => {
  const [line = ''] = (await blocks('docs/pull.md', 'sh')).flatMap((text) => text.match(/minisign -S .*/g) ?? []);
  const folder = freshFolder();
  writeFileSync(path.join(folder, 'shop.tar.gz'), 'bundle\n');
  const said = line.replace(/^minisign .* -t /, 'printf %s ');
  const comment = execFileSync('sh', ['-c', said], { cwd: folder, encoding: 'utf8' });
  const sha256 = 'ef17b7d320f2acc023f2018dab381827ba22f9d01b6c4c97894e1bbfe4928313';
  expect(comment).toBe(commentFor({ release: '42', sha256 }, 'shop'));
});
