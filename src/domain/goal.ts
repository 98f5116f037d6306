import type { Amount } from './amount.ts';
import { defined } from './defined.ts';
import type { GreenCheck } from './green-checks.ts';
import type { ProductionRecord } from './production-record.ts';
import type { KeptVolume } from './snapshot.ts';
import { list } from './text.ts';
import type { SwitchSettings } from './traffic.ts';
import type { Convergence } from './waves.ts';

/** What was asked for, pinned when the run began: the same goal gives the same end from any machine. */

export type Verb = Goal['verb'];

/** The fewest healthy targets that a pool must have: in all, and in each zone. */
export interface PoolMinimum {
  readonly total: number;
  readonly zones: Readonly<Record<string, number>>;
  /** Clients of a zone reach the targets of that zone only: unless the minimum is 0, each keeps one. */
  readonly zonal?: true;
  /** The most targets that one instance had of these, at ports of their own; absent: one. */
  readonly ports?: number;
}

/**
 * The minimum healthy that a run keeps, by pool name; where weights divide traffic between pools, under `production` for all
 * of them together. Resolved once, when the goal is pinned.
 */
export type MinimumHealthy = Readonly<Record<string, PoolMinimum>>;

/** How code gets onto an instance, as the config said when the run began. */
export interface Delivery {
  /** For people: `ansible-playbook site.yml`. */
  readonly words: string;
  /** Ask the instance itself before it gets traffic again. */
  readonly check: boolean;
  /** `alone`: on its own before the first batch. `with-deploy`: as part of the first deploy. */
  readonly migrate: 'no' | 'alone' | 'with-deploy';
  /** In the end, instances that are launched later are to boot it, too: pull deploys. */
  readonly movesPointer?: true;
  /** Instances change by themselves within this time, once they are permitted to: pull deploys. */
  readonly converges?: Convergence;
}

/** Exactly what `up` boots, resolved to ids before anything starts, so that a repeated request is the same request. */
export interface LaunchSpec {
  /** The kind of fleet that understands `request`. */
  readonly kind: string;
  /** Lines for people: image, type, template, in AWS's ids. */
  readonly summary: readonly string[];
  /** Where to boot how many: one entry a zone; none where a group chooses the zones. */
  readonly batches: readonly LaunchBatch[];
  /** The Auto Scaling group that launches them. */
  readonly group?: LaunchGroup;
  /** The rest of the request, as the fleet's own API takes it. JSON. */
  readonly request: Readonly<Record<string, unknown>>;
}

/** Whether a refresh to it replaces root volumes, and keeps the instances. */
export function keepsInstances({ request }: Pick<LaunchSpec, 'request'>): boolean {
  return request['rootVolumes'] === true;
}

/** What an instance refresh of an Auto Scaling group goes to. */
export interface RefreshTarget {
  readonly spec: LaunchSpec;
  /** What stays in service, and how much there may be, in percent of the desired capacity. */
  readonly minPercent: number;
  readonly maxPercent: number;
}

export interface LaunchGroup {
  readonly name: string;
  /** How many instances. */
  readonly count: number;
  /** The same in units of the group's sizes: see `FleetGroup`. */
  readonly capacity: number;
  /** The minimum that it is to have once it serves and nothing holds it any more. */
  readonly minimum: number;
  /** ARNs of the target groups that it registers them with. */
  readonly targetGroups: readonly string[];
  /** As of `FleetGroup`. */
  readonly moves?: true;
  /** Ids of the subnets among which it spreads them. */
  readonly subnets: readonly string[];
}

export interface LaunchBatch {
  readonly zone: string;
  readonly subnet: string;
  readonly count: number;
}

/** The shares of production that a fleet is given one after the other. */
export interface Stages {
  /** Ascending, in percent; it ends with the last one. */
  readonly shares: readonly number[];
  /** Seconds between two of them, in which the checks must hold. */
  readonly everyS: number;
}

