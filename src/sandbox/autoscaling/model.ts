import type {
  Activity,
  CreateAutoScalingGroupType,
  InstanceRefresh,
  LaunchTemplateSpecification,
  LifecycleHook,
  LifecycleState,
  ScalingPolicy,
  ScheduledUpdateGroupAction,
  SuspendedProcess,
  TagDescription,
  WarmPoolConfiguration,
} from '@aws-sdk/client-auto-scaling';

/** An instance of a group. */
export interface Member {
  readonly id: string;
  readonly zone: string;
  readonly type: string;
  /** That of its root volume. */
  image: string;
  /** With the version that it was launched from, as a number. */
  readonly template: LaunchTemplateSpecification;
  /** How much of the desired capacity it counts for: as its type does by the policy, or did last. */
  weight: number;
  readonly launchedAt: number;
  state: LifecycleState;
  health: 'Healthy' | 'Unhealthy';
  isProtected: boolean;
  /** When it came into service: health checks of the load balancer count after the grace period. */
  inServiceAt?: number;
  /** The activity that launches or terminates it. */
  activity?: Activity;
  /** Ends the wait of a lifecycle hook; the result is that of CompleteLifecycleAction. */
  hook?: PendingHook;
}

export interface PendingHook {
  readonly name: string;
  readonly token: string;
  /** Starts the heartbeat timeout anew. */
  beat(): void;
  complete(result: string): void;
}

export type SourceState = 'Adding' | 'Added' | 'InService' | 'Removing';

/** A target group that the group's instances are registered with. */
export interface Source {
  readonly arn: string;
  state: SourceState;
}

/** The parameters of a group that can be changed, as they are returned. */
export type GroupSettings = Omit<
  CreateAutoScalingGroupType,
  'AutoScalingGroupName' | 'Tags' | 'TargetGroupARNs' | 'TrafficSources' | 'LifecycleHookSpecificationList'
>;

export interface ScalingGroup {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: Date;
  settings: GroupSettings;
  desired: number;
  isDeleting: boolean;
  readonly members: Map<string, Member>;
  readonly sources: Map<string, Source>;
  readonly suspended: Map<string, SuspendedProcess>;
  readonly hooks: Map<string, LifecycleHook>;
  readonly policies: Map<string, ScalingPolicy>;
  readonly schedules: Map<string, Schedule>;
  readonly metrics: Set<string>;
  /** Types of notifications by the ARN of their topic. */
  readonly topics: Map<string, string[]>;
  warmPool?: WarmPoolConfiguration;
  /** What its warm pool keeps ready: not of the group, and not counted for its sizes. */
  readonly warm: Map<string, Member>;
  /** When alarms have run its policies last, by ARN, in milliseconds since the epoch. */
  readonly ranAt: Map<string, number>;
  tags: readonly TagDescription[];
  /** Newest first. */
  readonly activities: Activity[];
  /** Newest first. */
  readonly refreshes: Refresh[];
  /** No launch is tried before this time, after one that failed. */
  retryAt: number;
}

export interface Schedule {
  readonly action: ScheduledUpdateGroupAction;
  readonly cancel: () => void;
}

export interface Refresh {
  shape: InstanceRefresh;
  /** What the group launched from before. */
  readonly before: Pick<GroupSettings, 'LaunchTemplate' | 'MixedInstancesPolicy'>;
  /** Instances that are still to be replaced. */
  readonly left: Set<string>;
  total: number;
  /** When each checkpoint was reached, in milliseconds since the epoch. */
  readonly checkpoints: number[];
  bakingSince?: number;
}

/** States in which an instance counts for the desired capacity. */
const COUNTED: ReadonlySet<LifecycleState> = new Set([
  'Pending',
  'Pending:Wait',
  'Pending:Proceed',
  'InService',
  'ReplacingRootVolume',
  'ReplacingRootVolume:Wait',
  'ReplacingRootVolume:Proceed',
  'RootVolumeReplaced',
]);

export function counts(member: Member): boolean {
  return COUNTED.has(member.state);
}

/** Also what its warm pool has. */
export function withWarm({ members, warm }: ScalingGroup): readonly Member[] {
  return [...members.values(), ...warm.values()];
}

/** Weights that change count for what runs as well; one whose type the policy has no more keeps its last (User guide, instance weights). */
export function reweigh(group: ScalingGroup): void {
  const { Overrides = [] } = group.settings.MixedInstancesPolicy?.LaunchTemplate ?? {};
  for (const member of withWarm(group)) {
    const override = Overrides.find(({ InstanceType }) => InstanceType === member.type);
    if (override) member.weight = Number(override.WeightedCapacity ?? 1);
  }
}

export function capacity(group: ScalingGroup): number {
  return [...group.members.values()].filter(counts).reduce((sum, { weight }) => sum + weight, 0);
}

export function inService(group: ScalingGroup): readonly Member[] {
  return [...group.members.values()].filter(({ state }) => state === 'InService');
}
