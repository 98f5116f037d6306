import type { Clock } from '../clock.ts';
import type { DeployReport } from '../domain/deploys.ts';
import type { Instance } from '../domain/snapshot.ts';

/** A deploy of a release to running instances. The same request means the same deploy, from any process. */
export interface DeployRequest {
  /**
   * Idempotency token, for example `261122-0612-k3f9/1`: the id of the run and a number. A run that is resumed after a crash
   * uses the same token, on any machine. At most 60 characters, without spaces.
   */
  readonly token: string;
  /** ISO time at which the run started: no deploy with its token is older. */
  readonly since: string;
  readonly environment: string;
  readonly release: string;
  /** Release of the instances now; absent when unknown. */
  readonly previous?: string;
  /** All are running and have an address. */
  readonly instances: readonly Instance[];
  /** Whether to migrate the database too, once, on the first instance. Always false for deployers without migrations. */
  readonly migrate: boolean;
}

/**
 * Deploys a release to running instances. A deploy is started and then polled, so that the caller enforces the timeout and may be
 * another process than the one that started it. Errors are `OperatorError`s, with `transient` set where a retry may help; a
 * failed deploy is not an error but a report.
 */
export interface DeployerPort {
  readonly kind: 'none' | 'command' | 'ssm' | 'opsworks' | 'pull';
  /** Description for operators, for example `ansible-playbook site.yml` or `the document shop-deploy`. */
  readonly description: string;
  /** Whether a deploy continues when the process that started it ends, so that another process can find it. */
  readonly isRemote: boolean;
  /** Whether it can migrate as part of a deploy (`DeployRequest.migrate`). */
  readonly migrates: boolean;
  /**
   * Checks that a deploy can be started on these instances. Changes nothing.
   * @throws OperatorError that names what is missing: the program, the document, or a managed instance
   */
  prepare(request: DeployRequest): Promise<void>;
  /**
   * Starts the deploy, unless the last one with this token is in progress or has succeeded, whichever process started it. AWS
   * stores the token as the comment of the command or deployment.
   */
  start(request: DeployRequest): Promise<void>;
  /**
   * Status of the last deploy with this token. Undefined when there was none, or when it was a local command whose process has
   * ended with an unknown result: then it may be started (again). Sends few requests.
   */
  status(request: DeployRequest): Promise<DeployReport | undefined>;
  /**
   * Instances that are launched later boot that release from now on, where the deployer decides that; else nothing. Idempotent.
   */
  setCurrent(release: string): Promise<void>;
  /**
   * By their ids the releases that these instances say they run, where they fetch them by themselves; else nothing. It is no proof.
   */
  fetched(ids: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /**
   * Stops the deploy as far as possible.
   * @returns whether it has certainly stopped; false means that it may still change the instances, which must then stay out of
   * traffic
   */
  stop(request: DeployRequest): Promise<boolean>;
}

/** Dependencies of a deployer, besides its section of the config. */
export interface DeployerTools {
  /** Called with each line of output; `instance` is absent when the line concerns a whole batch. */
  readonly onOutput: (line: string, instance: string | undefined) => void;
  /** Awaited before each change that is not a request to AWS, which its session checks. Rejects when the lease is lost. */
  readonly beforeChange: () => Promise<void>;
  /** Environment variables for programs, which `turnout` reads when they call it. */
  readonly variables: () => Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Who is written down as the author of what others read: `user@host`. */
  readonly by: string;
}