/** Who requested it, and when; the same for every verb. */
export interface RequestedBy {
  /** Id of the run that recorded the goal first; ClientTokens and log lines carry it. */
  readonly run: string;
  /** `user@host`, or what `TURNOUT_WHO` says. */
  readonly who: string;
  /** ISO time. */
  readonly since: string;
}

/** What a switch of production is pinned to, in either direction. */
interface SwitchGoal {
  readonly minimumHealthy: MinimumHealthy;
  readonly settings: SwitchSettings;
  /** This many instances at a time, where fleets move between target groups. Absent: all at once. */
  readonly batch?: number;
  /** What serves already is an Auto Scaling group, and may be scaled in again. */
  readonly letsGo?: true;
}

/** What the operator has allowed, by name: what would otherwise be refused. */
export interface Allowed {
  /** Target groups that may lose these servers, though others lead clients there. */
  readonly sharedGroups?: readonly string[];
  /** The new fleet may get production though it could not be asked for its release. */
  readonly unknownRelease?: boolean;
  /** Servers may leave while the new ones are in slow start, which ends it. */
  readonly slowStart?: boolean;
  /** Production goes back to a release that cannot read the data, for this reason. */
  readonly schema?: string;
  /** Closed times do not count, for this reason. */
  readonly freeze?: string;
  /** CloudWatch alarms that judge nothing, and may be in ALARM. */
  readonly alarms?: readonly string[];
  /** Auto Scaling groups, fleets and clusters whose instances may be taken away. */
  readonly owners?: readonly string[];
}

/** A fleet that a cleanup terminates. */
export interface EndedFleet {
  readonly release: string;
  /** How many instances. */
  readonly instances: number;
  /** Those that AWS keeps. */
  readonly volumes?: readonly KeptVolume[];
}

/** What was asked for, about one fleet and the release that it carries or is to carry. */
export type Goal = RequestedBy & { readonly fleet: string; readonly release: string } & (
    | {
        readonly verb: 'adopt';
        readonly instances: readonly string[];
        /** Also of other environments. */
        readonly takesOver?: true;
      }
    | {
        readonly verb: 'up';
        readonly spec: LaunchSpec;
        /** The fleet is up already, and stays as it is: only who is led to it by `preview` is put right. */
        readonly isUp?: true;
        /** The instance that was named to be cloned. */
        readonly cloneFrom?: string;
        /** What it has to answer before it counts as up. Absent: nothing. */
        readonly checks?: readonly GreenCheck[];
        /** It has to name its release there, too. */
        readonly tellsRelease?: true;
      }
    | (SwitchGoal & {
        readonly verb: 'promote';
        /** `minimum`: not every instance has to be healthy, as `--min-healthy` said. Absent: all. */
        readonly need?: 'minimum';
        /** In steps: see `Stages`. Absent: all at once. */
        readonly stages?: Stages;
        /** Seconds for which green is watched once it has what it is to have. Absent: it is not. */
        readonly bakeS?: number;
        readonly allowed?: Allowed;
      })
    | (SwitchGoal & {
        readonly verb: 'rollback';
        /** A group that is smaller than what serves grows first. */
        readonly grow?: true;
        readonly allowed?: Allowed;
      })
    | {
        readonly verb: 'cleanup';
        readonly discard: boolean;
        /** Only the fleets with this release are terminated, and those that stay keep their roles. */
        readonly only?: string;
        readonly wait: boolean;
        /** What was there to be terminated when it was requested. */
        readonly ends?: readonly EndedFleet[];
        readonly settings: SwitchSettings;
        /** What the serving fleet must have healthy until the others have ended: they are the way back. */
        readonly minimumHealthy: MinimumHealthy;
        /** What production was before, and must still be: of the last run, or when this was requested. */
        readonly lastProduction?: ProductionRecord;
        /** It was said which release stays: advice says it again. */
        readonly assertsRelease?: true;
        /** Without waiting for requests that may still be on their way to what has lost its share. */
        readonly early?: boolean;
        readonly allowed?: Allowed;
      }
    | {
        readonly verb: 'rolling';
        /** Instances that are deployed to together, in order. */
        readonly batches: readonly (readonly string[])[];
        /** The batches are waves of up to these shares, which serve meanwhile. Absent: each batch is taken out of traffic. */
        readonly waves?: readonly number[];
        /** Absent: downtime is allowed. */
        readonly minimumHealthy?: MinimumHealthy;
        /** What `--min-healthy` was, for advice that keeps it. */
        readonly minHealthy?: Amount;
        /** Also to those that carry the release already. */
        readonly force: boolean;
        readonly delivery: Delivery;
        /** By an instance refresh of the group, and not in place: then there are no batches. */
        readonly refresh?: RefreshTarget;
        readonly allowed?: Allowed;
      }
    | { readonly verb: 'deploy'; readonly instances: readonly string[]; readonly delivery: Delivery }
    | {
        readonly verb: 'drain';
        readonly instances: readonly string[];
        /** Absent: downtime is allowed. */
        readonly minimumHealthy?: MinimumHealthy;
        readonly allowed?: Allowed;
      }
    | { readonly verb: 'join'; readonly instances: readonly string[]; readonly check: boolean }
  );

