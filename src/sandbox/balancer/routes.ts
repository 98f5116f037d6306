import type { FixedResponse, Redirect } from './answers.ts';
import type { Matcher, RequestFacts } from './matching.ts';
import type { Member, Members } from './members.ts';
import { GROUP_COOKIE, stickyCookie, stuckTo, TARGET_COOKIE } from './stickiness.ts';

/** A target group in a forward action. */
export interface Share {
  readonly arn: string;
  readonly name: string;
  readonly weight: number;
  readonly members: Members;
}

export interface Forward {
  readonly type: 'forward';
  readonly shares: readonly Share[];
  /** How long a client sticks to a target group; 0 is off. */
  readonly stickyMs: number;
}

export type RouteAction = Forward | FixedResponse | Redirect;

export interface ListenerRoute {
  readonly matches: Matcher;
  readonly action: RouteAction;
}

/** What a listener does with requests: the first route that matches, in the order of priority; the default rule is the last. */
export type Routes = readonly ListenerRoute[];

export function actionFor(routes: Routes, facts: RequestFacts): RouteAction | undefined {
  return routes.find((route) => route.matches(facts))?.action;
}

/** Where a request goes: a target group, a target in it when it has one, and the cookies that keep the client there. */
export interface Choice {
  readonly share: Share;
  readonly member: Member | undefined;
  readonly setCookies: readonly string[];
}

export interface Chance {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly random: () => number;
}

/** Chooses by cookie, else by weight and turn. Nothing when no target group has a weight. */
export function chooseGroup(forward: Forward, cookies: string | undefined, chance: Chance): Choice | undefined {
  const setCookies: string[] = [];
  const share = chooseShare(forward, cookies, chance);
  if (!share) return undefined;
  if (forward.stickyMs > 0) pin(setCookies, GROUP_COOKIE, share.arn, forward.stickyMs, chance.now);
  const { stickyMs } = share.members.balancing;
  const stuck = stickyMs > 0 ? stuckTo(cookies, TARGET_COOKIE, chance.now) : undefined;
  const member =
    (stuck === undefined ? undefined : share.members.sticky(stuck)) ?? share.members.next(chance.now, chance.random);
  if (stickyMs > 0 && member) pin(setCookies, TARGET_COOKIE, member.key, stickyMs, chance.now);
  return { share, member, setCookies };
}

function pin(setCookies: string[], name: string, value: string, ms: number, now: number): void {
  setCookies.push(stickyCookie(name, value, now + ms, now));
}

/** The cookie wins over weights, also when its target group is empty (AWS re:Post: such clients get 503). */
function chooseShare(forward: Forward, cookies: string | undefined, { now, random }: Chance): Share | undefined {
  const stuck = forward.stickyMs > 0 ? stuckTo(cookies, GROUP_COOKIE, now) : undefined;
  return forward.shares.find((share) => share.arn === stuck) ?? byWeight(forward.shares, random());
}

/** The share that a number from 0 to 1 falls on. */
function byWeight(shares: readonly Share[], chance: number): Share | undefined {
  let rest = chance * shares.reduce((sum, share) => sum + share.weight, 0);
  for (const share of shares) {
    if (rest < share.weight) return share;
    rest -= share.weight;
  }
  return undefined;
}
