import { allEnded } from '../../all-ended.ts';
import type { Elbv2 } from '../../aws/elbv2.ts';
import { dotted, type ResourceRecordSet, type Route53 } from '../../aws/route53.ts';
import type { WeightedDnsConfig } from '../../config/config.ts';
import type {
  DnsAnswers,
  DnsSettings,
  DnsWeights,
  ResidualTraffic,
  Route,
  Surroundings,
} from '../../domain/traffic.ts';
import { list } from '../../domain/text.ts';
import { differences } from '../compatibility.ts';
import { createGroups, inRole, remember, type Groups, type Settings } from '../target-groups.ts';
import type { Beside } from '../beside.ts';
import type { TrafficPort, Weights } from '../traffic.ts';
import { passedOver } from './alias-health.ts';
import { recordNotes, problemsIn } from './checks.ts';
import {
  findNames,
  isAllZero,
  namesLeadingTo,
  readRecords,
  type BalancerHosts,
  type Found,
  type NameLocation,
} from './records.ts';
import { countResidual, type Counter } from '../residual-traffic.ts';
import { askServer, countAnswers, Unreachable, valuesByPool, type Ask, type Server } from './dns-answers.ts';
import { ttlOf, withTtl } from './ttl.ts';

export interface DnsDeps {
  readonly elbv2: Elbv2;
  readonly route53: Route53;
  readonly counter: Counter;
  readonly ask?: Ask;
}

/** Traffic moved by names: each of two target groups has a load balancer of its own, and weighted records lead to them. */
export function createWeightedDns(
  { ask = askServer, ...deps }: DnsDeps,
  config: WeightedDnsConfig,
): TrafficPort & Pick<Beside, 'names'> {
  const pools = createGroups(deps.elbv2, inRole('test', config.groups));
  const names = new Names(pools.groups, { ...deps, ask }, config);
  return {
    ...pools,
    kind: 'weighted-dns',
    settings: settingsIn(config),
    readTraffic: async () => names.read(),
    follow: async () => names.follow(),
    residual: async (left) => names.residual(left),
    setWeights: async (changes) => names.setWeights(changes),
    setTtls: async (changes) => names.setTtls(changes),
    names: async () => names.leadingHere(),
  };
}

function settingsIn(config: WeightedDnsConfig): DnsSettings {
  const { steps, everyMs, retentionMs, ttlMs, residualTraffic, production } = config;
  return {
    kind: 'dns-weights',
    steps,
    everyS: everyMs / 1000,
    retentionS: retentionMs / 1000,
    residual: { most: residualTraffic.requests, withinS: residualTraffic.withinMs / 1000 },
    ...(ttlMs !== undefined && { ttlS: ttlMs / 1000 }),
    lowerTtl: Object.fromEntries(
      production.flatMap(({ name, lowerTtl }) => (lowerTtl === undefined ? [] : [[name, lowerTtl] as const])),
    ),
  };
}

/** No name server can be asked. */
function unreachable(error: unknown): DnsAnswers {
  if (error instanceof Unreachable) return { state: 'unreachable', why: error.message };
  throw error;
}

class Names {
  readonly #deps: Required<DnsDeps>;
  readonly #config: WeightedDnsConfig;
  readonly #groups: Groups['groups'];
  readonly #places: () => ReturnType<typeof findNames>;
  /** In the order of the groups. */
  readonly #balancers: () => Promise<readonly BalancerHosts[]>;
  #last: readonly Found[] = [];
  #passedOver: DnsWeights['passedOver'] = {};
  /** Changes that Route 53 has not called INSYNC yet. */
  #pending: readonly string[] = [];
  #answers: DnsAnswers = { state: 'not-asked' };
  #residual: ResidualTraffic = { state: 'not-asked' };

