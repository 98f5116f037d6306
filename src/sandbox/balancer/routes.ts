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
}

export interface Forward {
  readonly type: 'forward';
  readonly groups: readonly WeightedGroup[];
  /** How long a client sticks to a target group; 0 is off. */
  readonly stickyMs: number;
}

export type RouteAction = Forward | FixedResponse | Redirect;

export interface DataPlaneRoute {
  readonly matches: Matcher;
  readonly action: RouteAction;
}

/** What a listener does with requests: the first route that matches, in the order of priority; the default rule is the last. */
export type DataPlaneRoutes = readonly DataPlaneRoute[];

export function actionFor(routes: DataPlaneRoutes, facts: RequestAttributes): RouteAction | undefined {
  return routes.find((route) => route.matches(facts))?.action;
}

/** Where a request goes: a target group, a target in it when it has one, and the cookies that keep the client there. */
export interface TargetChoice {
  readonly group: WeightedGroup;
  readonly member: PoolTarget | undefined;
  readonly setCookies: readonly string[];
}

export interface ChoiceContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly random: () => number;
}

/** Chooses by cookie, else by weight and turn. Nothing when no target group has a weight. */
export function chooseTarget(
  forward: Forward,
  cookies: string | undefined,
  chance: ChoiceContext,
): TargetChoice | undefined {
  const setCookies: string[] = [];
  const share = chooseGroup(forward, cookies, chance);
  if (!share) return undefined;
  if (forward.stickyMs > 0) pin(setCookies, GROUP_COOKIE, share.arn, forward.stickyMs, chance.now);
  const { stickyMs } = share.pool.balancing;
  const stuck = stickyMs > 0 ? pinnedValue(cookies, TARGET_COOKIE, chance.now) : undefined;
  const member =
    (stuck === undefined ? undefined : share.pool.sticky(stuck)) ?? share.pool.next(chance.now, chance.random);
  if (stickyMs > 0 && member) pin(setCookies, TARGET_COOKIE, member.key, stickyMs, chance.now);
  return { group: share, member, setCookies };
}

function pin(setCookies: string[], name: string, value: string, ms: number, now: number): void {
  setCookies.push(stickyCookie(name, value, now + ms, now));
}

/** The cookie wins over weights, also when its target group is empty (AWS re:Post: such clients get 503). */
function chooseGroup(
  forward: Forward,
  cookies: string | undefined,
  { now, random }: ChoiceContext,
): WeightedGroup | undefined {
  const stuck = forward.stickyMs > 0 ? pinnedValue(cookies, GROUP_COOKIE, now) : undefined;
  return forward.groups.find((share) => share.arn === stuck) ?? byWeight(forward.groups, random());
}

/** The share that a number from 0 to 1 falls on. */
function byWeight(shares: readonly WeightedGroup[], chance: number): WeightedGroup | undefined {
  let rest = chance * shares.reduce((sum, share) => sum + share.weight, 0);
  for (const share of shares) {
    if (rest < share.weight) return share;
    rest -= share.weight;
  }
  return undefined;
}
