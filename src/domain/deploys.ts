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

/** `succeeded` and `failed` are final; before those it may be `pending` (accepted, not started) or `running`. */
export type DeployState = 'pending' | 'running' | 'succeeded' | 'failed';

/** How far one instance is. */
export interface DeployedInstance {
  readonly id: string;
  readonly state: DeployState;
  /** It has not reported since it was started, where it reports by itself. */
  readonly silent?: true;
  /** In the deployer's own words, such as `exit code 3` or `DeliveryTimedOut`. */
  readonly why?: string;
  /** The end of its output, one line an item, cut to what a person reads (20 lines). */
  readonly output?: readonly string[];
  /** Where the whole output is: a URL or a path. */
  readonly log?: string;
}

/** What is known of a deploy. */
export interface DeployReport {
  readonly token: string;
  /** `failed` once one instance has failed and none is at it any more; `succeeded` once all have. */
  readonly state: DeployState;
  /** One for each instance of the request, in its order. */
  readonly instances: readonly DeployedInstance[];
}
