import { call } from '../service.ts';
import type { DescribeSubnetsResult } from '@aws-sdk/client-ec2';
import type { Member, ScalingGroup } from './model.ts';
import type { AutoScalingState } from './state.ts';

/** Where instances are launched, and what is waited for of their machines. */

interface Place {
  readonly id: string;
  readonly zone: string;
}

/** The subnets of VPCZoneIdentifier, or the first one of each zone. */
export async function subnetsOf(
  { ec2 }: AutoScalingState,
  { settings }: Pick<ScalingGroup, 'settings'>,
): Promise<readonly Place[]> {
  const ids = (settings.VPCZoneIdentifier ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  const input = ids.length > 0 ? { SubnetIds: ids } : {};
  const { Subnets = [] } = await call<DescribeSubnetsResult>(ec2, 'DescribeSubnets', input);
  const all = Subnets.map(({ SubnetId = '', AvailabilityZone = '' }) => ({ id: SubnetId, zone: AvailabilityZone }));
  return ids.length > 0 ? all : all.filter(({ zone }) => settings.AvailabilityZones?.includes(zone));
}

/** The subnet in the zone with the fewest of these. */
export function emptiest(subnets: readonly Place[], members: readonly Member[]): string {
  const size = (zone: string) => members.filter((one) => one.zone === zone).length;
  return subnets.toSorted((a, b) => size(a.zone) - size(b.zone))[0]?.id ?? '';
}

/** The machine may be in that state already: it is looked at once more after it is watched. */
export function whenIn(
  { instances }: AutoScalingState,
  { id }: Pick<Member, 'id'>,
  wanted: 'running' | 'stopped',
  then: () => void,
): void {
  const check = () => {
    if (instances.find(id)?.state !== wanted) return;
    unwatch();
    then();
  };
  const unwatch = instances.watch((machine) => machine.id === id && check());
  check();
}
