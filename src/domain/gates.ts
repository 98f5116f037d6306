/** What may stop a release that already gets production: judges of its behaviour, while it bakes. */

/** What a gate says of a release. `inconclusive`: the evidence does not suffice, or could not be read; never a pass. */
export type GateVerdict = 'pass' | 'fail' | 'inconclusive';

export interface Judged {
  readonly verdict: GateVerdict;
  /** With its numbers, as a sentence without a full stop. */
  readonly why: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** How much slower a release may be: `over` of the last `of` minutes must not be slower than `times` the other side's. */
export interface LatencyLimits {
  /** 50 or 99. */
  readonly percentile: number;
  readonly times: number;
  readonly over: number;
  readonly of: number;
}

/** What a gate says of failed requests. Shares are parts of 1. */
interface Compared {
  readonly rise: number;
  readonly max?: number;
  readonly latency?: LatencyLimits;
}

/**
 * A gate as a plan knows it; how it is asked is in the config of the machine that asks. `dryRun`: it judges, and decides nothing.
 */
export type Gate = { readonly name: string; readonly dryRun: boolean } & (
  | ({ readonly kind: 'probe' | 'metric' } & Compared)
  | { readonly kind: 'alarm'; readonly alarm: string }
  | { readonly kind: 'command' | 'prometheus' | 'webhook' }
);

export type GateKind = Gate['kind'];
export type GateOfKind<K extends GateKind> = Extract<Gate, { kind: K }> & { readonly kind: K };

/** What happens when time is over, and a gate is still inconclusive: stop and keep the weights, lead back, or go on. */
export type OnInconclusive = 'hold' | 'back' | 'go';

/** What the config decides about gates. */
export interface Gating {
  readonly gates: readonly Gate[];
  readonly onInconclusive: OnInconclusive;
  /** Seconds for which a release that has all of production is watched. Absent: as long as its gates need. */
  readonly bakeS?: number;
}

/** A gate's last word in one bake. */
export interface Judgement extends Judged {
  readonly gate: string;
  readonly dryRun: boolean;
  /** When it was asked, in milliseconds since the epoch. */
  readonly at: number;
}

/** What the gates have said of a fleet with that share of production. */
export interface Baked {
  readonly fleet: string;
  readonly percent: number;
  /** When this was first asked, in milliseconds since the epoch: a probe has only seen what came after. */
  readonly firstAt: number;
  readonly judgements: readonly Judgement[];
}

/** A CloudWatch alarm, in AWS's words. */
export interface AlarmState {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'not-found';
  /** AWS's reason, or why nothing is known. */
  readonly why: string;
  /** Seconds until a change of what it watches can show: its periods, or those of what a composite alarm is made of. 0 where AWS does not say. */
  readonly needsS: number;
  /** AWS could evaluate only a part of its data, or had none. */
  readonly isPartial: boolean;
}

/** Of these alarms, the first that is in ALARM. */
export function activeAlarm(seen: readonly AlarmState[], names: readonly string[]): AlarmState | undefined {
  return seen.find(({ name, state }) => state === 'ALARM' && names.includes(name));
}
