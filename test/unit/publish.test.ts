import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadFollowConfig } from '../../src/config/follow.ts';
import { publishRelease } from '../../src/commands/publish.ts';
import { openBucket } from '../../src/releases/index.ts';
import { openSession } from '../support/aws.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { freshFolder } from '../support/follow-world.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

const BASE = `environment: shop
fleet: { kind: ec2, image: { name: 'shop-{release}' } }
traffic: { kind: target-groups, production: [{ targetGroup: a }], test: [{ targetGroup: b }] }
`;
const PULL = `${BASE}deploy: { kind: pull, bucket: releases, prefix: shop }
instanceCheck: { url: 'http://{address}/', contains: '{release}' }
`;

function written(text: string): string {
  const file = path.join(freshFolder(), 'shop.yml');
  writeFileSync(file, text);
  return file;
}

test.each([
  ['the config has no bucket', { config: written(BASE), bundle: 'x' }, 'no-pull'],
  ['there is no such file', { config: written(PULL), bundle: '/none' }, 'file-unreadable'],
  ['it is empty', { config: written(PULL), bundle: written('') }, 'file-unreadable'],
  ['there is no such key', { config: written(PULL), bundle: written('x'), 'sign-with': '/none' }, 'file-unreadable'],
  ['the key is no key', { config: written(PULL), bundle: written('x'), 'sign-with': written('x') }, 'bad-key'],
])('nothing is published when %s', async (_, args, code) => {
  const error = await errorOf(publishRelease(args, { release: '42' }));
  expect(error.code).toBe(code);
  expectAdvice(error);
});

test('a bucket that does not exist is named', async () => {
  const sandbox = await quickSandbox({ instances: 0 });
  try {
    const error = await errorOf(openBucket(openSession(sandbox.url), { bucket: 'none', prefix: 'shop' }).pointer());
    expect(error).toMatchObject({ code: 'no-bucket', message: 'The bucket none does not exist.' });
    expectAdvice(error);
  } finally {
    await sandbox.close();
  }
});

test('a config with pull deploys asks the instances: their reports are no proof', async () => {
  const text = PULL.replace(/instanceCheck.*\n/, "instanceCheck: { url: 'http://{address}/' }\n");
  const error = await errorOf(publishRelease({ config: written(text), bundle: 'x' }, { release: '42' }));
  expect(error.message).toMatch(/4:1 {2}deploy\s+expected instanceCheck with \{release\} in contains or url/);
});

const FOLLOW =
  "bucket: releases\nprefix: shop\nfolder: /opt/shop\nrestart: [x]\ncheck: { url: 'http://a/{release}' }\n";

function followErrorOf(text: string | undefined): { readonly code: string; readonly message: string } {
  const where = { path: text === undefined ? undefined : written(text), env: {}, cwd: '/' };
  try {
    return { code: 'none', message: JSON.stringify(loadFollowConfig(where)) };
  } catch (error) {
    return error as { code: string; message: string };
  }
}

test.each([
  ['a whole one', FOLLOW, 'none', /"pollMs":10000/],
  ['none', undefined, 'config-missing', /No config file of `turnout follow` was named/],
  ['one with a key that is misspelt', `${FOLLOW}buket: x\n`, 'config-invalid', /did you mean bucket\?/],
  ['one with a relative folder', FOLLOW.replace('/opt', 'opt'), 'config-invalid', /folder: expected an absolute path/],
  [
    'one whose check knows no release',
    FOLLOW.replace('{release}', ''),
    'config-invalid',
    /the release before would pass/,
  ],
])('the config of turnout follow: %s', (_, text, code, message) => {
  expect(followErrorOf(text)).toMatchObject({ code, message });
});
