/** Configuration of in-place deploys. */
export type DeployerConfig = CommandDeployerConfig | SsmDeployerConfig | OpsWorksDeployerConfig;

export interface SsmDeployerConfig {
  readonly kind: 'ssm';
  readonly document: string;
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly deliveryTimeoutMs: number;
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
  /** Working directory, absolute. */
  readonly folder: string;
  /** Time from SIGTERM to SIGKILL. */
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
  /** Verbs; absent: all. */
  readonly tasks?: readonly string[];
  readonly timeoutMs: number;
  readonly retries: number;
  readonly onError: 'stop' | 'warn';
}

export interface HooksConfig extends Readonly<Record<HookTime, readonly HookConfig[]>> {
  /** Working directory, absolute. */
  readonly folder: string;
}
