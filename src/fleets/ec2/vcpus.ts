import type { CloudWatch } from '../../aws/cloudwatch.ts';
import type { Ec2 } from '../../aws/ec2.ts';
import { OperatorError } from '../../errors.ts';

/**
 * Quotas of vCPUs, which count by classes of On-Demand instances. What is used, and the quota, CloudWatch tells: usage metrics and
 * `SERVICE_QUOTA` (CloudWatch user guide, "AWS usage metrics"; their names: Service Quotas, UsageMetric of EC2's quotas).
 */

export interface VcpuDeps {
  readonly ec2: Pick<Ec2, 'instanceTypes'>;
  /** Loaded only when servers are launched. */
  readonly cloudwatch: () => Promise<Pick<CloudWatch, 'quota'>>;
}

/** What decides how a server counts: of a request, or of a launch template. */
export interface LaunchedMachine {
  readonly InstanceType?: string | undefined;
  readonly InstanceMarketOptions?: { readonly MarketType?: string | undefined } | undefined;
  readonly Placement?: { readonly Tenancy?: string | undefined } | undefined;
}

/** By the letters before the generation of a type; of the others, such as `trn1` and `u7i`, there are no usage metrics. */
const CLASSES: Readonly<Record<string, string>> = { f: 'F', g: 'G', gr: 'G', inf: 'Inf', p: 'P', x: 'X' };
const STANDARD = /^(a|c|d|h|i|im|is|m|r|t|z)$/;

/** `Standard` of t3.micro, `G` of g5.xlarge. */
export function vcpuClass(type: string): string | undefined {
  const family = /^[a-z]+(?=\d)/.exec(type)?.[0] ?? '';
  return STANDARD.test(family) ? 'Standard' : CLASSES[family];
}

/** Why no quota of On-Demand instances counts it. */
export function notOnDemand({ InstanceMarketOptions: market, Placement }: LaunchedMachine): string | undefined {
  if (market?.MarketType === 'spot') return 'they are Spot Instances';
  return Placement?.Tenancy === 'host' ? 'they are on Dedicated Hosts' : undefined;
}

/** The instance type, once for each server that is launched like this one; or the reason why it is unknown. */
export function typesLike(machine: LaunchedMachine, instances: number): readonly string[] | string {
  const { InstanceType: type } = machine;
  const other = notOnDemand(machine);
  if (other !== undefined) return other;
  return type === undefined ? 'their types are not known' : Array.from({ length: instances }, () => type);
}

/**
 * Compares what is launched beside what runs with what the quotas leave.
 * @param types that of each instance; or why they are not compared
 * @returns a sentence for the plan, also where something could not be read
 * @throws OperatorError `too-few-vcpus`
 */
export async function compareVcpus(deps: VcpuDeps, types: readonly string[] | string): Promise<string> {
  if (typeof types === 'string') return uncompared(types);
  const unknown = types.find((type) => vcpuClass(type) === undefined);
  if (unknown !== undefined) return uncompared(`of ${unknown} no usage is told`);
  const byClass = [...Map.groupBy(types, (type) => vcpuClass(type) ?? '')];
  const [each, ...quotas] = await Promise.all([
    readable(vcpusOf(deps, types)),
    ...byClass.map(async ([name]) => readable(quotaOf(deps, name))),
  ]);
  if (typeof each === 'string') return uncompared(each);
  const said: string[] = [];
  for (const [index, [name, of]] of byClass.entries()) {
    const quota = quotas[index]!;
    if (typeof quota === 'string') return uncompared(quota);
    const need = of.reduce((sum, type) => sum + (each.get(type) ?? 0), 0);
    const { used, most, at } = quota;
    if (used + need > most) throw tooMany(name, need, quota);
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

/** By type. */
async function vcpusOf({ ec2 }: VcpuDeps, types: readonly string[]): Promise<ReadonlyMap<string, number> | string> {
  const infos = await ec2.instanceTypes([...new Set(types)] as Parameters<typeof ec2.instanceTypes>[0]);
  const known = infos.flatMap(({ InstanceType: type, VCpuInfo: { DefaultVCpus: vcpus } = {} }) =>
    type === undefined || vcpus === undefined ? [] : [[type, vcpus] as const],
  );
  const each = new Map<string, number>(known);
  const without = types.find((type) => !each.has(type));
  return without === undefined ? each : `the vCPUs of ${without} are not known`;
}

type Quota = Readonly<{ used: number; most: number; at: number }>;

async function quotaOf({ cloudwatch }: VcpuDeps, name: string): Promise<Quota | string> {
  const dimensions = { Service: 'EC2', Type: 'Resource', Resource: 'vCPU', Class: `${name}/OnDemand` };
  const metric = { namespace: 'AWS/Usage', name: 'ResourceCount', dimensions };
  return (await (await cloudwatch()).quota(metric)) ?? 'CloudWatch has no usage of them';
}

function hour(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 16)}Z`;
}

function tooMany(which: string, need: number, { used, most, at }: Quota): OperatorError {
  const message = `The new servers take ${need} vCPUs of ${which} On-Demand instances: ${used} of ${most} were in use at ${hour(at)}.`;
  return new OperatorError('too-few-vcpus', message, {
    next: [
      `Ask AWS for a quota of ${used + need} vCPUs (Service Quotas, Amazon EC2, "Running On-Demand ${which} instances"), or end what nothing needs; then run this again.`,
      'CloudWatch counts what ends only some minutes later: wait for 10 minutes after that.',
    ],
  });
}
