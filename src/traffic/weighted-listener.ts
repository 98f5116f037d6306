import { allEnded } from '../all-ended.ts';
import type { Action, Elbv2 } from '../aws/elbv2.ts';
import type { WeightedListenerConfig } from '../config/config.ts';
import { OperatorError } from '../errors.ts';
import { defined } from '../domain/defined.ts';
import { countedWithinS } from '../domain/retention.ts';
import type { ListenerWeights, Route } from '../domain/traffic.ts';
import { answersIn, stickySecondsIn, weightsIn, withWeights } from './actions.ts';
import { crowdedRule, notesOf, problemsOf } from './compatibility.ts';
import { findRoutes, type FoundRule, type RouteLocation } from './find-rules.ts';
import { countResidual, type Counter } from './residual-traffic.ts';
import { createGroups, inRole, remember, type Settings } from './target-groups.ts';
import {
  isComplete,
  isReadable,
  isUnreadable,
  notHere,
  orUnreadable,
  type TrafficPort,
  type Weights,
} from './traffic.ts';
import type { Unreadable } from '../domain/unreadable.ts';

/** Traffic moved by weights: two permanent target groups, and rules that divide what comes between them. */
export function createWeightedListener(
  elbv2: Elbv2,
  config: WeightedListenerConfig,
  counter: Counter,
  /** What is worth knowing of the names that lead to it. */
  aliases: () => Promise<readonly string[]> = async () => [],
): TrafficPort {
  // Who is in production is read from the weights.
  const pools = createGroups(elbv2, inRole('test', config.groups));
  const { readTraffic: read, setWeights } = createRules(elbv2, config, pools.groups, remember(noted(aliases)));
  let last: Promise<ListenerWeights> | undefined;
  const readTraffic = async (): Promise<ListenerWeights> => (last = read());
  /** What was read last, or is being read. */
  const known = async (): Promise<ListenerWeights> => last?.catch(readTraffic) ?? readTraffic();
  const { steps, everyMs, retentionMs, residualTraffic } = config;
  return {
    ...pools,
    kind: 'weighted-listener',
    settings: {
      kind: 'listener-weights',
      steps,
      everyS: everyMs / 1000,
      retentionS: retentionMs / 1000,
      residual: { most: residualTraffic.requests, withinS: residualTraffic.withinMs / 1000 },
    },
    readTraffic,
    follow: readTraffic,
    residual: async (left) => {
      const [traffic, groups] = await Promise.all([known(), pools.groups()]);
      const sticky = traffic.routes.filter(({ role, stickyS }) => role === 'production' && stickyS > 0);
      if (sticky.length === 0) return traffic;
      const cookieS = Math.max(...sticky.map(({ stickyS }) => stickyS));
      const limits = { ...residualTraffic, withinMs: countedWithinS(residualTraffic.withinMs / 1000, cookieS) * 1000 };
      const own = groups.filter(({ name }) => left.includes(name));
      return { ...traffic, residual: await countResidual(counter, own, limits) };
    },
    setWeights,
    setTtls: notHere,
    async urls() {
      const [all, { routes }] = await Promise.all([pools.groups(), known()]);
      const leading = (name: string): readonly Route[] => routes.filter(({ weights }) => (weights[name] ?? 0) > 0);
      return Object.fromEntries(all.map(({ name }) => [name, [...new Set(leading(name).map(({ url }) => url))]]));
    },
  };
}

/** Names are only worth knowing of. */
function noted(aliases: () => Promise<readonly string[]>): () => Promise<readonly string[]> {
  return async () =>
    aliases().catch((error: unknown) => {
      if (!(error instanceof OperatorError)) throw error;
      return [`The names that lead here could not be read. ${error.message}`];
    });
}

