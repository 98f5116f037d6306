import type { Action, Elbv2 } from '../aws/elbv2.ts';
import type { WeightedListenerConfig } from '../config/config.ts';
import type { ListenerWeights, Route } from '../domain/traffic.ts';
import { stickySecondsIn, weightsIn, withWeights } from './actions.ts';
import { notesOf, problemsOf } from './compatibility.ts';
import { findRoutes, type RouteLocation } from './find-rules.ts';
import { createGroups, inRole, remember, type Settings } from './target-groups.ts';
import { notHere, type TrafficPort, type Weights } from './traffic.ts';

/** Traffic moved by weights: two permanent target groups, and rules that divide what comes between them. */
export function createWeightedListener(
  elbv2: Elbv2,
  config: WeightedListenerConfig,
  /** What is worth knowing of the names that lead to it. */
  aliases: () => Promise<readonly string[]> = async () => [],
): TrafficPort {
  // Who is in production is read from the weights.
  const pools = createGroups(elbv2, inRole('test', config.groups));
  const { readTraffic, setWeights } = createRules(elbv2, config, pools.groups, remember(aliases));
  const { steps, everyMs, retentionMs } = config;
  return {
    ...pools,
    kind: 'weighted-listener',
    settings: { kind: 'listener-weights', steps, everyS: everyMs / 1000, retentionS: retentionMs / 1000 },
    readTraffic,
    follow: readTraffic,
    residual: readTraffic,
    setWeights,
    setTtls: notHere,
    async urls() {
      const [all, { routes }] = await Promise.all([pools.groups(), readTraffic()]);
      const leading = (name: string): readonly Route[] => routes.filter(({ weights }) => (weights[name] ?? 0) > 0);
      return Object.fromEntries(all.map(({ name }) => [name, [...new Set(leading(name).map(({ url }) => url))]]));
    },
  };
}

function createRules(
  elbv2: Elbv2,
  config: WeightedListenerConfig,
  settingsOf: () => Promise<readonly Settings[]>,
  aliases: () => Promise<readonly string[]>,
) {
  const places = remember(async () =>
    findRoutes(elbv2, [...inRole('production', config.production), ...inRole('test', config.test)]),
  );
  let last: ReadonlyMap<string, readonly Action[]> = new Map();

  return {
    readTraffic: async (): Promise<ListenerWeights> => {
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

    setWeights: async (changes: ReadonlyMap<string, Weights>): Promise<void> => {
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
  const ours = settings.filter(({ arn }) => all.has(arn));
  const weights = Object.fromEntries(ours.map(({ arn, name: pool }) => [pool, all.get(arn) ?? 0]));
  const sum = (some: readonly number[]): number => some.reduce((a, b) => a + b, 0);
  const othersWeight = sum([...all.values()]) - sum(Object.values(weights));
  return { name, role, url, weights, othersWeight, stickyS: stickySecondsIn(actions) };
}
