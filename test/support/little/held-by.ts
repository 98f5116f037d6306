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

export interface ScalingGroup {
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly desired: number;
  /** Of the launch template. */
  readonly version: number;
  readonly tags: Readonly<Record<string, GroupTag>>;
  /** Names of the target groups that it registers its instances with. */
  readonly targetGroups: readonly string[];
  readonly members: ReadonlyMap<string, ScalingMember>;
  /** State of the instance refresh that is under way. */
  readonly refresh?: string;
}

export interface GroupTag {
  readonly value: string;
  readonly propagates: boolean;
}

export interface ScalingMember {
  readonly id: string;
  readonly state: 'Pending' | 'InService' | 'Terminating';
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
