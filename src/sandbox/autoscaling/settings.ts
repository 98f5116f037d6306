import type {
  CreateAutoScalingGroupType,
  LaunchTemplateOverrides,
  LaunchTemplateSpecification,
  UpdateAutoScalingGroupType,
} from '@aws-sdk/client-auto-scaling';
import { withoutUndefined } from '../records.ts';
import { scalingError } from './errors.ts';
import { requestFor, resolveVersion } from './launch.ts';
import type { GroupSettings } from './model.ts';
import { subnetsOf } from './places.ts';
import type { AutoScalingState } from './state.ts';

/** Parameters that are not settings of the group, or that the sandbox does not implement. */
const UNSUPPORTED = [
  'LaunchConfigurationName',
  'LoadBalancerNames',
  'InstanceId',
  'AvailabilityZoneIds',
  'PlacementGroup',
  'CapacityReservationSpecification',
  'Operator',
] as const;

type Given = Partial<CreateAutoScalingGroupType> | UpdateAutoScalingGroupType;

/** The settings of a request on top of those before. Throws `ValidationError` when they are not valid, or name what does not exist. */
export async function checkedSettings(
  state: AutoScalingState,
  given: Given,
  before?: GroupSettings,
): Promise<GroupSettings> {
  const unsupported = UNSUPPORTED.find((key) => new Map(Object.entries(given)).get(key) !== undefined);
  if (unsupported !== undefined) throw scalingError.unsupported(unsupported);
  const { LaunchTemplate: template, MixedInstancesPolicy: mixed } = given;
  if (template && mixed)
    throw scalingError.invalid('Valid requests must contain either LaunchTemplate or MixedInstancesPolicy parameter.');
  if (!before && !template && !mixed)
    throw scalingError.invalid(
      'Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
    );
  const wanted = template ?? mixed?.LaunchTemplate?.LaunchTemplateSpecification;
  const named = wanted && (await withNames(state, wanted, mixed?.LaunchTemplate?.Overrides?.[0]));
  const { AutoScalingGroupName: _name, ...own } = withoutUndefined(given) as UpdateAutoScalingGroupType;
  if (named && template) own.LaunchTemplate = named;
  if (named && mixed)
    own.MixedInstancesPolicy = {
      ...mixed,
      LaunchTemplate: { ...mixed.LaunchTemplate, LaunchTemplateSpecification: named },
    };
  const { LaunchTemplate, MixedInstancesPolicy, ...rest } = { ...before };
  const kept = template || mixed ? {} : withoutUndefined({ LaunchTemplate, MixedInstancesPolicy });
  const settings = { ...rest, ...kept, ...own } as GroupSettings;
  checkSizes(settings);
  return { ...settings, AvailabilityZones: await zonesOf(state, settings) };
}

/** With id and name, as it is returned, and the version as it was given. What EC2 would not launch is refused. */
async function withNames(
  state: AutoScalingState,
  wanted: LaunchTemplateSpecification,
  override: LaunchTemplateOverrides = {},
): Promise<LaunchTemplateSpecification> {
  try {
    const version = await resolveVersion(state, wanted);
    state.ec2.check(requestFor(version, override));
    const { LaunchTemplateId, LaunchTemplateName } = version;
    return { LaunchTemplateId, LaunchTemplateName, Version: wanted.Version };
  } catch (error) {
    throw scalingError.invalid(
      `You must use a valid fully-formed launch template. ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function checkSizes({ MinSize: min = 0, MaxSize: max = 0 }: GroupSettings): void {
  if (min < 0 || max < 0) throw scalingError.invalid('Min and max size must not be negative');
  if (min > max) throw scalingError.invalid(`Max bound, ${max}, must be greater than or equal to min bound, ${min}`);
}

async function zonesOf(state: AutoScalingState, settings: GroupSettings): Promise<string[]> {
  const subnets = await subnetsOf(state, { settings });
  if (subnets.length === 0) throw scalingError.invalid('At least one Availability Zone or VPC Subnet is required.');
  return [...new Set(subnets.map(({ zone }) => zone))];
}

/** Throws unless the desired capacity lies within the group's sizes. */
export function checkDesired(desired: number, { MinSize: min = 0, MaxSize: max = 0 }: GroupSettings): void {
  if (desired > max)
    throw scalingError.invalid(
      `New SetDesiredCapacity value ${desired} is above max value ${max} for the AutoScalingGroup.`,
    );
  if (desired < min)
    throw scalingError.invalid(
      `New SetDesiredCapacity value ${desired} is below min value ${min} for the AutoScalingGroup.`,
    );
}
