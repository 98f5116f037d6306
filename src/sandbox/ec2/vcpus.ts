import { ApiError } from '../service.ts';
import type { Ec2State } from './state.ts';
import { typeFacts } from './types.ts';

/** Quotas of vCPUs of On-Demand instances, by the classes of their usage metrics (Service Quotas, UsageMetric of EC2's quotas). */

const CLASSES: Readonly<Record<string, string>> = { f: 'F', g: 'G', gr: 'G', inf: 'Inf', p: 'P', x: 'X' };
const STANDARD = /^(a|c|d|h|i|im|is|m|r|t|z)$/;

/** `Standard/OnDemand` of t3.micro; undefined of types that have quotas of other kinds. */
function classOf(type: string): string | undefined {
  const family = /^[a-z]+(?=\d)/.exec(type)?.[0] ?? '';
  const name = STANDARD.test(family) ? 'Standard' : CLASSES[family];
  return name && `${name}/OnDemand`;
}

/** Of the instances that are pending or running. */
export function vcpusInUse({ records }: Ec2State, name: string): number {
  const counted = records
    .values()
    .filter(({ machine, type }) => ['pending', 'running'].includes(machine.state) && classOf(type) === name);
  return [...counted].reduce((sum, { type }) => sum + typeFacts(type).vcpus, 0);
}

/** How many more instances of the type the quota lets run. Throws as RunInstances where that are fewer than `least`. */
export function roomFor(state: Ec2State, type: string, least: number): number {
  const name = classOf(type);
  const { vcpus } = typeFacts(type);
  const left = name === undefined ? Infinity : Math.floor((state.vcpus - vcpusInUse(state, name)) / vcpus);
  if (left >= least) return left;
  throw new ApiError(
    'VcpuLimitExceeded',
    `You have requested more vCPU capacity than your current vCPU limit of ${state.vcpus} allows for the instance bucket that the specified instance type belongs to.`,
  );
}
