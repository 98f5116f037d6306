import type { AutoScalingGroup } from '../../aws/autoscaling.ts';
import { OperatorError } from '../../errors.ts';
import { inServiceOf, type AutoScalingDeps } from './groups.ts';
import type { GroupRequest } from './request.ts';

/**
 * Quotas of vCPUs, which count by classes of On-Demand instances. What is used, and the quota, CloudWatch tells: usage metrics and
 * `SERVICE_QUOTA` (CloudWatch user guide, "AWS usage metrics"; their names: Service Quotas, UsageMetric of EC2's quotas).
 */

/** By the letters before the generation of a type; of the others, such as `trn1` and `u7i`, there are no usage metrics. */
const CLASSES: Readonly<Record<string, string>> = { f: 'F', g: 'G', gr: 'G', inf: 'Inf', p: 'P', x: 'X' };
const STANDARD = /^(a|c|d|h|i|im|is|m|r|t|z)$/;

/** `Standard` of t3.micro, `G` of g5.xlarge. */
export function vcpuClass(type: string): string | undefined {
  const family = /^[a-z]+(?=\d)/.exec(type)?.[0] ?? '';
  return STANDARD.test(family) ? 'Standard' : CLASSES[family];
}

interface Launched {
  /** The group that launches them, as it is or as it is cloned. */
  readonly group: AutoScalingGroup;
  readonly serving: AutoScalingGroup;
  readonly template: GroupRequest['template'];
  readonly instances: number;
}

/**
 * Compares what is launched beside what runs with what the quotas leave.
 * @returns a sentence for the plan, also where something could not be read
 * @throws OperatorError `too-few-vcpus`
 */
export async function compareVcpus(deps: AutoScalingDeps, launched: Launched): Promise<string> {
  const types = await typesOf(deps, launched);
  if (typeof types === 'string') return uncompared(types);
  const needs = await readable(vcpusOf(deps, types));
  if (typeof needs === 'string') return uncompared(needs);
  const said: string[] = [];
  for (const [name, need] of Object.entries(needs)) {
    const quota = await readable(quotaOf(deps, name));
    if (typeof quota === 'string') return uncompared(quota);
    const { used, most, at } = quota;
    if (used + need > most) throw tooMany(launched.group, name, need, quota);
    said.push(
      `${used} of ${most} vCPUs of ${name} On-Demand instances were in use at ${hour(at)}, and this takes ${need}.`,
    );
  }
  return said.join(' ');
}

function uncompared(why: string): string {
  return `Not compared with what is launched: the quotas of vCPUs, which are in Service Quotas (${why}). A launch that meets one says so.`;
}

/** What is denied or unknown is not compared, and stops nothing. */
async function readable<T>(reading: Promise<T>): Promise<T | string> {
  return reading.catch((error: unknown) => {
    if (error instanceof OperatorError) return error.message.replace(/\.$/, '');
    throw error;
  });
}

/** The type of each instance; or why that is not known. */
async function typesOf(
  { ec2 }: AutoScalingDeps,
  { group, serving, template, instances }: Launched,
): Promise<readonly string[] | string> {
  const mixed = group.MixedInstancesPolicy;
  const percent = mixed?.InstancesDistribution?.OnDemandPercentageAboveBaseCapacity ?? 100;
  if (percent < 100) return 'some are Spot Instances';
  const [version] = mixed ? [] : await ec2.launchTemplateVersions(template.id, [template.version]);
  const { InstanceType: one, InstanceMarketOptions: market, Placement } = version?.LaunchTemplateData ?? {};
  if (market?.MarketType === 'spot') return 'they are Spot Instances';
  if (Placement?.Tenancy === 'host') return 'they are on Dedicated Hosts';
  // A group chooses among its types: as it has for those that serve, for all that is known.
  const all = one === undefined ? inServiceOf(serving).flatMap(({ InstanceType }) => InstanceType ?? []) : [one];
  if (all.length === 0) return 'their types are not known';
  return Array.from({ length: instances }, (_, n) => all[n % all.length]!);
}

/** By class. */
async function vcpusOf(
  { ec2 }: AutoScalingDeps,
  types: readonly string[],
): Promise<Readonly<Record<string, number>> | string> {
  const unknown = types.find((type) => vcpuClass(type) === undefined);
  if (unknown !== undefined) return `of ${unknown} no usage is told`;
  const infos = await ec2.instanceTypes([...new Set(types)] as Parameters<typeof ec2.instanceTypes>[0]);
  const each = new Map<string, number | undefined>(
    infos.map(({ InstanceType: type = '', VCpuInfo }) => [type, VCpuInfo?.DefaultVCpus]),
  );
  const without = types.find((type) => each.get(type) === undefined);
  if (without !== undefined) return `the vCPUs of ${without} are not known`;
  const byClass = Map.groupBy(types, (type) => vcpuClass(type) ?? '');
  return Object.fromEntries(
    [...byClass].map(([name, of]) => [name, of.reduce((sum, type) => sum + (each.get(type) ?? 0), 0)]),
  );
}

type Quota = Readonly<{ used: number; most: number; at: number }>;

async function quotaOf({ cloudwatch }: AutoScalingDeps, name: string): Promise<Quota | string> {
  const dimensions = { Service: 'EC2', Type: 'Resource', Resource: 'vCPU', Class: `${name}/OnDemand` };
  const metric = { namespace: 'AWS/Usage', name: 'ResourceCount', dimensions };
  return (await (await cloudwatch()).quota(metric)) ?? 'CloudWatch has no usage of them';
}

function hour(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 16)}Z`;
}

function tooMany(
  { AutoScalingGroupName: name }: AutoScalingGroup,
  which: string,
  need: number,
  { used, most, at }: Quota,
): OperatorError {
  const message = `A whole fleet beside the one that serves, like ${name} has it, takes ${need} vCPUs of ${which} On-Demand instances: ${used} of ${most} were in use at ${hour(at)}.`;
  return new OperatorError('too-few-vcpus', message, {
    next: [
      `Ask AWS for a quota of ${used + need} vCPUs (Service Quotas, Amazon EC2, "Running On-Demand ${which} instances"), or end what nothing needs; then run this again.`,
      'CloudWatch counts what ends only some minutes later: wait for 10 minutes after that.',
    ],
  });
}
