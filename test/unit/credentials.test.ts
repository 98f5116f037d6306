import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { renewsItself, withProfile, type MfaCode } from '../../src/aws/credentials.ts';
import { Ec2 } from '../../src/aws/ec2.ts';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import type { SessionOptions } from '../../src/aws/session.ts';
import { OperatorError } from '../../src/errors.ts';
import { openSession, withoutAws } from '../support/aws.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { Rig } from '../support/fake-run-task.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

const SERIAL = 'arn:aws:iam::123456789012:mfa/ann';
const CONFIG = `[sso-session corp]
sso_region = eu-west-1
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/deployer
source_profile = base
mfa_serial = ${SERIAL}
[profile base]
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = example
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnout-credentials-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  onTestFinished(() => withoutAws());
});

/** A session with these profiles, and no other credentials. */
async function withProfiles(options: Partial<SessionOptions>) {
  const sandbox = await quickSandbox();
  onTestFinished(async () => sandbox.close());
  const session = openSession(sandbox.url, options);
  withoutAws();
  process.env['AWS_CONFIG_FILE'] = join(folder, 'config');
  writeFileSync(join(folder, 'config'), CONFIG);
  return session;
}

/** Answers AssumeRole with a session that ends then, and keeps what it was asked. */
async function startSts(endsAt: string): Promise<readonly string[]> {
  const asked: string[] = [];
  const server = createServer((asking, answer) => {
    asking.on('data', (part) => asked.push(String(part)));
    const keys = `<AccessKeyId>A</AccessKeyId><SecretAccessKey>b</SecretAccessKey><SessionToken>c</SessionToken>`;
    answer.end(
      `<AssumeRoleResponse><AssumeRoleResult><Credentials>${keys}<Expiration>${endsAt}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    );
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  process.env['AWS_ENDPOINT_URL_STS'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return asked;
}

test('a profile with MFA asks for one code, whatever the number of clients', async () => {
  const mfaCode = vi.fn<MfaCode>(async () => '123456');
  const session = await withProfiles({ profile: 'mfa', mfaCode });
  const endsAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000).toISOString();
  const asked = await startSts(endsAt);
  const [elbv2, ec2] = [new Elbv2(session), new Ec2(session)];
  await Promise.all([elbv2.allTargetGroups(), ec2.instances([], Object)]);
  expect(mfaCode.mock.calls).toEqual([[SERIAL]]);
  expect(asked).toEqual([expect.stringContaining('TokenCode=123456')]);
  expect(session.connection).toMatchObject({ credentialsEndAt: Date.parse(endsAt) });
});

test('without a terminal to ask for a code, it says how to log in', async () => {
  const session = await withProfiles({ profile: 'mfa' });
  const error = await errorOf(new Elbv2(session).allTargetGroups());
  expect(error).toMatchObject({ code: 'mfa-code', message: expect.stringContaining(SERIAL) });
  expectAdvice(error);
});

test.each([
  ['the config', { profile: 'nosuch' }, /no profile nosuch \(`profile` in the config\).*There are: base and mfa\./],
  ['the environment', {}, /no profile nosuch \(AWS_PROFILE\).*There are: base and mfa\./],
])('a profile that does not exist is refused by name, before anything is asked (%s)', async (_, options, says) => {
  const session = await withProfiles(options);
  process.env['AWS_PROFILE'] = 'nosuch';
  const error = await errorOf(new Elbv2(session).allTargetGroups());
  expect(error).toMatchObject({ code: 'unknown-profile', message: expect.stringMatching(says) });
  expectAdvice(error);
  expect(session.requests).toBe(0);
});

test('credentials that are rejected are named by their profile', () => {
  const rejected = new OperatorError('bad-credentials', 'AWS rejected the credentials.', { next: ['Log in again.'] });
  expect(withProfile(rejected, 'shop').next).toEqual([
    'Log in again.',
    'The profile is shop (`profile` in the config); with SSO: `aws sso login --profile shop`.',
  ]);
  expect(withProfile(rejected, undefined).next).toEqual(['Log in again.']);
});

test('roles of machines renew themselves', () => {
  expect(renewsItself({ $source: { CREDENTIALS_IMDS: '0' } })).toBe(true);
  expect(renewsItself({ $source: { CREDENTIALS_ENV_VARS: 'g' } })).toBe(false);
  expect(renewsItself({})).toBe(false);
});

test('a plan that takes longer than the credentials says so before it begins', async () => {
  const rig = new Rig();
  rig.connection = { credentialsEndAt: rig.fake.clock.now() + 1000 };
  await rig.run('promote');
  const notes = rig.events.flatMap((event) => (event.type === 'planned' ? event.notes : []));
  expect(notes).toContainEqual(
    expect.stringMatching(/^These credentials end in 1 s, and this takes about .*Log in again/),
  );
  const other = new Rig();
  other.connection = { credentialsEndAt: other.fake.clock.now() + 3_600_000 };
  await other.run('promote');
  expect(JSON.stringify(other.events)).not.toContain('These credentials');
});
