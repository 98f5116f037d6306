/** How code gets onto running instances, as `schema-deploy.ts` says it. Strings are filled in for each deploy. */
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

interface CommandDeployerConfig {
  readonly kind: 'command';
  readonly run: readonly string[];
  readonly per: 'instance' | 'batch';
  /** Absolute; where it is run. */
  readonly folder: string;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
}
