import type { AutoScalingGroup } from '../../aws/autoscaling.ts';
import { notOnDemand, type LaunchedMachine } from '../ec2/vcpus.ts';
import { inServiceOf, type AutoScalingDeps } from './groups.ts';
import type { GroupRequest } from './request.ts';

interface Launched {
  /** The group that launches them, as it is or as it is cloned. */
  readonly group: AutoScalingGroup;
  readonly serving: AutoScalingGroup;
  readonly template: GroupRequest['template'];
  readonly instances: number;
}

/** The type of each instance that a group launches; or why that is not known, or no quota of On-Demand instances counts them. */
export async function typesLaunched(
  { ec2 }: Pick<AutoScalingDeps, 'ec2'>,
  { group, serving, template, instances }: Launched,
): Promise<readonly string[] | string> {
  const mixed = group.MixedInstancesPolicy;
  const percent = mixed?.InstancesDistribution?.OnDemandPercentageAboveBaseCapacity ?? 100;
  if (percent < 100) return 'some are Spot Instances';
  const [version] = mixed ? [] : await ec2.launchTemplateVersions(template.id, [template.version]);
  const machine: LaunchedMachine = version?.LaunchTemplateData ?? {};
  const other = notOnDemand(machine);
  if (other !== undefined) return other;
  const { InstanceType: one } = machine;
  // A group chooses among its types: as it has for those that serve, for all that is known.
  const all = one === undefined ? inServiceOf(serving).flatMap(({ InstanceType }) => InstanceType ?? []) : [one];
  if (all.length === 0) return 'their types are not known';
  return Array.from({ length: instances }, (_, n) => all[n % all.length]!);
}
