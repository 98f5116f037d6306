import type { FixedResponse, Redirect } from './answers.ts';
import type { Matcher, RequestAttributes } from './matching.ts';
import type { PoolTarget, TargetPool } from './target-pool.ts';
import { GROUP_COOKIE, stickyCookie, pinnedValue, TARGET_COOKIE } from './stickiness.ts';

/** A target group in a forward action. */
export interface WeightedGroup {
  readonly arn: string;
  readonly name: string;
  readonly weight: number;
  readonly pool: TargetPool;
  /** Cross-zone load balancing is off: clients of a zone reach the targets of that zone only. */
  readonly isZonal: () => boolean;
}

export interface Forward {
  readonly type: 'forward';
  readonly groups: readonly WeightedGroup[];
  /** Duration of stickiness to a target group; 0 is off. */
  readonly stickyMs: number;
}

export type RouteAction = Forward | FixedResponse | Redirect;

export interface DataPlaneRoute {
  readonly matches: Matcher;
  readonly action: RouteAction;
}

/** The routes of a listener by priority; the first match applies, the default rule is last. */
export type DataPlaneRoutes = readonly DataPlaneRoute[];

export function actionFor(routes: DataPlaneRoutes, attributes: RequestAttributes): RouteAction | undefined {
  return routes.find((route) => route.matches(attributes))?.action;
}

/** Zones in which clients are, where any group is for its own zone: those that have had a healthy target. */
export function zonesServed(routes: DataPlaneRoutes): ReadonlySet<string> {
  const groups = routes.flatMap(({ action }) => (action.type === 'forward' ? action.groups : []));
  return new Set(groups.filter(({ isZonal }) => isZonal()).flatMap(({ pool }) => [...pool.servedZones]));
}

/** The target group of a request, a target in it if any is eligible, and the stickiness cookies. */
export interface TargetChoice {
  readonly group: WeightedGroup;
  readonly target: PoolTarget | undefined;
  readonly setCookies: readonly string[];
}

export interface ChoiceContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly random: () => number;
  /** That of the load balancer's node to which the client is connected; undefined without zones. */
  readonly zone: () => string | undefined;
}

/** Chooses by cookie, else by weight and load balancing. Undefined if all target groups have weight 0. */
export function chooseTarget(
  forward: Forward,
  cookies: string | undefined,
  context: ChoiceContext,
): TargetChoice | undefined {
  const setCookies: string[] = [];
  const group = chooseGroup(forward, cookies, context);
  if (!group) return undefined;
  if (forward.stickyMs > 0) pin(setCookies, GROUP_COOKIE, group.arn, forward.stickyMs, context.now);
  const { stickyMs } = group.pool.balancing;
  const pinned = stickyMs > 0 ? pinnedValue(cookies, TARGET_COOKIE, context.now) : undefined;
  const zone = group.isZonal() ? context.zone() : undefined;
  const target =
    (pinned === undefined ? undefined : group.pool.sticky(pinned, zone)) ??
    group.pool.next(context.now, context.random, zone);
  if (stickyMs > 0 && target) pin(setCookies, TARGET_COOKIE, target.key, stickyMs, context.now);
  return { group, target, setCookies };
}

function pin(setCookies: string[], name: string, value: string, ms: number, now: number): void {
  setCookies.push(stickyCookie(name, value, now + ms, now));
}

/** The cookie overrides weights, even if its target group is empty (AWS re:Post: such clients get 503). */
function chooseGroup(
  forward: Forward,
  cookies: string | undefined,
  { now, random }: ChoiceContext,
): WeightedGroup | undefined {
  const pinned = forward.stickyMs > 0 ? pinnedValue(cookies, GROUP_COOKIE, now) : undefined;
  return forward.groups.find((group) => group.arn === pinned) ?? byWeight(forward.groups, random());
}

/** The group that a random number from 0 to 1 selects. */
function byWeight(groups: readonly WeightedGroup[], chance: number): WeightedGroup | undefined {
  let rest = chance * groups.reduce((sum, group) => sum + group.weight, 0);
  for (const group of groups) {
    if (rest < group.weight) return group;
    rest -= group.weight;
  }
  return undefined;
}
