import type { Clock } from '../../clock.ts';
import type { Instances } from '../instances/index.ts';
import type { LifecycleFaults } from '../lifecycle-faults.ts';
import type { Scheduler } from '../scheduler.ts';
import type { LifecycleTimes } from '../service.ts';
import type { Timeline } from '../timeline.ts';

/** A parameter as a document declares it: one without a default is required. */
export interface DocumentParameter {
  readonly name: string;
  readonly type: string;
  readonly default?: string;
  readonly allowed?: readonly string[];
}

/** An SSM document, which defines the actions of Run Command. */
export interface SsmDocument {
  readonly name: string;
  readonly createdAt: Date;
  readonly parameters: readonly DocumentParameter[];
  /** Names of its steps, in order. */
  readonly steps: readonly string[];
  /** As it was created. */
  readonly content: string;
  readonly owner: string;
  /** `Command` where it was not said. */
  readonly type?: string | undefined;
}

export type InvocationStatus = 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'Cancelled';

/** A command on one instance. */
export interface Invocation {
  readonly instance: string;
  readonly status: InvocationStatus;
  /** Set if it is more specific than the status, such as `Undeliverable`. */
  readonly details?: string;
  readonly output: string;
  readonly code: number;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
}

export interface SsmCommand {
  readonly id: string;
  readonly document: string;
  readonly steps: readonly string[];
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly comment: string;
  readonly requestedAt: Date;
  readonly timeoutSeconds: number;
  readonly invocations: readonly Invocation[];
}

export interface RunCommandOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly instances: Instances;
  readonly outcomes: LifecycleFaults;
  readonly times: Pick<LifecycleTimes, 'deployMs'>;
  readonly region: string;
  readonly pageSize: number;
}

export interface RunCommandState extends RunCommandOptions {
  readonly documents: Map<string, SsmDocument>;
  readonly commands: Timeline<SsmCommand>;
}

export function currentDate({ clock }: RunCommandState): Date {
  return new Date(clock.now());
}
