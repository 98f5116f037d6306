import type { Action, Elbv2 } from '../aws/elbv2.ts';
import type { WeightedListenerConfig } from '../config/config.ts';
import type { ListenerWeights, Route } from '../domain/traffic.ts';
import { stickySecondsIn, weightsIn, withWeights } from './actions.ts';
import { notesOf, problemsOf, readSettings, type Settings } from './compatibility.ts';
import { findRoutes, type RouteLocation } from './find-rules.ts';
import { createGroups, remember } from './target-groups.ts';
import { notHere, type TrafficPort, type Weights } from './traffic.ts';

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
  const rules = createRules(elbv2, config, settings, remember(aliases));
  const { steps, everyMs, retentionMs } = config;
  return {
    kind: 'weighted-listener',
    settings: { kind: 'listener-weights', steps, everyS: everyMs / 1000, retentionS: retentionMs / 1000 },
    read: groups.read,
    register: groups.register,
    deregister: groups.deregister,
    readTraffic: rules.readTraffic,
    follow: rules.readTraffic,
    residual: rules.readTraffic,
    setWeights: rules.setWeights,
    setTtls: notHere,
    async urls() {
      const [all, { routes }] = await Promise.all([settings(), rules.readTraffic()]);
      const leading = (name: string): readonly Route[] => routes.filter(({ weights }) => (weights[name] ?? 0) > 0);
      return Object.fromEntries(all.map(({ name }) => [name, [...new Set(leading(name).map(({ url }) => url))]]));
    },
  };
}

interface Rules {
  readonly readTraffic: () => Promise<ListenerWeights>;
  readonly setWeights: (changes: ReadonlyMap<string, Weights>) => Promise<void>;
}

function createRules(
  elbv2: Elbv2,
  config: WeightedListenerConfig,
  settingsOf: () => Promise<readonly Settings[]>,
  aliases: () => Promise<readonly string[]>,
): Rules {
  const places = remember(async () =>
    findRoutes(elbv2, [
      ...config.production.map((route) => ({ ...route, role: 'production' as const })),
      ...config.test.map((route) => ({ ...route, role: 'test' as const })),
    ]),
  );
  let last: ReadonlyMap<string, readonly Action[]> = new Map();

  return {
    async readTraffic() {
      const [found, settings, named] = await Promise.all([places(), settingsOf(), aliases()]);
      const actions = await readActions(elbv2, found);
      last = new Map(found.map((place, index) => [place.name, actions[index] as readonly Action[]]));
      const routes = found.map((place, index) => toRoute(place, actions[index] as readonly Action[], settings));
      return {
        kind: 'listener-weights',
        routes,
        problems: problemsOf(settings, found, routes, config.stickiness),
        notes: [...notesOf(found, routes, config.stickiness), ...named],
      };
    },

    async setWeights(changes) {
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
