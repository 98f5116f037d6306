import type { Unreadable } from './unreadable.ts';

/**
 * How production's traffic is moved: what is seen of it, as a part of the snapshot, and what the config decides about it, which
 * is pinned in goals when a run begins.
 */

import type { ApprovalTerms } from './approval.ts';
import type { Gating } from './gates.ts';
import type { GreenCheck } from './green-checks.ts';
import type { Owner } from './owners.ts';

/** Whose requests a route divides. */
export type RouteRole = 'production' | 'test';

/** A listener's rule or default action, or a DNS name, that divides its traffic among pools by weight. */
export interface Route {
  /** `shop:443`, `shop:443 priority 10`, `www.shop.example.com`. */
  readonly name: string;
  readonly role: RouteRole;
  /** Weights by the names of our pools, as they are now. A pool that the route does not know is left out. */
  readonly weights: Readonly<Record<string, number>>;
  /** The sum of the weights of pools that are not ours; they are left alone. */
  readonly othersWeight: number;
  /** What its clients get instead of being forwarded to a target group. */
  readonly answers?: 'a redirect' | 'a fixed response';
  /** Seconds for which a client stays with the pool it got, whatever the weights are; 0 when it does not. */
  readonly stickyS: number;
  readonly url: string;
}

/** What is seen wherever weights divide the traffic. */
interface Weighted {
  readonly routes: readonly Route[];
  /** Why traffic must not be moved to a new fleet, as sentences. */
  readonly problems: readonly string[];
  /** What is worth knowing before traffic is moved, as sentences. */
  readonly notes: readonly string[];
  readonly residual: ResidualTraffic;
  /** Rules for test traffic that are not among the routes; zones of which there are several: the routes are in those that lead here. */
  readonly unreadable: readonly Unreadable[];
}

/** Rules of listeners divide the traffic between two pools. */
export interface ListenerWeights extends Weighted {
  readonly kind: 'listener-weights';
}

/** Weighted DNS records divide the traffic between two pools, each behind a load balancer of its own. */
export interface DnsWeights extends Weighted {
  readonly kind: 'dns-weights';
  /** By the names of routes. */
  readonly ttls: Readonly<Record<string, RouteTtl>>;
  /** There are name servers that a change of this run has not reached. */
  readonly pending: boolean;
  /** Why Route 53 answers with other records than the pool's, whatever the weights, by pool. */
  readonly passedOver: Readonly<Record<string, string>>;
  readonly answers: DnsAnswers;
}

/** `membership`: fleets move between the pools of production and test, and the pools stay. */
export type Traffic = { readonly kind: 'membership' } | ListenerWeights | DnsWeights;

/** For how many seconds resolvers may keep what the records of a name say. */
export interface RouteTtl {
  /** Of the records that have a TTL of their own. */
  readonly own: readonly number[];
  /** Of aliases, which cannot be changed; 0 where there is none. */
  readonly fixedS: number;
}

/** What the name servers said last. `unclear`: several pools, none, or nothing. */
export type DnsAnswers =
  | { readonly state: 'not-asked' }
  | { readonly state: 'unclear' }
  /** A name server could not be asked. `why`: with its address and port. */
  | { readonly state: 'unreachable'; readonly why: string }
  /** `streak`: how many answers in a row led to the pool and to no other. */
  | { readonly state: 'one-pool'; readonly pool: string; readonly streak: number };

/** Requests that still reach pools without a share of production: by old DNS answers, or by a rule's cookie. */
export type ResidualTraffic =
  | { readonly state: 'not-asked' }
  /** `next`: what can be done about it. */
  | { readonly state: 'unreadable'; readonly why: string; readonly next: readonly string[] }
  /** Requests in the last `withinS` seconds, by pool; of the pools that were asked about. */
  | { readonly state: 'counted'; readonly requests: Readonly<Record<string, number>>; readonly withinS: number };