  constructor(groups: Groups['groups'], deps: Required<DnsDeps>, config: WeightedDnsConfig) {
    this.#deps = deps;
    this.#config = config;
    this.#groups = groups;
    this.#balancers = remember(
      async () => this.#readBalancers(),
      (all) => all.every((hosts) => hosts.length > 0),
    );
    this.#places = remember(async () => findNames(deps.route53, config, this.#balancers));
  }

  async read(): Promise<DnsWeights> {
    const [{ places }, balancers] = await allEnded([this.#places(), this.#balancers()]);
    this.#last = await Promise.all(places.map(async (place) => readRecords(this.#deps.route53, place, balancers)));
    this.#passedOver = await passedOver(this.#deps.elbv2, this.#last, await this.#groups());
    return this.#traffic();
  }

  async #readBalancers(): Promise<readonly BalancerHosts[]> {
    const arns = (await this.#groups()).map(({ group }) => group.LoadBalancerArns?.[0] ?? '');
    const found = await this.#deps.elbv2.loadBalancers(arns.filter((arn) => arn !== ''));
    return arns.map((arn) => {
      const balancer = found.find((one) => one.LoadBalancerArn === arn);
      // A Network Load Balancer has addresses for good (Network Load Balancer user guide, zonal DNS names).
      const addresses = (balancer?.AvailabilityZones ?? []).flatMap(({ LoadBalancerAddresses: all = [] }) => all);
      return [
        balancer?.DNSName,
        ...addresses.flatMap((one) => [one.IpAddress, one.PrivateIPv4Address, one.IPv6Address]),
      ].filter((host) => host !== undefined);
    });
  }

  async leadingHere(): Promise<Surroundings['names']> {
    const [{ places }, balancers, pools] = await Promise.all([this.#places(), this.#balancers(), this.#groups()]);
    return namesLeadingTo(
      this.#deps.route53,
      places,
      balancers,
      pools.map(({ name }) => name),
    );
  }

  async setWeights(changes: ReadonlyMap<string, Weights>): Promise<void> {
    this.#answers = { state: 'not-asked' };
    const pools = (await this.#groups()).map(({ name }) => name);
    await this.#replace(changes, (found, weights) => reweighed(found, pools, weights));
  }

  async setTtls(changes: ReadonlyMap<string, number>): Promise<void> {
    await this.#replace(changes, withTtl);
  }

  /** One batch a zone. */
  async #replace<T>(
    changes: ReadonlyMap<string, T>,
    changed: (found: Found, change: T) => readonly ResourceRecordSet[],
  ): Promise<void> {
    const wanted = this.#last.filter(({ place }) => changes.has(place.name));
    for (const [zone, some] of Map.groupBy(wanted, ({ place }) => place.zoneId)) {
      const sets = some.flatMap((found) => changed(found, changes.get(found.place.name) as T));
      this.#pending = [...this.#pending, await this.#deps.route53.replace(zone, sets, 'turnout')];
    }
  }

  async residual(pools: readonly string[]): Promise<DnsWeights> {
    const groups = (await this.#groups()).filter(({ name }) => pools.includes(name));
    this.#residual = await countResidual(this.#deps.counter, groups, this.#config.residualTraffic);
    return this.#traffic();
  }

  /** How far the last change has come. Weights are those that were read last. */
  async follow(): Promise<DnsWeights> {
    const states = await Promise.all(this.#pending.map(async (id) => this.#deps.route53.isPending(id)));
    this.#pending = this.#pending.filter((_, index) => states[index]);
    if (this.#pending.length === 0) this.#answers = await this.#askAll().catch(unreachable);
    return this.#traffic();
  }

  async #askAll(): Promise<DnsAnswers> {
    const pools = (await this.#groups()).map(({ name }) => name);
    const queries = await Promise.all(
      this.#last.map(async (found) => {
        const values = await valuesByPool(this.#deps.ask, this.#config.nameServers?.[0], found, pools);
        return (await this.#serversOf(found.place)).map((server) => ({ server, found, values }));
      }),
    );
    return countAnswers(this.#deps.ask, this.#answers, queries.flat());
  }

  /** Addresses of the zone's own name servers; a private zone has none, and is asked for as all do. */
  async #serversOf({ nameServers }: NameLocation): Promise<readonly Server[]> {
    const given = this.#config.nameServers;
    if (given !== undefined) return given;
    if (nameServers.length === 0) return [undefined];
    const asked = nameServers.map(async (name) => this.#deps.ask(undefined, name, 'A'));
    const found = await Promise.allSettled(asked);
    const servers = found.flatMap((one) => (one.status === 'fulfilled' ? one.value.slice(0, 1) : []));
    if (servers.length === 0)
      throw new Unreachable(`the system's resolver knows no address of ${list(nameServers, 2)}`);
    return servers;
  }

  async #traffic(): Promise<DnsWeights> {
    const [settings, { unclear }] = await Promise.all([this.#groups(), this.#places()]);
    const found = this.#last;
    const names = settings.map(({ name }) => name);
    return {
      kind: 'dns-weights',
      routes: found.map((one) => toRoute(one, settings)),
      problems: [...differences(settings), ...problemsIn(found, names)],
      notes: recordNotes(found, names),
      ttls: Object.fromEntries(found.map((one) => [one.place.name, ttlOf(one)])),
      pending: this.#pending.length > 0,
      passedOver: this.#passedOver,
      answers: this.#answers,
      residual: this.#residual,
      unreadable: unclear,
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

function toRoute(found: Found, settings: readonly Settings[]): Route {
  const { place, sides, others } = found;
  const weightOf = (set: ResourceRecordSet | undefined): number | undefined =>
    set?.Weight === 0 && isAllZero(found) ? 1 : set?.Weight;
  const weights = settings.flatMap(({ name }, index) => {
    const weight = weightOf(sides[index]);
    return weight === undefined ? [] : [[name, weight] as const];
  });
  return {
    name: place.name,
    role: 'production',
    url: `http://${dotted(place.name).slice(0, -1)}/`,
    weights: Object.fromEntries(weights),
    othersWeight: others.reduce((sum, set) => sum + (weightOf(set) ?? 0), 0),
    stickyS: 0,
  };
}
