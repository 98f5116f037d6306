import type { AutoScalingGroup } from '../../aws/autoscaling.ts';

/** What becomes of each member of a group's description when the group is cloned. */

type Becomes =
  /** The same in the request that creates the clone. */
  | 'copied'
  /** The clone gets its own: name, sizes, tags, what it launches from, where it is attached. */
  | 'own'
  /** Copied by a request of its own, after the clone is there. */
  | 'after'
  /** AWS's, or of the one group only. */
  | 'not';

/** By the members that the SDK knows: one that is new there does not compile until it is known here. */
const FIELDS: Readonly<Record<keyof AutoScalingGroup, Becomes>> = {
  AutoScalingGroupName: 'own',
  AutoScalingGroupARN: 'not',
  // Refused beforehand.
  LaunchConfigurationName: 'not',
  LoadBalancerNames: 'not',
  Operator: 'not',
  DeletionProtection: 'not',
  LaunchTemplate: 'own',
  MixedInstancesPolicy: 'own',
  MinSize: 'own',
  MaxSize: 'copied',
  DesiredCapacity: 'own',
  PredictedCapacity: 'not',
  DefaultCooldown: 'copied',
  // Of subnets, zones follow; otherwise they are sent by their names, once.
  AvailabilityZones: 'own',
  AvailabilityZoneIds: 'not',
  TargetGroupARNs: 'own',
  TrafficSources: 'own',
  HealthCheckType: 'copied',
  HealthCheckGracePeriod: 'copied',
  Instances: 'not',
  CreatedTime: 'not',
  SuspendedProcesses: 'after',
  PlacementGroup: 'copied',
  VPCZoneIdentifier: 'copied',
  EnabledMetrics: 'after',
  Status: 'not',
  Tags: 'own',
  TerminationPolicies: 'copied',
  NewInstancesProtectedFromScaleIn: 'copied',
  ServiceLinkedRoleARN: 'copied',
  MaxInstanceLifetime: 'copied',
  CapacityRebalance: 'copied',
  WarmPoolConfiguration: 'after',
  WarmPoolSize: 'not',
  Context: 'copied',
  DesiredCapacityType: 'copied',
  DefaultInstanceWarmup: 'copied',
  InstanceMaintenancePolicy: 'copied',
  AvailabilityZoneDistribution: 'copied',
  AvailabilityZoneImpairmentPolicy: 'copied',
  CapacityReservationSpecification: 'copied',
  InstanceLifecyclePolicy: 'copied',
};

/** The members that the clone has as they are. */
export function copiedFields(group: AutoScalingGroup): Partial<AutoScalingGroup> {
  const all = Object.entries(group) as [keyof AutoScalingGroup, unknown][];
  return Object.fromEntries(
    all.filter(([key, value]) => FIELDS[key] === 'copied' && value !== undefined && value !== ''),
  );
}

/** Names of members of AWS's answer that are not known here: they are not copied, and are named. */
export function unknownFields(group: AutoScalingGroup): readonly string[] {
  return Object.keys(group).filter((key) => !(key in FIELDS));
}
