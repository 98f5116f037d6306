import type { AlarmState, Baked } from './gates.ts';
import type { Checked } from './green-checks.ts';
import type { Approval } from './approval.ts';
import type { DeployReport } from './deploys.ts';
import type { Freeze } from './freeze.ts';
import type { Owner } from './owners.ts';
import type { Preview } from './preview.ts';
import type { FleetGroup } from './scaling.ts';
import type { Outside, RouteRole, Traffic } from './traffic.ts';
import type { Unreadable } from './unreadable.ts';
import type { WayBack } from './way-back.ts';
import type { Work } from './work.ts';

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

/** A pool that an instance was registered with, and the port: exactly where it is to be put back. */
export interface Membership {
  /** The target group's name. */
  readonly pool: string;
  readonly port: number;
}

/** A deploy in place, as it is recorded on an instance. `started`: its code may be of either release, or of none that works. */
export interface DeployNote {
  readonly release: string;
  /** Id of the run that wanted it. */
  readonly run: string;
  readonly state: 'started' | 'done';
}

/** A volume whose deletion with its instance is turned off. */
export interface KeptVolume {
  readonly id: string;
  /** Absent: it could not be read. */
  readonly sizeGb?: number;
}

export interface Instance {
  readonly id: string;
  /** Availability zone, such as `eu-west-1a`. */
  readonly zone: string;
  readonly state: InstanceState;
  /** Why it is in that state, in AWS's words, when AWS says so. */
  readonly reason?: string;
  /** Private address; absent while it has none yet. */
  readonly address?: string;
  /** Those that it has beside that one, of either kind; absent: none. */
  readonly otherAddresses?: readonly string[];
  /** Elastic IP addresses, by which clients may reach it past every load balancer; absent: none. */
  readonly elasticIps?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly launchedAt: number;
  /** Size or type as AWS calls it, such as `m7g.large`. */
  readonly type?: string;
  /** It was made, and never started: OpsWorks asks for the two one after the other. */
  readonly unstarted?: true;
  /** Why it will not come to run, however long one waits. */
  readonly failed?: string;
  /** What its own tag says that it carries; instances of one fleet differ in the middle of a rolling deploy. */
  readonly release?: string;
  /** What it was launched from, where that is not what its fleet's release is launched from. */
  readonly stray?: string;
  /** Its state in its Auto Scaling group, in AWS's words (`LifecycleState`). Absent: it is in service, or has no group. */
  readonly lifecycle?: string;
  /** What it counts for in its group's sizes. Absent: one. */
  readonly weight?: number;
  /** The pools that it was taken out of and not put back into, as recorded on its tags. */
  readonly left?: readonly Membership[];
  /** The last deploy in place, as recorded on its tags. */
  readonly deploy?: DeployNote;
  /** What else it belongs to, by its tags. */
  readonly owners?: readonly Owner[];
  /** Those that AWS keeps when it ends. */
  readonly keptVolumes?: readonly KeptVolume[];
  /** How many it has, without AWS's own; and which of turnout's, without the prefix. Absent: not known. */
  readonly tags?: { readonly count: number; readonly own: readonly string[] };
}

/** Facts about a fleet's past, kept as tags on it. Roles are never stored: see `roles.ts`. */
export interface Marks {
  /** ISO time at which this fleet was made the only one (`adopt`, `cleanup`). */
  readonly current?: string;
  /** ISO time at which it was first given production traffic (`promote`). */
  readonly promoted?: string;
  /** Its share of production in percent as a run of ours left it, and the ISO time: `10@2026-11-22T02:10:31.000Z`. */
  readonly share?: string;
  /** ISO time at which it was seen to have all of production, where a bake follows. */
  readonly alone?: string;
  /** ISO time at which the TTLs of names had been lowered for it. */
  readonly lowered?: string;
  /** The release whose migrations have run, and the run that ran them: `42 261122-0612-k3f9`. */
  readonly migrated?: string;
  /** The release that new instances boot since, and the run that said so: as `migrated`. */
  readonly pointed?: string;
  /** How many instances it was launched with, by zone, or had when it was made the only one: see `size.ts`. Of the instances' tags, any. */
  readonly size?: string;
  /** The store that keeps the lease: see `store-mark.ts`. Of the instances' tags, the newest. */
  readonly store?: string;
}

/** The instances that carry one release and this environment's ownership tags. */
export interface Fleet {
  readonly id: string;
  /** What its instances carry; what most of them carry, where they differ. */
  readonly release: string;
  readonly marks: Marks;
  /** What holds the instances, and is to be let go of after them: `layer web`. */
  readonly holder?: string;
  /** Tags of the holder, which has the marks, and how many it may have; absent where there is room enough. */
  readonly holderTags?: NonNullable<Instance['tags']> & { readonly most: number };
  /** The Auto Scaling group that its instances are. Absent: they are launched and terminated by turnout alone. */
  readonly group?: FleetGroup;
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
  /** A zonal shift keeps traffic away from it, whatever its health (ELBv2 API, AdministrativeOverride). */
  readonly shifted?: true;
  /** The address of its instance at which it is registered, where that is not the instance's own private one. */
  readonly byAddress?: string;
}

/** `other`: no group of the config, but one that holds an instance of this environment, or that one has left. */
export type PoolRole = RouteRole | 'other';