function createRules(
  elbv2: Elbv2,
  config: WeightedListenerConfig,
  settingsOf: () => Promise<readonly Settings[]>,
  aliases: () => Promise<readonly string[]>,
) {
  const places = remember(
    async () => findRoutes(elbv2, [...inRole('production', config.production), ...inRole('test', config.test)]),
    isComplete,
  );
  let last: ReadonlyMap<string, readonly Action[]> = new Map();
  let isFound = false;

  return {
    readTraffic: async (): Promise<ListenerWeights> => {
      // To find the rules is to read them.
      const isFirst = !isFound;
      isFound = true;
      const [found, settings, named] = await Promise.all([places(), settingsOf(), aliases()]);
      const located = found.filter(isReadable).map(({ place }) => place);
      const rules = isFirst ? found.filter(isReadable) : await readRules(elbv2, located);
      last = new Map(rules.filter(isReadable).map(({ place, actions }) => [place.name, actions]));
      const read = rules.filter(isReadable).map(({ place }) => place);
      const routes = rules.filter(isReadable).map(({ place, actions }) => toRoute(place, actions, settings));
      return {
        kind: 'listener-weights',
        routes,
        problems: [
          ...problemsOf(settings, read, routes, config.stickiness),
          ...rules
            .filter(isReadable)
            .flatMap(({ place, actions }) => crowdedRule(place.name, [...weightsIn(actions).keys()], settings)),
        ],
        notes: [...notesOf(read, routes, config.stickiness), ...named],
        residual: { state: 'not-asked' },
        unreadable: [...found.filter(isUnreadable), ...rules.filter(isUnreadable)],
      };
    },

    setWeights: async (changes: ReadonlyMap<string, Weights>): Promise<void> => {
      const [found, settings] = await Promise.all([places(), settingsOf()]);
      for (const [name, weights] of changes) {
        const place = found.filter(isReadable).find((one) => one.place.name === name)?.place;
        const before = last.get(name);
        if (place === undefined || before === undefined) throw new Error(`There is no route ${name}.`);
        const byArn = new Map(settings.map(({ arn, name: pool }) => [arn, weights[pool] ?? 0]));
        const after = withWeights(before, byArn, place.role === 'production' ? config.stickiness : 'keep');
        if (place.ruleArn === undefined) await elbv2.modifyListener(place.listenerArn, after);
        else await elbv2.modifyRule(place.ruleArn, after);
      }
    },
  };
}

/** All at once; where that fails, each on its own, since ELB does not say which of several it does not know. */
async function readRules(elbv2: Elbv2, places: readonly RouteLocation[]): Promise<readonly (FoundRule | Unreadable)[]> {
  const together = await orUnreadable('', readActions(elbv2, places));
  if (isReadable(together)) return together;
  const [production, test] = [places.filter(isProduction), places.filter((place) => !isProduction(place))];
  const others = test.map(async (place) => orUnreadable(place.name, readActions(elbv2, [place])));
  const needed = production.map(async (place) => readActions(elbv2, [place]).catch(goneIf(place)));
  return (await allEnded([...needed, ...others])).flat();
}

/** It was there when it was found. */
function goneIf({ name }: RouteLocation): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof OperatorError) || error.code !== 'route-not-found') throw error;
    const next = [
      'Create it again, with all of the weight for the target group of the fleet that serves; then run this again.',
    ];
    throw new OperatorError(error.code, `AWS does not know ${name} any more.`, { next });
  };
}

function isProduction({ role }: RouteLocation): boolean {
  return role === 'production';
}

/** One request for all rules, and one for all default actions. */
async function readActions(elbv2: Elbv2, places: readonly RouteLocation[]): Promise<readonly FoundRule[]> {
  const ruleArns = places.flatMap(({ ruleArn }) => ruleArn ?? []);
  const listenerArns = places.flatMap(({ ruleArn, listenerArn }) => (ruleArn === undefined ? [listenerArn] : []));
  const [rules, listeners] = await Promise.all([
    ruleArns.length > 0 ? elbv2.rulesByArn(ruleArns) : [],
    listenerArns.length > 0 ? elbv2.listenersByArn(listenerArns) : [],
  ]);
  return places.map((place) => {
    const rule = rules.find(({ RuleArn: arn }) => arn === place.ruleArn);
    const listener = listeners.find(({ ListenerArn: arn }) => arn === place.listenerArn);
    return { place, actions: (place.ruleArn === undefined ? listener?.DefaultActions : rule?.Actions) ?? [] };
  });
}

function toRoute({ name, role, url }: RouteLocation, actions: readonly Action[], settings: readonly Settings[]): Route {
  const all = weightsIn(actions);
  const ours = settings.filter(({ arn }) => all.has(arn));
  const weights = Object.fromEntries(ours.map(({ arn, name: pool }) => [pool, all.get(arn) ?? 0]));
  const sum = (some: readonly number[]): number => some.reduce((a, b) => a + b, 0);
  const othersWeight = sum([...all.values()]) - sum(Object.values(weights));
  const stickyS = stickySecondsIn(actions);
  return { name, role, url, weights, othersWeight, stickyS, ...defined({ answers: answersIn(actions) }) };
}
