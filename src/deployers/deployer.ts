import type { Clock } from '../clock.ts';
import type { DeployReport } from '../domain/deploys.ts';
import type { Instance } from '../domain/snapshot.ts';

/** One delivery of a release to running instances: the same request asks for the same deploy, from any process. */
export interface DeployRequest {
  /**
   * Names this deploy: `261122-0612-k3f9/1`, the id of the run that wanted it and a number. A run that goes on after a crash
   * asks with the same one, on whatever machine. At most 60 characters, none of them a space.
   */
  readonly token: string;
  /** ISO time at which the run began: no deploy with its token is older. */
  readonly since: string;
  readonly environment: string;
  readonly release: string;
  /** What the instances carry now; absent where nobody knows. */
  readonly previous?: string;
  /** All of them run, and have an address. */
  readonly instances: readonly Instance[];
  /** Migrate the database too: once, on the first of the instances. Deployers that know no migrations never see it true. */
  readonly migrate: boolean;
}

/**
 * A way for new code to get onto running instances. A deploy is started and then looked at, so that whoever waits for it
 * also keeps its time limit, and can be another process than the one that started it. Errors are `OperatorError`s, transient
 * ones marked so; that a deploy has failed is no error but a report.
 */
export interface DeployerPort {
  readonly kind: 'command' | 'ssm' | 'opsworks';
  /** How it delivers, for people: `ansible-playbook site.yml`, `the document shop-deploy`. */
  readonly words: string;
  /** Whether a deploy goes on when the process that started it ends, and another process can find it. */
  readonly lasts: boolean;
  /** Whether it can migrate as part of a deploy (`DeployRequest.migrate`). */
  readonly migrates: boolean;
  /**
   * Before anything is changed: that a deploy could be started on these instances. Changes nothing.
   * @throws OperatorError with what is missing: the program, the document, an instance that is not managed
   */
  prepare(request: DeployRequest): Promise<void>;
  /**
   * Starts the deploy. Idempotent: one with this token that is under way or has succeeded, whoever started it, is left to
   * be looked at. Where the last one with this token has failed, another one is started; AWS's own id or comment carries the token.
   */
  start(request: DeployRequest): Promise<void>;
  /**
   * What is known of the last deploy with this token. Undefined: there was none, or it ended together with the process that
   * ran it and nobody knows how (a local command); then it may be started (again). One request, or few.
   */
  look(request: DeployRequest): Promise<DeployReport | undefined>;
  /**
   * Stops it as far as can be: its time is over, or whoever waits for it must end.
   * @returns whether it is certain that nothing of it is at work any more; false means that it may still change the
   * instances, which must then stay out of traffic.
   */
  stop(request: DeployRequest): Promise<boolean>;
}

/** What adapters are given beside their section of the config. */
export interface DeployerTools {
  /** Called with each line of output as it appears; `instance` is absent for what concerns a whole batch. */
  readonly onOutput: (line: string, instance: string | undefined) => void;
  /** Awaited before anything is changed; requests to AWS are checked by their session already. Rejects when the lease is not ours. */
  readonly beforeChange: () => Promise<void>;
  /** Variables that programs get beside their own: what `turnout` needs to know when they call it. */
  readonly variables: () => Readonly<Record<string, string>>;
  readonly clock: Clock;
}
