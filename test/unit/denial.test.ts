import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { translate } from '../../src/aws/errors.ts';
import { sandboxOptionsOf } from '../../src/commands/sandbox.ts';
import { loadConfig } from '../../src/config/load.ts';
import { LEAST } from '../support/config.ts';

const WHO = 'User: arn:aws:sts::123456789012:assumed-role/deploy/ann';
const INSTANCES = 'arn:aws:ec2:eu-west-1:123456789012:instance/*';

function denied(name: string, message: string) {
  return translate(Object.assign(new Error(message), { name }), 'ec2:RunInstances');
}

test('the action that is missing is named, on what and for whom, though another operation was called', () => {
  const { message, next, action } = denied(
    'UnauthorizedOperation',
    `You are not authorized to perform this operation. ${WHO} is not authorized to perform: ec2:CreateTags on resource: ${INSTANCES} because no identity-based policy allows the ec2:CreateTags action. Encoded authorization failure message: kTORnjWbAdMPcnZ4lDB3ywCpyGfyJZO1PaLsdhJ2Q7I1YRV92ZoixoqRConjruhRAUX`,
  );
  expect(action).toBe('ec2:CreateTags');
  expect(message).toMatch(
    /^These credentials are not allowed to call ec2:RunInstances\. .* the ec2:CreateTags action\.$/,
  );
  expect(next).toEqual([
    `Allow \`ec2:CreateTags\` in the IAM policy of assumed-role/deploy on ${INSTANCES}; \`turnout permissions\` prints the policy for this config, and docs/permissions.md says what each is for.`,
  ]);
});

test.each([
  ['an explicit deny in a service control policy: arn:aws:organizations::1:policy/p-1', 'service control policy'],
  ['an explicit deny in a permissions boundary', 'permissions boundary'],
  ['an explicit deny in an identity-based policy', 'identity-based policy'],
])('where it is denied explicitly, that place is named: %s', (why, place) => {
  const { next } = denied('AccessDenied', `${WHO} is not authorized to perform: ec2:RunInstances with ${why}`);
  expect(next).toEqual([
    `An explicit deny in a ${place} forbids \`ec2:RunInstances\` to assumed-role/deploy: no Allow outweighs it, so it must be changed there.`,
  ]);
});

test('a service that says no more than no', () => {
  const { next, action } = denied('AccessDenied', 'Access denied');
  expect(action).toBe('ec2:RunInstances');
  expect(next[0]).toMatch(/^Allow `ec2:RunInstances` in the IAM policy of this role or user;/);
});

test('whoever may not launch from the template of a group is told the action, which Auto Scaling does not say', () => {
  const said = 'You are not authorized to use launch template: lt-0b27953098b749950';
  const error = Object.assign(new Error(said), { name: 'AccessDenied' });
  const { message, next, action } = translate(error, 'autoscaling:UpdateAutoScalingGroup');
  expect(action).toBe('ec2:RunInstances');
  expect(message).toMatch(
    /autoscaling:UpdateAutoScalingGroup .*\(ec2:RunInstances\)\. You are .* lt-0b27953098b749950\.$/,
  );
  expect(next).toEqual([expect.stringMatching(/^Allow `ec2:RunInstances` in the IAM policy of this role or user/)]);
});

test('the policy of the sandbox is read from beside the config; one that is not there is named', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'turnout-policy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'shop.yml');
  writeFileSync(file, `${LEAST}\nsandbox: { policy: policy.json }\n`);
  const config = loadConfig({ path: file, env: {}, cwd: folder });
  const read = () => sandboxOptionsOf(config);
  expect(read).toThrow(expect.objectContaining({ code: 'policy-unreadable' }));
  expect(read).toThrow(path.join(folder, 'policy.json'));
  writeFileSync(path.join(folder, 'policy.json'), '{}');
  expect(read().policy).toBe('{}');
});
