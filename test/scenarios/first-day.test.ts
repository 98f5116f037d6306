import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { needsCli, paste } from '../support/aws-cli.ts';
import { poll } from '../support/poll.ts';
import { Program, type Ended } from '../support/program.ts';
import { callElbv2, quickSandbox } from '../support/quick-sandbox.ts';

/** The first day: from an empty account to the second release, in which no file is edited by hand. */

// The CLI of Debian 12 does not know AWS_ENDPOINT_URL.
const PRELUDE = `
set -euo pipefail
aws() { case "$*" in *--endpoint-url*) command aws "$@" ;; *) command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@" ;; esac; }
`;

/** What both environments begin with: a template with release 41, an image of release 42, and a load balancer without servers. */
const AROUND = `
vpc=$(aws ec2 describe-vpcs --query 'Vpcs[0].VpcId' --output text)
read -r -a subnets <<< "$(aws ec2 describe-subnets --query 'Subnets[].SubnetId' --output text)"
base=$(aws ec2 describe-images --owners self --query 'Images[0].ImageId' --output text)
image() {
  local builder; builder=$(aws ec2 run-instances --image-id "$base" --user-data "RELEASE=$1" --query 'Instances[0].InstanceId' --output text)
  aws ec2 create-image --instance-id "$builder" --name "acme-web-$1" --query ImageId --output text
}
old=$(image 41)
new=$(image 42)
aws ec2 create-launch-template --launch-template-name acme --launch-template-data "{\\"ImageId\\":\\"$old\\",\\"InstanceType\\":\\"t3.micro\\"}" > /dev/null
group=$(aws elbv2 create-target-group --name acme-web --protocol HTTP --port 8080 --vpc-id "$vpc" \\
  --health-check-path /health --health-check-interval-seconds 5 --health-check-timeout-seconds 2 \\
  --query 'TargetGroups[0].TargetGroupArn' --output text)
balancer=$(aws elbv2 create-load-balancer --name acme --subnets "\${subnets[@]}" --query 'LoadBalancers[0].LoadBalancerArn' --output text)
aws elbv2 create-listener --load-balancer-arn "$balancer" --protocol HTTP --port 8099 --default-actions "Type=forward,TargetGroupArn=$group" > /dev/null
`;

/** Two servers behind it. */
const SERVERS = `
targets=()
for subnet in "\${subnets[@]}"; do
  targets+=("Id=$(aws ec2 run-instances --launch-template LaunchTemplateName=acme --subnet-id "$subnet" --query 'Instances[0].InstanceId' --output text)")
done
aws elbv2 register-targets --target-group-arn "$group" --targets "\${targets[@]}"
`;

/** The same by an Auto Scaling group. */
const GROUP = `
aws autoscaling create-auto-scaling-group --auto-scaling-group-name acme-web --launch-template 'LaunchTemplateName=acme,Version=1' \\
  --min-size 2 --max-size 4 --desired-capacity 2 --vpc-zone-identifier "$(IFS=,; echo "\${subnets[*]}")" \\
  --target-group-arns "$group" --health-check-type ELB --health-check-grace-period 30
`;

interface FirstDay {
  readonly name: string;
  /** What an administrator types. */
  readonly build: string;
  /** What `doctor` says before `adopt`. */
  readonly before: string;
  /** What ends the fleets that were there before. */
  readonly allows: RegExp;
  readonly cleanup: string;
}

const DAYS: readonly FirstDay[] = [
  {
    name: 'servers',
    build: SERVERS,
    before: 'servers would be adopted',
    allows: /Allowed, by EC2's dry runs: .*ec2:TerminateInstances/s,
    cleanup: 'cleanup --wait',
  },
  {
    name: 'an Auto Scaling group',
    build: GROUP,
    before: 'What a release boots.',
    allows: /Allowed, by IAM's simulation: .*autoscaling:UpdateAutoScalingGroup/s,
    cleanup: 'cleanup --wait --ignore-residual-traffic',
  },
];

