import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { Program, PROGRAM, type Ended } from '../support/program.ts';
import { poll } from '../support/poll.ts';
import { callElbv2, quickSandbox } from '../support/quick-sandbox.ts';

const run = promisify(execFile);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** From an account that knows nothing of turnout to the first release, without a file edited by hand. */

test('init, doctor, permissions, adopt, up, promote, cleanup', { timeout: 240_000 }, async () => {
  const sandbox = await quickSandbox({
    environment: 'base',
    adopted: false,
    imageName: 'acme-web-{release}',
    releases: ['41', '42'],
    healthCheck: { interval: 1000, timeout: 900 },
  });
  onTestFinished(async () => sandbox.close());
  const folder = await mkdtemp(path.join(tmpdir(), 'turnout-init-'));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    AWS_ENDPOINT_URL: sandbox.url,
    AWS_REGION: sandbox.region,
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
  };
  const turnout = async (command: string): Promise<Ended> =>
    new Program(command, command.split(' '), { cwd: folder, env }).ended;
  const done = async (command: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await turnout(command);
    expect(exitCode, `${command}: ${stdout}${stderr}`).toBe(0);
    return stdout;
  };

  // A group of its own name and a listener, with nothing for test traffic.
  const [seeded] = sandbox.production;
  const { TargetGroups } = await callElbv2(sandbox, 'DescribeTargetGroups', { TargetGroupArns: [seeded!.arn] });
  const [{ VpcId, LoadBalancerArns }] = TargetGroups;
  const made = await callElbv2(sandbox, 'CreateTargetGroup', {
    Name: 'acme-web',
    Protocol: 'HTTP',
    Port: 8080,
    VpcId,
    HealthCheckPath: '/health',
  });
  const arn = made.TargetGroups[0].TargetGroupArn as string;
  const [LoadBalancerArn] = LoadBalancerArns as [string];
  const listen = async (TargetGroupArn: string, Port: number) =>
    callElbv2(sandbox, 'CreateListener', {
      LoadBalancerArn,
      Protocol: 'HTTP',
      Port,
      DefaultActions: [{ Type: 'forward', TargetGroupArn }],
    });
  await listen(arn, await freePort());
  sandbox.elbv2.setGroupTimes(arn, { intervalMs: 1000, timeoutMs: 900, deregistrationDelayMs: 300 });
  await callElbv2(sandbox, 'RegisterTargets', {
    TargetGroupArn: arn,
    Targets: sandbox.blue.map((Id) => ({ Id, Port: seeded!.port })),
  });
  for (const id of sandbox.blue)
    await callElbv2(sandbox, 'DeregisterTargets', {
      TargetGroupArn: seeded!.arn,
      Targets: [{ Id: id, Port: seeded!.port }],
    });
  await poll(async () => {
    const { TargetHealthDescriptions: all } = await callElbv2(sandbox, 'DescribeTargetHealth', { TargetGroupArn: arn });
    return all.every((one: { TargetHealth: { State: string } }) => one.TargetHealth.State === 'healthy');
  }, 'acme-web to be healthy');

  const asked = await turnout('init --environment acme --production acme-web --yes');
  expect(asked).toMatchObject({ exitCode: 2 });
  expect(asked.stderr + asked.stdout).toContain('--test ');

  const [trial] = sandbox.test;
  await done(`init --environment acme --production acme-web --test ${trial!.name} --yes`);
  const again = await turnout(`init --environment acme --production acme-web --test ${trial!.name} --yes`);
  expect(again.stderr + again.stdout).toContain('is there already');

  const checked = await done('doctor --release 42');
  expect(checked).toContain('servers would be adopted');
  // It writes JSON over several lines, which is not that of docs/json.md.
  const { stdout: policy } = await run(process.execPath, [PROGRAM, 'permissions'], { cwd: folder, env });
  expect(JSON.parse(policy)).toHaveProperty('Statement');
  await done('adopt --release 41 --yes');
  await done('up --release 42 --yes');
  await done('promote --yes');
  await done('cleanup --wait --yes');
  const status = await done('status --json');
  expect(JSON.parse(status)).toMatchObject({ fleets: [{ release: '42', role: 'blue' }] });
});
