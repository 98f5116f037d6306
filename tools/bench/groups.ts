import path from 'node:path';
import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { EC2 } from '@aws-sdk/client-ec2';
import type { Document } from 'yaml';
import { editConfig } from '../rig/config.ts';
import { startRig, type Rig } from '../rig/sandbox.ts';
import { adminOf, countOf } from './admin.ts';
import { Aws } from './aws.ts';
import { middle } from './interleave.ts';
import { BATCHES, MORE_POLLS, mostRequests } from './promote.ts';
import { raiseRequestRate } from './stage.ts';
import { QUICK, timesFor } from './times.ts';
import { mustDo, timeSwitches } from './weights.ts';

const TIMES_MAX = 1.15;
const HOST = path.join(import.meta.dirname, 'host.ts');
const POLL_MS = 100;
const WAIT_MS = 180_000;

/** What is done with Auto Scaling groups of one size, compared with the physical limit. */
export interface GroupRow {
  readonly name: string;
  readonly size: number;
  /** Medians in milliseconds. */
  readonly limitMs: number;
  readonly ms: number;
  readonly times: number;
  /** Maximum requests in one run, by operation. */
  readonly requests: Readonly<Record<string, number>>;
  /** The exceeded bounds. */
  readonly faults: readonly string[];
}

type Measured = Omit<GroupRow, 'faults' | 'times'>;

/**
 * `up` and a switch by listener weights, of groups of each size; both alternate with scripts that know everything beforehand.
 * @param tell is given a line about each size as soon as it is measured
 */