/** A target group: a pool of targets that production or test traffic goes to. */
export interface Pool {
  /** The group's name, also where the config names it by its ARN: the key that steps use. */
  readonly name: string;
  readonly arn: string;
  /** Where routes divide traffic: `production` as long as one of production's gives the pool a weight. */
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
  /** Healthy targets below which ELB sends requests to all, also unhealthy ones. Absent: it is one. */
  readonly routesToAllBelow?: number;
  /** The same in percent of the registered ones. Absent: it is not asked for. */
  readonly routesToAllBelowPercent?: number;
  /** Healthy targets below which ELB takes a zone out of DNS. Absent: it is one. */
  readonly leavesDnsBelow?: number;
  /** The same in percent of the registered ones. Absent: it is not asked for. */
  readonly leavesDnsBelowPercent?: number;
  /** Seconds in which ELB raises the share of a new target. Absent: it has its whole share at once. */
  readonly slowStartS?: number;
  /** Seconds that a deregistered target is shown as draining. */
  readonly deregistrationDelayS: number;
  /** ARNs of those that forward to it; with none, ELB checks no health there. Absent: it could not be read. */
  readonly loadBalancers?: readonly string[];
  /** Quota of targets for all groups of its load balancer together. Absent: not asked. */
  readonly targetsMax?: number;
  /** The same of a zone. Absent: not asked, or there is none. */
  readonly targetsPerZoneMax?: number;
  /** ELB's word: `HTTP`, `TCP`. */
  readonly protocol?: string;
  /** False where clients of a zone reach the targets of that zone only. */
  readonly crossZone?: boolean;
  /** Where people reach it: URLs of the listeners whose rules forward to it. Filled in by `withUrls`, empty otherwise. */
  readonly urls: readonly string[];
  readonly targets: readonly Target[];
}

/** One answer of production: the release that it names, or why it names none. */
export type ReleaseAnswer = { readonly release: string } | { readonly failed: string };

/** What production's clients are answered, asked over fresh connections. */
export type ReleaseAnswers =
  /** The config does not say how production names its release. */
  | { readonly state: 'no-marker' }
  | { readonly state: 'not-asked' }
  /** `asked`: how many were asked for. `streak`: how many of the last ones name the same release as `last`. */
  | { readonly state: 'asked'; readonly asked: number; readonly streak: number; readonly last: ReleaseAnswer };

/** What a fleet answers where it is tested. */
export interface Trial {
  readonly fleet: string;
  /** What it was asked for: what was right before a plan need not be so any more when its step comes. */
  readonly before: 'plan' | 'step';
  /** A URL, or in words. */
  readonly at: string;
  readonly answers: readonly ReleaseAnswer[];
  /** What production answered at the same time. */
  readonly production: ReleaseAnswer;
}

export interface Snapshot {
  /** When the reading began, in milliseconds since the epoch. */
  readonly at: number;
  /** All fleets that carry this environment's ownership tags, in order of launch. */
  readonly fleets: readonly Fleet[];
  /** Instances found in a pool that lack this environment's ownership tags. */
  readonly unmanaged: readonly Instance[];
  readonly pools: readonly Pool[];
  /** Target groups that are not among the pools. */
  readonly unreadable: readonly Unreadable[];
  /** Auto Scaling groups that the config names and that do not exist, beside one that does. */
  readonly noGroups?: readonly Unreadable[];
  readonly traffic: Traffic;
  readonly outside: Outside;
  /**
   * Where weights divide traffic: when each fleet was last seen with a share of production by any reading of this run, by its id, in
   * milliseconds since the epoch. Absent: none was.
   */
  readonly served?: Readonly<Record<string, number>>;
  readonly answers: ReleaseAnswers;
  /** The approval that was asked for last; absent: none was, or it was not read. */
  readonly approval?: Approval;
  /** Who takes work that must not run twice; absent: not asked. */
  readonly work?: Work;
  /** The rules that lead some requests to green; absent: not asked. */
  readonly preview?: Preview;
  /** Whether the data lets production go back; absent: not asked. */
  readonly wayBack?: WayBack;
  /** What the closed times of the config said when they were asked last; absent: they were not. */
  readonly freeze?: Freeze;
  /** What the deployer and the instances themselves say; read only for the step that waits for it. */
  readonly details?: Details;
}

/** What is seen by asking a deployer or an instance, instead of AWS's lists. */
export interface Details {
  readonly deploys?: readonly DeployReport[];
  /** How each instance answered its check: `ok`, or what was wrong. */
  readonly answers?: Readonly<Record<string, string>>;
  /** When each instance was first seen to drain, in milliseconds since the epoch. */
  readonly drainingSince?: Readonly<Record<string, number>>;
  /** When each target, as `pool id:port`, was first seen healthy, in milliseconds since the epoch. */
  readonly healthySince?: Readonly<Record<string, number>>;
  /** The fleet whose size was compared with what serves in the reading of that time, in milliseconds since the epoch. */
  readonly sized?: { readonly fleet: string; readonly at: number };
  /** Ids of instances of which the drain check says that nothing is in flight. */
  readonly idle?: readonly string[];
  /** What a fleet says of itself that has nothing of production yet; absent while it was not asked. */
  readonly trial?: Trial;
  /** How a fleet that has nothing of production yet answers its checks. */
  readonly checked?: Checked;
  /** What the gates say of a fleet with a share of production. */
  readonly baked?: Baked;
  /** The alarms among the gates, before production moves. */
  readonly alarms?: readonly AlarmState[];
}