test.for(DAYS)(
  'from an empty account to the second release of $name, without a file edited by hand',
  { timeout: 420_000 },
  async ({ name: kind, build, before, allows, cleanup }, context) => {
    needsCli(context);
    const sandbox = await quickSandbox({ empty: true });
    onTestFinished(async () => sandbox.close());
    const folder = await mkdtemp(path.join(tmpdir(), 'turnout-first-day-'));
    onTestFinished(async () => rm(folder, { recursive: true }));
    const env = (key: string) => ({
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      AWS_ENDPOINT_URL: sandbox.url,
      AWS_REGION: sandbox.region,
      AWS_ACCESS_KEY_ID: key,
      AWS_SECRET_ACCESS_KEY: 'sandbox',
    });
    const turnout = async (command: string): Promise<Ended> =>
      new Program(command, command.split(' '), { cwd: folder, env: env('sandbox') }).ended;
    const done = async (command: string): Promise<string> => {
      const { exitCode, stdout, stderr } = await turnout(command);
      expect(exitCode, `${command}: ${stdout}${stderr}`).toBe(0);
      return stdout;
    };
    const admin = async (lines: string) => paste(`${PRELUDE}${lines}`, env('admin'));
    const startedAt = performance.now();

    await admin(`${AROUND}${build}`);
    await isHealthy(sandbox, 'acme-web');
    const proposed = await done('init --yes');
    // What is missing, as it was printed.
    await admin(commandsIn(proposed).join('\n'));
    await sooner(sandbox, 'acme-web', 'acme-web-test');
    expect(await turnout('init --yes')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('is there already'),
    });

    const config = '--config config/acme.yml';
    const allow = async (name: string, option = '') => {
      const program = `${process.execPath} ${path.resolve('dist/turnout.js')}`;
      await admin(`cd ${folder} && ${program} permissions ${option} ${config} > ${name}.json 2> notes.txt &&
      aws iam put-role-policy --role-name turnout --policy-name ${name} --policy-document file://${name}.json`);
    };
    // From here on, requests may do only what the printed policy allows.
    await allow('run');
    const lacking = await turnout(`doctor --release 42 ${config}`);
    expect(lacking.exitCode).toBe(2);
    // Pasted, what is advised is about this config.
    expect(advisedIn(lacking.stdout)).toContain(`turnout permissions --adopt ${config}`);
    const denied = await turnout(`adopt --release 41 --yes ${config}`);
    expect(denied).toMatchObject({ exitCode: 3 });
    expect(denied.stdout + denied.stderr).toContain(
      `Allow \`ec2:CreateTags\` in the IAM policy of assumed-role/turnout`,
    );
    await allow('adopt', '--adopt');
    expect(await done(`doctor --release 42 ${config}`)).toContain(before);
    await done(`adopt --release 41 --yes ${config}`);
    await admin('aws iam delete-role-policy --role-name turnout --policy-name adopt');
    await done(`up --release 42 --yes ${config}`);
    const checked = await done(`doctor ${config}`);
    expect(checked).toMatch(allows);
    const promoted = advisedIn(await done(`promote --yes ${config}`));
    expect(promoted.length).toBeGreaterThan(0);
    expect(promoted.filter((command) => !command.endsWith(config))).toEqual([]);
    await done(`${cleanup} --yes ${config}`);
    const status = await done(`status --json ${config}`);
    expect(JSON.parse(status)).toMatchObject({ fleets: [{ release: '42', role: 'blue' }] });
    const [{ url } = { url: '' }] = sandbox.elbv2.urls().filter((one) => one.url.endsWith(':8099'));
    expect(await (await fetch(url)).json()).toMatchObject({ release: '42' });
    process.stdout.write(`first day of ${kind}: ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes\n`);
  },
);

/** The commands of turnout in backticks, wherever a line was broken. */
function advisedIn(output: string): readonly string[] {
  return [...output.replaceAll(/\s+/g, ' ').matchAll(/`(turnout [^`]+)`/g)].map(([, command = '']) => command);
}

/** The lines to be pasted that `init` has printed. */
function commandsIn(output: string): readonly string[] {
  return output.split('\n').filter((line) => /^(?:TEST=\$\()?aws /.test(line));
}

async function arnOf(sandbox: Sandbox, name: string): Promise<string> {
  return (await callElbv2(sandbox, 'DescribeTargetGroups', { Names: [name] })).TargetGroups[0].TargetGroupArn;
}

async function isHealthy(sandbox: Sandbox, name: string): Promise<void> {
  const TargetGroupArn = await arnOf(sandbox, name);
  await poll(async () => {
    const { TargetHealthDescriptions: all } = await callElbv2(sandbox, 'DescribeTargetHealth', { TargetGroupArn });
    return (
      all.length > 0 && all.every((one: { TargetHealth: { State: string } }) => one.TargetHealth.State === 'healthy')
    );
  }, `${name} to be healthy`);
}

/** Without AWS's minutes: checks each second, and hardly any draining. */
async function sooner(sandbox: Sandbox, ...names: readonly string[]): Promise<void> {
  for (const name of names)
    sandbox.elbv2.setGroupTimes(name, { intervalMs: 1000, timeoutMs: 900, deregistrationDelayMs: 300 });
}
