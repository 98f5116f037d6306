import type { AutoScalingGroup, AutoScalingInstanceDetails, Instance } from '@aws-sdk/client-auto-scaling';
import type { Member, ScalingGroup } from './model.ts';

/** A group in the SDK's shape, with its instances. */
export function groupShape(group: ScalingGroup): AutoScalingGroup {
  const { Operator: _operator, InstanceId: _instance, SkipZonalShiftValidation: _skip, ...settings } = group.settings;
  const sources = [...group.sources.values()].filter(({ state }) => state !== 'Removing').map(({ arn }) => arn);
  return {
    ...settings,
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    MinSize: settings.MinSize,
    MaxSize: settings.MaxSize,
    DesiredCapacity: group.desired,
    DefaultCooldown: settings.DefaultCooldown ?? 300,
    AvailabilityZones: settings.AvailabilityZones ?? [],
    LoadBalancerNames: [],
    TargetGroupARNs: sources,
    TrafficSources: sources.map((Identifier) => ({ Identifier, Type: 'elbv2' })),
    HealthCheckType: settings.HealthCheckType ?? 'EC2',
    HealthCheckGracePeriod: settings.HealthCheckGracePeriod ?? 0,
    TerminationPolicies: settings.TerminationPolicies ?? ['Default'],
    NewInstancesProtectedFromScaleIn: settings.NewInstancesProtectedFromScaleIn ?? false,
    ServiceLinkedRoleARN:
      settings.ServiceLinkedRoleARN ??
      `arn:aws:iam::${group.arn.split(':')[4]}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
    Instances: [...group.members.values()].map(instanceShape),
    CreatedTime: group.createdAt,
    SuspendedProcesses: [...group.suspended.values()],
    EnabledMetrics: [...group.metrics].map((Metric) => ({ Metric, Granularity: '1Minute' })),
    ...(group.warmPool && { WarmPoolConfiguration: group.warmPool, WarmPoolSize: group.warm.size }),
    Tags: [...group.tags],
    ...(group.isDeleting && { Status: 'Delete in progress' }),
  };
}

export function instanceShape(member: Member): Instance {
  return {
    InstanceId: member.id,
    InstanceType: member.type,
    AvailabilityZone: member.zone,
    LifecycleState: member.state,
    HealthStatus: member.health,
    LaunchTemplate: member.template,
    ImageId: member.image,
    ProtectedFromScaleIn: member.isProtected,
    ...(member.weight !== 1 && { WeightedCapacity: String(member.weight) }),
  };
}

export function detailsShape(group: string, instance: Instance): AutoScalingInstanceDetails {
  return { ...instance, AutoScalingGroupName: group, HealthStatus: instance.HealthStatus?.toUpperCase() };
}
