/** What is handed to a deployer; the instances are looked up when it is. */
export interface DeployOrder {
  readonly kind: 'deploy' | 'migrate';
  /** The name that it is known by: the same for every process that continues the run. */
  readonly token: string;
  /** ISO time at which the run began: no deploy with its token is older. */
  readonly since: string;
  readonly release: string;
  /** Ids. */
  readonly instances: readonly string[];
  /** Migrate the database too: once, on the first of the instances. */
  readonly migrate: boolean;
}