/** What leads to one of our pools, or to another group that holds one of our instances. */
export interface OutsideRoute {
  /** As the config's routes are called: `shop:443`, `shop:443 priority 10`; or a DNS name. */
  readonly name: string;
  readonly by: 'listener' | 'name';
  readonly url: string;
  /** Weights by the names of target groups, all that it has; 1 where it forwards to a single one. */
  readonly weights: Readonly<Record<string, number>>;
  /** Seconds for which a cookie keeps a client at a group that has no weight any more; 0 without cookies. */
  readonly stickyS: number;
  /** A rule of this environment's `preview`. */
  readonly isPreview?: true;
}

/** Of a listener or a rule, or of a target group: who made it, by its tags. */
export interface OwnedResource {
  /** As the config's routes, or its pools, are called. */
  readonly id: string;
  readonly owners: readonly Owner[];
}

/** What is only worth knowing: nothing is refused for it. */
export interface Surroundings {
  /** DNS names in the config's zones that the config does not name, and the pool to whose load balancer they lead. */
  readonly names: readonly { readonly name: string; readonly pool: string }[];
  /** Instances that fail a status check of EC2, by id. */
  readonly impaired: Readonly<Record<string, 'instance' | 'system'>>;
  /** Those with this environment's tags that no instance has any more. */
  readonly volumes: readonly { readonly id: string; readonly sizeGb?: number }[];
  /** What of it could not be read, and why, as sentences. */
  readonly unread: readonly string[];
}

/** What is there beside what the config names. Other target groups that hold our instances are pools of the role `other`. */
export type Outside =
  | { readonly state: 'not-asked' }
  /** `next`: what can be done about it. */
  | { readonly state: 'unreadable'; readonly why: string; readonly next: readonly string[] }
  | {
      readonly state: 'seen';
      /** Names of the other target groups. */
      readonly groups: readonly string[];
      readonly routes: readonly OutsideRoute[];
      /** Those of the routes and groups, also of the config's, that something else has made. */
      readonly owned: readonly OwnedResource[];
      /** Why it is not known who made them. */
      readonly tagsUnread?: string;
      /** Number of target groups that were not searched for our instances, because the account has too many. */
      readonly unsearched: number;
      /** Absent: not asked. */
      readonly surroundings?: Surroundings;
    };

/** What the config decides wherever weights divide the traffic. */
interface WeightSettings {
  /** The steps of a promote when the command line names none: ascending, in percent. */
  readonly steps: readonly number[];
  /** Seconds between two of them. */
  readonly everyS: number;
  /** Seconds for which a fleet is kept at least after production has left it. */
  readonly retentionS: number;
  readonly residual: ResidualLimits;
}

export interface DnsSettings extends WeightSettings {
  readonly kind: 'dns-weights';
  /** Seconds for which resolvers may keep answers, whatever the records say. Absent: what the records say. */
  readonly ttlS?: number;
  /** TTLs that are lowered for a switch, and restored once there is no way back: seconds, by the names of routes. */
  readonly lowerTtl: Readonly<Record<string, { readonly fromS: number; readonly toS: number }>>;
}

/** Up to `most` requests in `withinS` seconds count as no traffic. */
export interface ResidualLimits {
  readonly most: number;
  readonly withinS: number;
  /** Seconds for which a rule's cookie leads clients to the pool that they had, where that is why they still come. */
  readonly cookieS?: number;
}

export type TrafficSettings =
  | { readonly kind: 'membership' }
  | (WeightSettings & { readonly kind: 'listener-weights' })
  | DnsSettings;

/** How it is verified which release serves production. */
export type Verification =
  | { readonly by: 'nothing' }
  /** `wanted` answers in a row of the URL, each over a connection of its own. */
  | { readonly by: 'marker'; readonly url: string; readonly wanted: number };

/** What the config decides about a switch, pinned when a run begins. */
export interface SwitchSettings {
  readonly traffic: TrafficSettings;
  readonly verification: Verification;
  /** What green has to answer before production moves to it. Absent: nothing is asked. */
  readonly checks?: readonly GreenCheck[];
  /** Who has to approve a promote. Absent: nobody. */
  readonly approval?: ApprovalTerms;
  /** What judges green while it has a share of production. Absent: nothing. */
  readonly gating?: Gating;
}
