/** What deploys in place are configured with. */
export type DeployerConfig = CommandDeployerConfig | SsmDeployerConfig | OpsWorksDeployerConfig;

export interface SsmDeployerConfig {
  readonly kind: 'ssm';
  readonly document: string;
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly deliveryMs: number;
}

export interface OpsWorksDeployerConfig {
  readonly kind: 'opsworks';
  readonly stack: string;
  readonly app?: string;
  readonly command: string;
  readonly args: Readonly<Record<string, readonly string[]>>;
  readonly revision: string;
}

export interface CommandDeployerConfig {
  readonly kind: 'command';
  readonly run: readonly string[];
  readonly per: 'instance' | 'batch';
  /** Absolute; where it is run. */
  readonly folder: string;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
}

export interface InstanceCheckConfig {
  readonly url: string;
  readonly contains?: string;
  readonly timeoutMs: number;
}

export interface DrainCheckConfig {
  readonly url: string;
  readonly afterMs: number;
  readonly timeoutMs: number;
}

export type HookTime = 'beforeTask' | 'afterTask' | 'beforeInstance' | 'afterInstance' | 'onFailure' | 'onRollback';

export interface HookConfig {
  readonly run: readonly string[];
  /** Verbs; absent: for all. */
  readonly tasks?: readonly string[];
  readonly limitMs: number;
  readonly retries: number;
  readonly onError: 'stop' | 'warn';
}

export interface HooksConfig extends Readonly<Record<HookTime, readonly HookConfig[]>> {
  /** Absolute; where they are run. */
  readonly folder: string;
}
