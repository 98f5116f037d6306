import { list } from '../../domain/text.ts';
import type { OutsideRoute } from '../../domain/traffic.ts';
import { OperatorError } from '../../errors.ts';
import { balancerOf, hostsFor, isHost, leadsTo, pairsIn } from './names.ts';
import type { AccountSeen, GroupSeen, NameSeen, Question } from './seen.ts';

/** Which of what an account has is an environment. Pure. */

/** What the command line, or an answer on a terminal, has decided. */
export interface InitChoices {
  readonly loadBalancer?: string | undefined;
  /** A host name that production's clients use. */
  readonly host?: string | undefined;
  readonly production?: string | undefined;
  readonly test?: string | undefined;
}

export interface FoundTraffic {
  readonly production: GroupSeen;
  readonly productionRoutes: readonly OutsideRoute[];
  /** Undefined where there is none yet. */
  readonly test: GroupSeen | undefined;
  readonly testRoutes: readonly OutsideRoute[];
  /** A rule divides its requests between these two already. */
  readonly weighted: boolean;
  /** Names that divide their requests between the load balancers of these two: the records of production, and of the test group. */
  readonly names: readonly { readonly name: NameSeen; readonly ids: readonly [string, string] }[];
  /** Host names that lead to production, the likeliest first. */
  readonly hosts: readonly string[];
}

/** @throws OperatorError `nothing-to-propose` when nothing serves there, `usage` when a name is not one of those there are */
export function trafficIn(seen: AccountSeen, choices: InitChoices): FoundTraffic | Question {
  const places = placesIn(seen, choices);
  const pairs = pairsIn(seen, choices);
  const idle = new Set(pairs.map((pair) => pair.idle));
  const serving = seen.groups.filter(
    (group) => group.targets.length > 0 && leading(places, group).some((route) => !idle.has(balancerOf(route))),
  );
  const production = chosen(serving, 'production', choices.production);
  if ('asks' in production) return production;
  const productionRoutes = leading(places, production);
  const pair = pairs.find((one) => productionRoutes.some((route) => balancerOf(route) === one.serving));
  const partners = pair === undefined ? partnersOf(seen, production, productionRoutes) : groupsAt(seen, pair.idle);
  const fit = partners.filter((group) => isLike(production, group));
  const free = seen.groups.filter(
    (group) => group !== production && isLike(production, group) && group.targets.length === 0,
  );
  const either = choices.test === undefined && fit.length > 0 ? fit : [...new Set([...fit, ...free])];
  const wanted = pair === undefined ? either : fit;
  const test = wanted.length === 0 && choices.test === undefined ? undefined : chosen(wanted, 'test', choices.test);
  if (test !== undefined && 'asks' in test) return test;
  return {
    production,
    productionRoutes,
    test,
    testRoutes: test === undefined ? [] : testRoutesOf(seen, test, productionRoutes),
    weighted: test !== undefined && pair === undefined && partners.includes(test),
    names: pair?.names ?? [],
    hosts: hostsFor(seen, productionRoutes, pair?.names ?? [], choices.host),
  };
}

/**
 * The routes that were asked for: of one load balancer; those that a host name leads to, by a rule for it before any other.
 * @throws OperatorError `usage`
 */
function placesIn(seen: AccountSeen, { loadBalancer, host }: InitChoices): readonly OutsideRoute[] {
  const there = seen.routes.filter((route) => loadBalancer === undefined || balancerOf(route) === loadBalancer);
  if (host === undefined) return there;
  const byName = leadsTo(seen.names, host);
  const isFor = (route: OutsideRoute): boolean => (seen.hosts[route.name] ?? []).some((one) => isHost(one, host));
  const reached = there.filter((route) => byName.length === 0 || byName.includes(balancerOf(route)));
  const own = reached.filter(isFor);
  const open = byName.length === 0 ? [] : reached.filter((route) => (seen.hosts[route.name] ?? []).length === 0);
  // A listener has rules for the host, or its default action answers.
  const ports = new Set(own.map(portOf));
  const found = [...own, ...open.filter((route) => !ports.has(portOf(route)))];
  if (found.length > 0) return found;
  const known = [...new Set([...seen.names.map(({ name }) => name), ...Object.values(seen.hosts).flat()])].toSorted();
  throw new OperatorError(
    'usage',
    `No name in Route 53 and no rule's host condition leads from ${host} to a target group for instances here.`,
    { next: [known.length === 0 ? 'None was found for any name.' : `There are: ${list(known, 20)}.`, ...seen.unread] },
  );
}

/** `shop:443`, of a rule as well. */
function portOf({ name }: OutsideRoute): string {
  return name.split(' ')[0] ?? '';
}

function leading(routes: readonly OutsideRoute[], { name }: GroupSeen): readonly OutsideRoute[] {
  return routes.filter(({ weights }) => (weights[name] ?? 0) > 0);
}

function groupsAt({ groups, routes }: AccountSeen, balancer: string): readonly GroupSeen[] {
  const there = routes.filter((route) => balancerOf(route) === balancer);
  return groups.filter((group) => leading(there, group).length > 0);
}

/** The others among which the same rules divide their requests. */
function partnersOf(
  { groups }: AccountSeen,
  production: GroupSeen,
  routes: readonly OutsideRoute[],
): readonly GroupSeen[] {
  return groups.filter((group) => group !== production && routes.some(({ weights }) => group.name in weights));
}

function testRoutesOf(
  { routes }: AccountSeen,
  { name }: GroupSeen,
  production: readonly OutsideRoute[],
): readonly OutsideRoute[] {
  const taken = new Set(production.map((route) => route.name));
  return routes.filter((route) => name in route.weights && !taken.has(route.name));
}

/** What is healthy in one is fit for the other. */
function isLike(production: GroupSeen, { vpc, protocol }: GroupSeen): boolean {
  return vpc === production.vpc && protocol === production.protocol;
}

function chosen(
  groups: readonly GroupSeen[],
  flag: 'production' | 'test',
  wanted: string | undefined,
): GroupSeen | Question {
  const names = groups.map(({ name }) => name).toSorted();
  const [first, ...more] = wanted === undefined ? groups : groups.filter(({ name }) => name === wanted);
  if (first === undefined) throw none(flag, wanted, names);
  return more.length === 0 ? first : { flag, asks: `Which target group is for ${flag} traffic?`, among: names };
}

function none(flag: Question['flag'], wanted: string | undefined, names: readonly string[]): OperatorError {
  if (wanted !== undefined) {
    const next = [names.length === 0 ? 'There is none.' : `There are: ${list(names, 20)}.`];
    return new OperatorError('usage', `--${flag} ${wanted} is not a target group that would do.`, { next });
  }
  const message = 'No target group for instances has targets and a listener or rule that leads to it.';
  return new OperatorError('nothing-to-propose', message, {
    next: ['Check the account, the region and --load-balancer; an instance has to serve already.'],
  });
}

/** The error without a terminal to ask on. */
export function cannotAsk({ flag, asks, among }: Question): OperatorError {
  const there = asks.includes(among[0] ?? '') ? '' : ` There are: ${list(among, 20)}.`;
  return new OperatorError('ambiguous-account', `${asks}${there}`, {
    next: [`Name it with --${flag}, for example --${flag} ${among[0]}.`],
  });
}
