import type { Elbv2 } from '../../aws/elbv2.ts';
import { dotted, type ResourceRecordSet, type Route53 } from '../../aws/route53.ts';
import type { WeightedDnsConfig } from '../../config/config.ts';
import type { Route, Routing, Tail, Ttl } from '../../domain/snapshot.ts';
import { differences, readSettings, type Settings } from '../compatibility.ts';
import { createGroups, delayOf, remember, type Groups } from '../target-groups.ts';
import type { RoutingPort, TrafficPort, Weights } from '../traffic.ts';
import { askServer, type Ask, type Server } from './ask.ts';
import { faultsIn, notesIn } from './checks.ts';
import { findNames, readRecords, type Found, type NameLocation } from './records.ts';
import { readTail, type Counter } from './residual-traffic.ts';
import { countAnswers, NO_ANSWERS, valuesByPool, type AnswerStreak } from './dns-answers.ts';
import { isAt, longestTtl, loweringOf, withTtl } from './ttl.ts';

export interface Means {
  readonly elbv2: Elbv2;
  readonly route53: Route53;
  readonly counter: Counter;
  readonly ask?: Ask;
}

/** Traffic moved by names: each of two target groups has a load balancer of its own, and weighted records lead to them. */
export function createWeightedDns(
  { elbv2, route53, counter, ask = askServer }: Means,
  config: WeightedDnsConfig,
): TrafficPort {
  const groups = createGroups(
    elbv2,
    config.groups.map((group) => ({ ...group, role: 'test' as const })),
  );
  const { read, urls, register, deregister } = groups;
  return {
    kind: 'weighted-dns',
    read,
    urls,
    register,
    deregister,
    routing: new Names(groups, { route53, counter, ask }, config),
  };
}

class Names implements RoutingPort {
  readonly #route53: Route53;
  readonly #config: WeightedDnsConfig;
  readonly #ask: Ask;
  readonly #counter: Counter;
  readonly #places: () => Promise<readonly NameLocation[]>;
  readonly #settings: () => Promise<readonly Settings[]>;
  #last: readonly Found[] = [];
  /** Changes that Route 53 has not called INSYNC yet. */
  #pending: readonly string[] = [];
  #told: AnswerStreak = NO_ANSWERS;

  constructor(groups: Groups, { route53, counter, ask }: Required<Omit<Means, 'elbv2'>>, config: WeightedDnsConfig) {
    this.#route53 = route53;
    this.#config = config;
    this.#ask = ask;
    this.#counter = counter;
    this.#places = remember(async () => findNames(route53, config));
    this.#settings = remember(async () => readSettings(groups));
  }

  async read(): Promise<Routing> {
    const places = await this.#places();
    this.#last = await Promise.all(places.map(async (place) => readRecords(this.#route53, place)));
    return this.#routing();
  }

  async shift(changes: ReadonlyMap<string, Weights>): Promise<void> {
    this.#told = NO_ANSWERS;
    const pools = (await this.#settings()).map(({ name }) => name);
    const wanted = this.#last.filter(({ place }) => changes.has(place.name));
    await this.#replace(wanted, (found) => reweighed(found, pools, changes.get(found.place.name) ?? {}));
  }

  async setTtl(which: Ttl): Promise<void> {
    const wanted = this.#last.filter((found) => !isAt(found, which));
    await this.#replace(wanted, (found) => withTtl(found, which));
  }

  /** One batch a zone. */
  async #replace(wanted: readonly Found[], changed: (found: Found) => readonly ResourceRecordSet[]): Promise<void> {
    for (const [zone, some] of Map.groupBy(wanted, ({ place }) => place.zoneId))
      this.#pending = [...this.#pending, await this.#route53.replace(zone, some.flatMap(changed), 'turnout')];
  }

  async tail(pools: readonly string[]): Promise<Tail> {
    const groups = (await this.#settings()).filter(({ name }) => pools.includes(name));
    return readTail(this.#counter, groups, this.#config.residualTraffic);
  }

  /** How far the last change has come. Weights are those that were read last. */
  async follow(): Promise<Routing> {
    const states = await Promise.all(this.#pending.map(async (id) => this.#route53.isPending(id)));
    this.#pending = this.#pending.filter((_, index) => states[index]);
    if (this.#pending.length === 0) this.#told = await this.#askAll();
    return this.#routing();
  }

  async #askAll(): Promise<AnswerStreak> {
    const pools = (await this.#settings()).map(({ name }) => name);
    const queries = await Promise.all(
      this.#last.map(async (found) => {
        const values = await valuesByPool(this.#ask, this.#config.nameServers?.[0], found, pools);
        return (await this.#serversOf(found.place)).map((server) => ({ server, found, values }));
      }),
    );
    return countAnswers(this.#ask, this.#told, queries.flat());
  }

  /** Addresses of the zone's own name servers; a private zone has none, and is asked for as all do. */
  async #serversOf({ nameServers }: NameLocation): Promise<readonly Server[]> {
    const given = this.#config.nameServers;
    if (given !== undefined) return given;
    const found = await Promise.all(nameServers.map(async (name) => this.#ask(undefined, name, 'A').catch(() => [])));
    return nameServers.length === 0 ? [undefined] : found.flatMap(([first]) => first ?? []);
  }

  async #routing(): Promise<Routing> {
    const settings = await this.#settings();
    const found = this.#last;
    const { ttlMs } = this.#config;
    const ttlS = ttlMs === undefined ? longestTtl(found) : ttlMs / 1000;
    const lowering = loweringOf(found, ttlMs);
    const longestS = Math.max(...settings.map(({ attributes }) => delayOf(attributes)));
    return {
      routes: found.map((one) => toRoute(one, settings)),
      holdS: Math.max(this.#config.retentionMs / 1000, longestS, ttlS),
      steps: this.#config.steps,
      everyS: this.#config.everyMs / 1000,
      faults: [...differences(settings), ...faultsIn(found)],
      notes: notesIn(found),
      names: { ttlS, pending: this.#pending.length > 0, ...this.#told, ...(lowering && { lowering }) },
    };
  }
}

/** The largest weight that Route 53 takes. */
const WEIGHT_MAX = 255;

/** The sets with other weights, and nothing else changed; scaled down where they would be too large. */
function reweighed({ sides }: Found, pools: readonly string[], weights: Weights): readonly ResourceRecordSet[] {
  const scale = Math.min(1, WEIGHT_MAX / Math.max(1, ...Object.values(weights)));
  return sides.flatMap((set, index) => {
    const weight = weights[pools[index] ?? ''];
    return set === undefined || weight === undefined ? [] : [{ ...set, Weight: Math.round(weight * scale) }];
  });
}

function toRoute({ place, sides, others }: Found, settings: readonly Settings[]): Route {
  const weights = settings.flatMap(({ name }, index) => {
    const weight = sides[index]?.Weight;
    return weight === undefined ? [] : [[name, weight] as const];
  });
  return {
    name: place.name,
    role: 'production',
    url: `http://${dotted(place.name).slice(0, -1)}/`,
    weights: Object.fromEntries(weights),
    othersWeight: others.reduce((sum, { Weight }) => sum + (Weight ?? 0), 0),
    stickyS: 0,
  };
}
