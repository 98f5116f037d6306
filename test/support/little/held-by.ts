/** What may hold the instances of a little cloud: layers of an OpsWorks stack, and Auto Scaling groups. */

export interface Layer {
  readonly id: string;
  readonly name: string;
  readonly json: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface OpsInstance {
  readonly id: string;
  readonly layer: string;
  readonly hostname: string;
  readonly zone: string;
  /** The EC2 instance that it has, or had last. */
  readonly box?: string;
  /** It was told to stop. */
  readonly stops: boolean;
}

export interface Stack {
  readonly layers: ReadonlyMap<string, Layer>;
  readonly instances: ReadonlyMap<string, OpsInstance>;
}

/** What a group launches its instances from. */
export interface Launches {
  /** Of the launch template. */
  readonly version: number;
  /** Of its type in a mixed instances policy, where that has one of its own: it outweighs that of the version. */
  readonly ownImage?: string;
}

export interface ScalingGroup extends Launches {
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly desired: number;
  readonly tags: Readonly<Record<string, GroupTag>>;
  /** Names of the target groups that it registers its instances with. */
  readonly targetGroups: readonly string[];
  readonly members: ReadonlyMap<string, ScalingMember>;
  /** The newest instance refresh. */
  readonly refresh?: Refresh;
  /** Its processes that are suspended. */
  readonly suspended?: readonly string[];
}

export interface Refresh {
  /** AWS's word. */
  readonly status: string;
  readonly startedAt: number;
  readonly from: Launches;
  /** Absent where it was started without saying so, by hand. */
  readonly wanted?: Launches;
  readonly keepsInstances: boolean;
  readonly minPercent: number;
  readonly maxPercent: number;
}

export interface GroupTag {
  readonly value: string;
  readonly propagates: boolean;
}

export interface ScalingMember {
  readonly id: string;
  readonly state: 'Pending' | 'InService' | 'ReplacingRootVolume' | 'EnteringStandby' | 'Standby' | 'Terminating';
  readonly version: number;
}

export interface TemplateVersion {
  readonly image: string;
  readonly description?: string;
}

export interface Scaling {
  readonly groups: ReadonlyMap<string, ScalingGroup>;
  /** Of the one launch template, the first one first. */
  readonly versions: readonly TemplateVersion[];
}