export async function measureGroups(
  sizes: readonly number[],
  repetitions: number,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<readonly GroupRow[]> {
  const ups: Measured[] = [];
  const switches: Measured[] = [];
  for (const size of sizes) {
    const command = (config: string) => [HOST, '--config', config, '--instances', String(size)];
    const startedAt = performance.now();
    await using rig = await startRig(command, 'weighted-listener', 'auto-scaling');
    await editConfig(rig.config, alone);
    ups.push(await timeUps(rig, size, repetitions, signal));
    const { limits, runs, requests } = await timeSwitches(rig, repetitions, signal);
    const [limitMs, ms] = [limits, runs].map((all) => middle(all.map(({ last }) => last)));
    switches.push({ name: 'switch', size, limitMs: limitMs!, ms: ms!, requests });
    const [up, moved] = [ups.at(-1)!, switches.at(-1)!].map((row) => `${seconds(row.ms)} of ${seconds(row.limitMs)}`);
    tell(`groups of ${size}: up ${up}, switch ${moved}, ${seconds(performance.now() - startedAt)} in all`);
  }
  return [ups, switches].flatMap((rows) => rows.map((row) => judgedBeside(row, rows[0]!)));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Checks of green are of the application, and the script has none. */
function alone(document: Document): void {
  raiseRequestRate(document);
  document.delete('checks');
}

/** The fleet of the last one stays. */
async function timeUps(rig: Rig, size: number, repetitions: number, signal: AbortSignal): Promise<Measured> {
  const admin = adminOf(rig.env['AWS_ENDPOINT_URL']!);
  const checkedAfter = async (registrationMs: number) => admin('POST', 'settings', { registrationMs });
  const limits: number[] = [];
  const runs: number[] = [];
  const counts: Readonly<Record<string, number>>[] = [];
  for (let n = 0; n < repetitions; n += 1) {
    await checkedAfter(timesFor(size).registration);
    limits.push(await bareUp(rig, size, signal));
    await emptied(rig, signal);
    await admin('DELETE', 'requests');
    const startedAt = performance.now();
    await mustDo(rig, ['up', '--release', '42'], signal);
    runs.push(performance.now() - startedAt);
    counts.push(countOf((await admin('GET', 'requests')) as readonly { operation: string }[]));
    await checkedAfter(QUICK.registration);
    if (n + 1 < repetitions) await mustDo(rig, ['cleanup', '--discard'], signal);
  }
  return { name: 'up', size, limitMs: middle(limits), ms: middle(runs), requests: mostRequests(counts) };
}

/**
 * The physical limit of an up: read the groups and the image, make a version of the launch template, give it to the empty group with
 * its size, and wait until the last new target has passed its first health check.
 * @returns milliseconds
 */
async function bareUp(rig: Rig, size: number, signal: AbortSignal): Promise<number> {
  const { scaling, ec2, aws } = clientsOf(rig);
  const startedAt = performance.now();
  const [{ AutoScalingGroups = [] }, { Images = [] }, targetGroups] = await Promise.all([
    scaling.describeAutoScalingGroups({ AutoScalingGroupNames: [...rig.groups] }),
    ec2.describeImages({ Filters: [{ Name: 'name', Values: ['shop-42'] }] }),
    aws.groups(),
  ]);
  const [serving, AutoScalingGroupName] = rig.groups;
  const { LaunchTemplateId, Version } = AutoScalingGroups.find(
    (one) => one.AutoScalingGroupName === serving,
  )!.LaunchTemplate!;
  const { LaunchTemplateVersion } = await ec2.createLaunchTemplateVersion({
    LaunchTemplateId,
    SourceVersion: Version,
    LaunchTemplateData: { ImageId: Images[0]!.ImageId },
  });
  const LaunchTemplate = { LaunchTemplateId, Version: String(LaunchTemplateVersion!.VersionNumber) };
  const sizes = { MinSize: size, DesiredCapacity: size };
  await scaling.updateAutoScalingGroup({ AutoScalingGroupName, LaunchTemplate, ...sizes });
  const healthy = async () =>
    (await aws.health(targetGroups['shop-green']!)).filter(({ TargetHealth }) => TargetHealth!.State === 'healthy');
  await until(`${size} healthy targets`, async () => (await healthy()).length >= size, signal);
  return performance.now() - startedAt;
}

/** The second group is as it was before the script. */
async function emptied(rig: Rig, signal: AbortSignal): Promise<void> {
  const { scaling } = clientsOf(rig);
  const [, AutoScalingGroupName = ''] = rig.groups;
  await scaling.updateAutoScalingGroup({ AutoScalingGroupName, MinSize: 0, DesiredCapacity: 0 });
  const instances = async () => {
    const { AutoScalingGroups } = await scaling.describeAutoScalingGroups({
      AutoScalingGroupNames: [AutoScalingGroupName],
    });
    return AutoScalingGroups![0]!.Instances ?? [];
  };
  await until('an empty group', async () => (await instances()).length === 0, signal);
}

function clientsOf({ env }: Rig) {
  const options = {
    endpoint: env['AWS_ENDPOINT_URL']!,
    region: env['AWS_REGION']!,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  };
  return { scaling: new AutoScaling(options), ec2: new EC2(options), aws: new Aws(env, 0) };
}

/** @throws Error after a time in which even the largest group has launched and ended */
async function until(what: string, isSo: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]);
  while (!(await isSo())) {
    if (ended.aborted) throw new Error(`waited for ${what}`, { cause: ended.reason });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Against the limit, and the requests against those for the smallest groups. */
export function judgedBeside(row: Measured, smallest: Measured): GroupRow {
  const times = row.ms / row.limitMs;
  const grown = Object.entries(row.requests).filter(([operation, count]) => {
    const polls = operation.startsWith('Describe') ? MORE_POLLS : 1;
    const pages = BATCHES[operation]?.(row.size) ?? 1;
    // A single one is asked for from some size on, such as a quota.
    return count > Math.max(1, Math.ceil((smallest.requests[operation] ?? 0) * pages * polls));
  });
  return {
    ...row,
    times,
    faults: [
      ...(times > TIMES_MAX ? [`slower than ${TIMES_MAX} x the limit`] : []),
      ...grown.map(([operation]) => `${operation} grows`),
    ],
  };
}
