import type { AlarmState, Gate, Gating, Judged } from '../domain/gates.ts';
import type { Pool } from '../domain/snapshot.ts';
import { inconclusive } from '../domain/verdicts.ts';

/** A release and the target groups in which it serves. */
export interface Side {
  readonly release: string;
  readonly pools: readonly Pick<Pool, 'name' | 'arn' | 'loadBalancers'>[];
}

/** What a gate is asked about. Times are in milliseconds since the epoch, in AWS's time. */
export interface Occasion {
  readonly green: Side;
  /** What serves beside it. Absent: nothing. */
  readonly blue?: Side;
  /** Of production, what green has. */
  readonly percent: number;
  /** Since when it has that. */
  readonly since: number;
  readonly now: number;
  /** How long it bakes, in seconds. */
  readonly seconds: number;
}

/** What judges a release that has a share of production. */
export interface GatePort {
  /** What the config decides. */
  readonly gating: Gating;
  /** Asks one gate. What cannot be read is inconclusive: never rejects. */
  judge(gate: Gate, occasion: Occasion): Promise<Judged>;
  /** The state of these alarms, in one request. Rejects where AWS does not tell. */
  alarms(names: readonly string[]): Promise<readonly AlarmState[]>;
  /** Ends what asks on its own; to be called at the end of a run. */
  end(): Promise<void>;
}

/** The config names no gate. */
export const NO_GATES: GatePort = {
  gating: { gates: [], onInconclusive: 'hold' },
  judge: async () => inconclusive('the config has no such gate'),
  alarms: async () => [],
  end: async () => {},
};
