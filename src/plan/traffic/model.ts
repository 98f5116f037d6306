import type { Amount } from '../../domain/amount.ts';
import type { Allowed, GoalOf, MinimumHealthy, Refusal, Stages } from '../../domain/goal.ts';
import type { CapacityGroup } from '../../domain/minimum-healthy.ts';
import type { Fleet, Pool, Snapshot } from '../../domain/snapshot.ts';
import type { ResidualLimits, SwitchSettings, Traffic } from '../../domain/traffic.ts';
import type { Reads } from '../../observe/reads.ts';
import type { Step } from '../../steps/index.ts';
import type { Keeps } from '../../steps/terminate.ts';

/** The switch that `promote` and `rollback` share: production is served by `to` alone, or gets a share of it. */
export interface Switch {
  readonly to: Fleet;
  readonly minimumHealthy: MinimumHealthy;
  /** `all`: each instance must be healthy (a new fleet). `minimum`: the minimum suffices (a fleet that served before). */
  readonly need: 'all' | 'minimum';
  /** ISO time at which it was asked for. */
  readonly since: string;
  readonly run: string;
  readonly who: string;
  readonly settings: SwitchSettings;
  /** Whether there is time to prepare it, as before a promote. */
  readonly prepares: boolean;
  /** Nothing but production shows whether it is healthy: ELB checks it there, before it sends it requests. */
  readonly unlessSick?: true;
  /** All at once when absent. */
  readonly stages?: Stages;
  /** All at once when absent. */
  readonly batch?: number;
  /** An Auto Scaling group grows first to what serves now, also on the way back. */
  readonly grow?: true;
  readonly allowed?: Allowed;
  /** Seconds of the last bake. Absent: there is none. */
  readonly bakeS?: number;
}

/** What may be said about how fast production moves. */
export interface PaceOptions {
  readonly steps?: readonly number[];
  /** Seconds. */
  readonly every?: number;
  /** Percent. */
  readonly to?: number;
  readonly batch?: Amount;
}

/** Absent: all at once. */
export type Pace = Pick<Switch, 'stages' | 'batch'>;

/** What the end of a fleet depends on, and what has to be done directly before it. */
export interface Ending {
  readonly keeps: Keeps;
  readonly allowed: Allowed;
  readonly before: readonly Step[];
  /** Absent: requests that still reach it do not count. */
  readonly residual?: ResidualLimits;
}

/**
 * A way of moving production's traffic, as the planner sees it: the same questions, answered for this snapshot by its kind
 * alone. Steps are exactly those of its kind, whether done already or not.
 */
export interface TrafficModel {
  /** The pools in which the fleet is tried while it has none of production's traffic. */
  testPools(fleet: Fleet): readonly Pool[];
  /** The pools in which the fleet serves once it has production. */
  servingPools(fleet: Fleet): readonly Pool[];
  /** What the fleet has of production, in whole percent. */
  shareOf(fleet: Fleet): number;
  /** Servers enter production's pools in a switch, not healthy at first, and leave them; otherwise each fleet stays in its own. */
  readonly movesServers: boolean;
  /** What else is read before a switch is planned. */
  readonly readsBefore: Reads;
  /** Production's pools, grouped by which of them stand for each other. */
  capacityGroups(): readonly CapacityGroup[];
  /** Sentences worth reading before traffic is moved. */
  readonly notes: readonly string[];
  /** Why traffic must not be moved to the fleet the way it is set up, or to the next one. */
  setupProblem(to?: Fleet): Refusal | undefined;
  /** Why others seem to be moving traffic. */
  changedByOthers(): Refusal | undefined;
  /** How fast production moves to the fleet, as asked for or configured. */
  paceOf(to: Fleet, options: PaceOptions, settings: SwitchSettings): Pace | Refusal;
  /** How fast production moves back to the fleet, as asked for. */
  paceBack(to: Fleet, options: Pick<PaceOptions, 'batch'>): Pace | Refusal;
  /** Capacity never dips, in both directions. `before`: what has to come right before production moves. */
  switchSteps(change: Switch, before: readonly Step[]): readonly Step[];
  /** Test traffic leads to the fleet. */
  routeTestTraffic(fleet: Fleet): readonly Step[];
  /** Why a fleet that production has left must stay for now: see `cleanup`. */
  retireProblem(fleet: Fleet, goal: GoalOf<'cleanup'>): Refusal | undefined;
  /** A fleet that production has left, from its last requests to the end of its instances. */
  retireSteps(fleet: Fleet, goal: GoalOf<'cleanup'>, ending: Ending): readonly Step[];
  /** Once there is no way back any more: what was prepared for `keep`'s switch is undone. */
  settleSteps(keep: Fleet, settings: SwitchSettings): readonly Step[];
}

export type WeightedTraffic = Exclude<Traffic, { kind: 'membership' }>;

/** What differs between ways of dividing traffic by weights, in one world. */
export interface WeightsKind {
  readonly snapshot: Snapshot;
  readonly traffic: WeightedTraffic;
  /** What else is worth knowing before traffic is moved. */
  readonly notes: readonly string[];
  /** Why traffic that is moved to the pool would not get there, or not be seen to. */
  poolProblem(pool: Pool): Refusal | undefined;
  /** Why production's clients may get this fleet, or a new one, though its pool has no share. */
  withoutShareProblem(fleet?: Fleet): Refusal | undefined;
  /** Before anything else of a switch. */
  prepare(change: Switch, pool: string): readonly Step[];
  /** Until the weights that were just set for the pool hold everywhere. */
  arrive(change: Switch, pool: string): readonly Step[];
  /** What shows that production goes to the fleet. */
  verify(change: Switch, pool: string): readonly Step[];
  /** Seconds for which a fleet is kept. */
  retentionS(settings: SwitchSettings): number;
  /** Requests by which a fleet is still needed; undefined where nothing leads clients to what has lost its share. */
  residual(settings: SwitchSettings): ResidualLimits | undefined;
  readonly readsBefore: TrafficModel['readsBefore'];
  settleSteps: TrafficModel['settleSteps'];
}
