import type { Connection } from '../../aws/session.ts';
import type { Tasks } from '../../../tasks/index.ts';
import type { Verb } from '../../domain/goal.ts';
import type { HeldLease } from '../../record/lease.ts';
import type { TrafficSeen } from '../../probe/seen.ts';
import type { Store } from '../../stores/store.ts';
import type { View } from '../event.ts';
import type { Hooks } from '../hooks/hooks.ts';
import type { Ports } from '../../steps/ports.ts';
import type { Decision } from '../engine/decision.ts';
import type { Limits } from '../../steps/definition.ts';

/** Clients of production, as the run watches them. */
export interface Clients {
  begin(): void;
  /** What they met; the same each time. */
  end(): Promise<TrafficSeen>;
  /** A failed request makes the run a failure. */
  readonly mustNotFail: boolean;
}

/** All that a run is given. */
export interface Setup {
  readonly tasks: Tasks;
  readonly environment: string;
  readonly ports: Ports;
  readonly store: Store;
  /** Checked before each change to AWS. */
  readonly decision: Decision;
  readonly limits: Limits;
  /** How old AWS's answers may be, in milliseconds. */
  readonly settleMs: number;
  readonly view: View;
  /** Requests sent to AWS so far. */
  readonly requests: () => number;
  /** What is known of the connection to AWS, once something was read. */
  readonly connection: () => Connection;
  /** Aborted by the first Ctrl-C, and with `faulted`. */
  readonly signal: AbortSignal;
  /** Aborted by an exception that nothing caught: the run ends, also where it hangs. */
  readonly faulted: AbortSignal;
  /** Asks production steadily from the beginning of a run to its end; absent when that was not requested. */
  readonly clients?: Clients;
  readonly identity: { readonly run: string; readonly who: string; readonly host: string };
  readonly hooks?: Hooks;
  /** A program of another run has called this one: it works under that run's lease, and leaves its goal alone. */
  readonly nested?: boolean;
  /** Takes the lease, and makes every change to AWS check it; rejects when another run holds it. */
  readonly takeLease: (verb: Verb, release: string | undefined) => Promise<HeldLease>;
}

export interface Mode {
  /** Show the plan and change nothing. */
  readonly plan: boolean;
  /** Do not ask. */
  readonly yes: boolean;
}
