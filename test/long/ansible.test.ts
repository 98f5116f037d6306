/** Ansible's modules work on the sandbox: botocore and code that reads what it has made, and compares. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { ANSIBLE, isInstalled } from '../../tools/bench/peer-tools.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { callEc2, callElbv2, quickSandbox } from '../support/quick-sandbox.ts';

interface TaskResult {
  readonly changed: boolean;
  readonly instance_target_groups?: readonly object[];
}

/** What each task of a play says. JSON is YAML, too. */
async function play(sandbox: Sandbox, tasks: readonly object[]): Promise<readonly TaskResult[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'turnout-ansible-'));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const file = path.join(folder, 'play.json');
  const aws = { region: sandbox.region, endpoint_url: sandbox.url };
  const filled = tasks.map((task) =>
    Object.fromEntries(Object.entries(task).map(([module, options]) => [module, { ...options, ...aws }])),
  );
  await writeFile(
    file,
    JSON.stringify([{ hosts: 'localhost', connection: 'local', gather_facts: false, tasks: filled }]),
  );
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    ANSIBLE_STDOUT_CALLBACK: 'json',
    ANSIBLE_LOCALHOST_WARNING: 'false',
    ANSIBLE_INVENTORY_UNPARSED_WARNING: 'false',
  };
  const { stdout } = await promisify(execFile)(ANSIBLE.program, [file], { env }).catch((error: unknown) => {
    // Ansible says on stdout what failed.
    throw new Error((error as { readonly stdout: string }).stdout, { cause: error });
  });
  const { plays } = JSON.parse(stdout) as {
    readonly plays: readonly [{ readonly tasks: readonly { readonly hosts: { readonly localhost: TaskResult } }[] }];
  };
  return plays[0].tasks.map(({ hosts }) => hosts.localhost);
}

test('elb_application_lb changes nothing when it is run again, and elb_target_info finds a target', async ({
  skip,
}) => {
  if (!isInstalled(ANSIBLE)) skip(`there is no ${ANSIBLE.program} on the PATH; get it with: apt-get install ansible`);
  const sandbox = await quickSandbox({ instances: 1, consistency: 0 });
  onTestFinished(async () => sandbox.close());
  const { TargetGroups } = await callElbv2(sandbox, 'DescribeTargetGroups', { Names: ['shop-production'] });
  const { Vpcs } = await callEc2(sandbox, 'DescribeVpcs', {});
  for (const Name of ['acme', 'acme-new'])
    await callElbv2(sandbox, 'CreateTargetGroup', { Name, Protocol: 'HTTP', Port: 8080, VpcId: Vpcs[0].VpcId });
  const { SecurityGroups } = await callEc2(sandbox, 'DescribeSecurityGroups', {});
  const { Subnets } = await callEc2(sandbox, 'DescribeSubnets', {});
  const { TargetHealthDescriptions } = await callElbv2(sandbox, 'DescribeTargetHealth', TargetGroups[0]);
  const [instance_id] = (TargetHealthDescriptions as readonly { Target: { Id: string } }[]).map(
    ({ Target }) => Target.Id,
  );
  const balancer = {
    'amazon.aws.elb_application_lb': {
      name: 'acme',
      subnets: (Subnets as readonly { SubnetId: string }[]).map(({ SubnetId }) => SubnetId),
      listeners: [
        {
          Protocol: 'HTTP',
          Port: 8097,
          DefaultActions: [{ Type: 'forward', Order: 1, TargetGroupName: 'acme' }],
          Rules: [
            {
              Conditions: [{ Field: 'path-pattern', Values: ['/new/*'] }],
              Priority: '1',
              Actions: [{ Type: 'forward', Order: 1, TargetGroupName: 'acme-new' }],
            },
          ],
        },
      ],
      security_groups: (SecurityGroups as readonly { GroupId: string }[]).map(({ GroupId }) => GroupId),
      state: 'present',
    },
  };
  const found = { 'community.aws.elb_target_info': { instance_id } };
  const results = await play(sandbox, [balancer, balancer, found]);
  expect(results.map(({ changed }) => changed)).toEqual([true, false, false]);
  expect(results[2]?.instance_target_groups).toMatchObject([
    { target_group_arn: TargetGroups[0].TargetGroupArn, targets: [{ target_id: instance_id }] },
  ]);
});
