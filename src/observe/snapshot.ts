/**
 * What is so, now: one frozen value, read from AWS at one moment. Everything the planner knows is in here.
 */

/** ELB's own words for a target's state (ELBv2 API, TargetHealthStateEnum). */
export type TargetState =
  | 'initial'
  | 'healthy'
  | 'unhealthy'
  | 'unhealthy.draining'
  | 'unused'
  | 'draining'
  | 'unavailable';

/** EC2's own words for an instance's state (EC2 API, InstanceStateName). */
export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

export interface Instance {
  readonly id: string;
  /** Availability zone, such as `eu-west-1a`. */
  readonly zone: string;
  readonly state: InstanceState;
  /** Why it is in that state, in AWS's words, when AWS says so. */
  readonly reason?: string;
  /** Private address; absent while it has none yet. */
  readonly address?: string;
  /** Milliseconds since the epoch. */
  readonly launchedAt: number;
  /** Size or type as AWS calls it, such as `m7g.large`. */
  readonly type?: string;
  /** It was made, and never started: OpsWorks asks for the two one after the other. */
  readonly unstarted?: true;
  /** Why it will not come to run, however long one waits. */
  readonly failed?: string;
}

/** Facts about a fleet's past, kept as tags on it. Roles are never stored: see `roles.ts`. */
export interface Marks {
  /** ISO time at which this fleet was made the only one (`adopt`, `cleanup`). */
  readonly current?: string;
  /** ISO time at which it was first given production traffic (`promote`). */
  readonly promoted?: string;
}

/** The instances that carry one release and this environment's ownership tags. */
export interface Fleet {
  readonly id: string;
  readonly release: string;
  readonly marks: Marks;
  /** What holds the instances, and is to be deleted after them: `layer web`. */
  readonly holder?: string;
  /** Sentences on what may change the fleet without anybody's asking. */
  readonly warnings?: readonly string[];
  /** All that AWS still lists, also those that are gone (`shutting-down`, `terminated`). */
  readonly instances: readonly Instance[];
}

/** One target as a target group knows it. */
export interface Target {
  readonly id: string;
  /** The port it was registered with; it must be deregistered with the same one. */
  readonly port: number;
  readonly state: TargetState;
  /** ELB's reason code, such as `Target.Timeout`; absent when healthy. */
  readonly reason?: string;
  readonly description?: string;
}

export type PoolRole = 'production' | 'test';

/** A target group: a pool of targets that production or test traffic goes to. */
export interface Pool {
  /** The group's name, also where the config names it by its ARN: the key that steps use. */
  readonly name: string;
  readonly arn: string;
  readonly role: PoolRole;
  /** The port at which this environment's instances are registered here. */
  readonly port: number;
  /** Seconds between two health checks of one target. */
  readonly intervalS: number;
  /** Seconds after which a health check counts as failed. */
  readonly timeoutS: number;
  /** Passed checks in a row that make an unhealthy target healthy. */
  readonly healthyThreshold: number;
  /** Failed checks in a row that make a target unhealthy. */
  readonly unhealthyThreshold: number;
  /** Seconds that a deregistered target is shown as draining. */
  readonly deregistrationDelayS: number;
  /** Where people reach it: URLs of the listeners whose rules forward to it. Filled in by `withUrls`, empty otherwise. */
  readonly urls: readonly string[];
  readonly targets: readonly Target[];
}

export interface Snapshot {
  /** When the reading began, in milliseconds since the epoch. */
  readonly at: number;
  /** All fleets that carry this environment's ownership tags, in order of launch. */
  readonly fleets: readonly Fleet[];
  /** Instances found in a pool that lack this environment's ownership tags. */
  readonly strangers: readonly Instance[];
  readonly pools: readonly Pool[];
}
