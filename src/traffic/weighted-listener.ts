import type { Action, Elbv2 } from '../aws/elbv2.ts';
import type { WeightedListenerConfig } from '../config/config.ts';
import type { Route, Routing } from '../domain/snapshot.ts';
import { stickySecondsIn, weightsIn, withWeights } from './actions.ts';
import { faultsOf, notesOf, readSettings, type Settings } from './compatibility.ts';
import { findRoutes, type RouteLocation } from './find-rules.ts';
import { createGroups, delayOf, remember } from './target-groups.ts';
import type { RoutingPort, TrafficPort } from './traffic.ts';

/** Traffic moved by weights: two permanent target groups, and rules that divide what comes between them. */
export function createWeightedListener(
  elbv2: Elbv2,
  config: WeightedListenerConfig,
  /** What is worth knowing of the names that lead to it. */
  aliases: () => Promise<readonly string[]> = async () => [],
): TrafficPort {
  // Who is in production is read from the weights.
  const groups = createGroups(
    elbv2,
    config.groups.map((group) => ({ ...group, role: 'test' as const })),
  );
  const settings = remember(async () => readSettings(groups));
  const routing = createRouting(elbv2, config, settings, remember(aliases));
  return {
    kind: 'weighted-listener',
    read: groups.read,
    register: groups.register,
    deregister: groups.deregister,
    routing,
    async urls() {
      const [all, { routes }] = await Promise.all([settings(), routing.read()]);
      const leading = (name: string): readonly Route[] => routes.filter(({ weights }) => (weights[name] ?? 0) > 0);
      return Object.fromEntries(all.map(({ name }) => [name, [...new Set(leading(name).map(({ url }) => url))]]));
    },
  };
}

function createRouting(
  elbv2: Elbv2,
  config: WeightedListenerConfig,
  settingsOf: () => Promise<readonly Settings[]>,
  aliases: () => Promise<readonly string[]>,
): RoutingPort {
  const places = remember(async () =>
    findRoutes(elbv2, [
      ...config.production.map((route) => ({ ...route, role: 'production' as const })),
      ...config.test.map((route) => ({ ...route, role: 'test' as const })),
    ]),
  );
  let last: ReadonlyMap<string, readonly Action[]> = new Map();

  return {
    async read() {
      const [found, settings, named] = await Promise.all([places(), settingsOf(), aliases()]);
      const actions = await readActions(elbv2, found);
      last = new Map(found.map((place, index) => [place.name, actions[index] as readonly Action[]]));
      const routes = found.map((place, index) => toRoute(place, actions[index] as readonly Action[], settings));
      const routing = toRouting(config, settings, found, routes);
      return { ...routing, notes: [...routing.notes, ...named] };
    },

    async shift(changes) {
      const [found, settings] = await Promise.all([places(), settingsOf()]);
      for (const [name, weights] of changes) {
        const place = found.find((candidate) => candidate.name === name);
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

/** One request for all rules, and one for all default actions. */
async function readActions(elbv2: Elbv2, places: readonly RouteLocation[]): Promise<readonly (readonly Action[])[]> {
  const ruleArns = places.flatMap(({ ruleArn }) => ruleArn ?? []);
  const listenerArns = places.flatMap(({ ruleArn, listenerArn }) => (ruleArn === undefined ? [listenerArn] : []));
  const [rules, listeners] = await Promise.all([
    ruleArns.length > 0 ? elbv2.rulesByArn(ruleArns) : [],
    listenerArns.length > 0 ? elbv2.listenersByArn(listenerArns) : [],
  ]);
  return places.map(({ ruleArn, listenerArn }) =>
    ruleArn === undefined
      ? (listeners.find(({ ListenerArn: arn }) => arn === listenerArn)?.DefaultActions ?? [])
      : (rules.find(({ RuleArn: arn }) => arn === ruleArn)?.Actions ?? []),
  );
}

function toRoute({ name, role, url }: RouteLocation, actions: readonly Action[], settings: readonly Settings[]): Route {
  const all = weightsIn(actions);
  const names = new Map(settings.map(({ arn, name: pool }) => [arn, pool]));
  const ours = [...all].flatMap(([arn, weight]) =>
    names.has(arn) ? [[names.get(arn) as string, weight] as const] : [],
  );
  const others = [...all].filter(([arn]) => !names.has(arn)).reduce((sum, [, weight]) => sum + weight, 0);
  return {
    name,
    role,
    url,
    weights: Object.fromEntries(ours),
    othersWeight: others,
    stickyS: stickySecondsIn(actions),
  };
}

function toRouting(
  config: WeightedListenerConfig,
  settings: readonly Settings[],
  places: readonly RouteLocation[],
  routes: readonly Route[],
): Routing {
  // What a group waits for when it deregisters a target is how long its requests may take.
  const longestS = Math.max(...settings.map(({ attributes }) => delayOf(attributes)));
  return {
    routes,
    holdS: Math.max(config.retentionMs / 1000, longestS),
    steps: config.steps,
    everyS: config.everyMs / 1000,
    faults: faultsOf(settings, places, routes, config.stickiness),
    notes: notesOf(places, routes, config.stickiness),
  };
}