export type GoalOf<V extends Verb> = Extract<Goal, { verb: V }>;

/**
 * The goal with settings that fit the config: one that was recorded under another config, or by a version that pinned none,
 * gets those of now.
 */
export function withSettings<G extends Goal>(goal: G, now: SwitchSettings): G {
  if (goal.verb === 'up') return withChecks<GoalOf<'up'>>(goal, now) as G;
  if (goal.verb !== 'promote' && goal.verb !== 'rollback' && goal.verb !== 'cleanup') return goal;
  const { settings } = goal as { readonly settings?: SwitchSettings };
  const fits = settings?.traffic.kind === now.traffic.kind && settings.verification.by === now.verification.by;
  // Whether it has to be approved was decided when it began.
  if (!fits)
    return { ...goal, settings: { ...without(now, 'approval'), ...defined({ approval: settings?.approval }) } };
  return goal.verb === 'promote' ? { ...goal, settings: withGating(withChecks(settings, now), now) } : goal;
}

function without<T extends object, K extends keyof T>(one: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = one;
  return rest;
}

function withGating(settings: SwitchSettings, { gating }: SwitchSettings): SwitchSettings {
  return { ...without(settings, 'gating'), ...defined({ gating }) };
}

/** Checks only collect evidence: one that was wrong is put right in the config, and the run goes on with it. So do gates. */
function withChecks<T extends { readonly checks?: SwitchSettings['checks'] }>(one: T, { checks }: SwitchSettings): T {
  if (one.checks === undefined && checks === undefined) return one;
  const { checks: _, ...rest } = one;
  return (checks === undefined ? rest : { ...rest, checks }) as T;
}

/** A world or a request that the planner does not accept: nothing was changed. */
export interface Refusal {
  /** Stays the same over versions, for scripts: `green-exists`, `not-healthy`. */
  readonly refused: string;
  /** What was seen, as a sentence. */
  readonly message: string;
  /** What the person can do, the best first. */
  readonly next: readonly string[];
}

export function refusal(refused: string, message: string, ...next: readonly string[]): Refusal {
  return { refused, message, next };
}

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}

/** What the goal is about: a release, or the instances that were named. */
export function subjectOf(goal: Goal): string {
  return goal.verb === 'drain' || goal.verb === 'join' ? list(goal.instances, 3) : goal.release;
}

/** How many instances are launched in all. */
export function launchCount({ batches, group }: LaunchSpec): number {
  return group?.count ?? batches.reduce((sum, batch) => sum + batch.count, 0);
}
