import type { OutsideRoute } from '../../domain/traffic.ts';
import { OperatorError } from '../../errors.ts';
import { list } from '../../domain/text.ts';

/** What an account has, and which of it is an environment. Pure. */

/** Of a target group; times in seconds. */
export interface HealthCheckSeen {
  readonly protocol: string;
  readonly port: string;
  readonly path: string | undefined;
  /** The status codes that pass; undefined where a connection is enough. */
  readonly codes: string | undefined;
  readonly interval: number;
  readonly timeout: number;
  readonly healthy: number;
  readonly unhealthy: number;
}

export interface GroupSeen {
  readonly name: string;
  readonly arn: string;
  readonly port: number;
  readonly protocol: string;
  readonly vpc: string;
  /** ARN of the load balancer that forwards to it. */
  readonly balancer: string | undefined;
  readonly check: HealthCheckSeen;
  readonly targets: readonly { readonly id: string; readonly port: number }[];
}

export interface AccountSeen {
  readonly account: string;
  readonly region: string;
  /** Those for instances. */
  readonly groups: readonly GroupSeen[];
  readonly routes: readonly OutsideRoute[];
}

/** What the command line, or an answer on a terminal, has decided. */
export interface InitChoices {
  readonly loadBalancer?: string | undefined;
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
}

/** Several would do, and only a person knows which. */
export interface Question {
  readonly flag: 'production' | 'test';
  readonly asks: string;
  readonly among: readonly string[];
}

/** @throws OperatorError `nothing-to-propose` when nothing serves there, `usage` when a name is not one of those there are */
export function trafficIn(seen: AccountSeen, choices: InitChoices): FoundTraffic | Question {
  const serving = seen.groups.filter((group) => group.targets.length > 0 && leading(seen, group).some(isAt(choices)));
  const production = chosen(serving, 'production', choices.production);
  if ('asks' in production) return production;
  const productionRoutes = leading(seen, production).filter(isAt(choices));
  const partner = productionRoutes
    .flatMap(({ weights }) => Object.keys(weights))
    .find((name) => name !== production.name);
  const others = seen.groups.filter((group) => group !== production && mayTest(production, group));
  const paired = others.filter(({ name }) => name === partner);
  const wanted = choices.test === undefined && paired.length > 0 ? paired : others;
  const test = wanted.length === 0 && choices.test === undefined ? undefined : chosen(wanted, 'test', choices.test);
  if (test !== undefined && 'asks' in test) return test;
  const weighted = test !== undefined && test.name === partner;
  const testRoutes = test === undefined ? [] : testRoutesOf(seen, test, productionRoutes);
  return { production, productionRoutes, test, testRoutes, weighted };
}

function isAt({ loadBalancer }: InitChoices): (route: OutsideRoute) => boolean {
  return ({ name }) => loadBalancer === undefined || name.startsWith(`${loadBalancer}:`);
}

function leading({ routes }: AccountSeen, { name }: GroupSeen): readonly OutsideRoute[] {
  return routes.filter(({ weights }) => (weights[name] ?? 0) > 0);
}

function testRoutesOf(
  { routes }: AccountSeen,
  { name }: GroupSeen,
  production: readonly OutsideRoute[],
): readonly OutsideRoute[] {
  const taken = new Set(production.map((route) => route.name));
  return routes.filter((route) => name in route.weights && !taken.has(route.name));
}

/** It is empty, and what is healthy in one is fit for the other. */
function mayTest(production: GroupSeen, { targets, vpc, protocol }: GroupSeen): boolean {
  return targets.length === 0 && vpc === production.vpc && protocol === production.protocol;
}

function chosen(
  groups: readonly GroupSeen[],
  flag: Question['flag'],
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
  return new OperatorError('ambiguous-account', `${asks} There are: ${list(among, 20)}.`, {
    next: [`Name it with --${flag}, for example --${flag} ${among[0]}.`],
  });
}

/** The part of a name that changes with each release: a date, a number, a version or a commit, the last one that there is. */
const RELEASE = /(?:\d{4}-?\d{2}-?\d{2}(?:[-T.]?\d{4,6})?|[0-9a-f]{7,40}|v?\d+(?:\.\d+)*)(?=[^0-9a-z]*$)/i;

/** `shop-41` is `shop-{release}` with the release 41; undefined where nothing in the name looks like one. */
export function patternOf(name: string): { readonly pattern: string; readonly release: string } | undefined {
  const found = RELEASE.exec(name);
  if (found === null || found.index === 0) return undefined;
  const [release] = found;
  return { pattern: `${name.slice(0, found.index)}{release}${name.slice(found.index + release.length)}`, release };
}

/** Where an answer of production names its release: `x-release`, `release`. The release that is known decides. */
export function markerIn(
  headers: Readonly<Record<string, unknown>>,
  body: string,
  release: string | undefined,
): { readonly kind: 'header' | 'json'; readonly key: string; readonly value: string } | undefined {
  const all = [
    ...Object.entries(headers).map(([key, value]) => ({ kind: 'header' as const, key, value: String(value) })),
    ...Object.entries(parsed(body)).map(([key, value]) => ({ kind: 'json' as const, key, value: String(value) })),
  ].filter(({ key }) => NAMES.test(key));
  return all.find(({ value }) => value === release) ?? all[0];
}

const NAMES = /^(?:x-)?(?:[\w-]*-)?(?:release|version|revision|commit|sha|build)$/i;

function parsed(body: string): object {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
