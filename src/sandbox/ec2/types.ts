import {
  _InstanceType,
  type DescribeInstanceTypesRequest,
  type DescribeInstanceTypesResult,
  type InstanceTypeInfo,
} from '@aws-sdk/client-ec2';
import { ApiError } from '../service.ts';
import { ec2Error } from './errors.ts';
import type { Ec2State } from './state.ts';

/** vCPUs by size; a larger size has a multiple of `xlarge`'s. */
const VCPUS: Readonly<Record<string, number>> = { nano: 2, micro: 2, small: 2, medium: 2, large: 2, xlarge: 4 };

interface TypeFacts {
  readonly vcpus: number;
  readonly threads: number;
  readonly isBurstable: boolean;
}

/** What a name such as `t3.micro` says; of Graviton, a core has one thread. */
export function typeFacts(type: string): TypeFacts {
  const [family = '', size = ''] = type.split('.');
  const times = /^(\d+)xlarge$/.exec(size)?.[1];
  const threads = /^[a-z]+\d+g/.test(family) || family === 't2' || family === 'm1' ? 1 : 2;
  return {
    vcpus: times === undefined ? (VCPUS[size] ?? 2) : Number(times) * 4,
    threads,
    isBurstable: /^t\d/.test(family),
  };
}

/** Throws EC2's error for a type that the SDK's model of EC2 does not know. */
export function checkType(type: string | undefined): void {
  if (type !== undefined && !TYPES.has(type)) throw ec2Error.invalid(`Invalid value '${type}' for InstanceType.`);
}

const TYPES: ReadonlySet<string> = new Set(Object.values(_InstanceType));

export function describeInstanceTypes(
  _state: Ec2State,
  input: DescribeInstanceTypesRequest,
): DescribeInstanceTypesResult {
  const wrong = input.InstanceTypes?.find((type) => !TYPES.has(type));
  if (wrong !== undefined)
    throw new ApiError('InvalidInstanceType', `The following supplied instance types do not exist: [${wrong}]`);
  return { InstanceTypes: (input.InstanceTypes ?? []).map(infoOf) };
}

function infoOf(type: NonNullable<InstanceTypeInfo['InstanceType']>): InstanceTypeInfo {
  const { vcpus, threads, isBurstable } = typeFacts(type);
  return {
    BurstablePerformanceSupported: isBurstable,
    InstanceType: type,
    VCpuInfo: { DefaultVCpus: vcpus, DefaultCores: vcpus / threads, DefaultThreadsPerCore: threads },
  };
}
