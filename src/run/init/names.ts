import type { OutsideRoute } from '../../domain/traffic.ts';
import type { AccountSeen, NameSeen } from './seen.ts';

/** Host names that lead to load balancers. Pure. */

/** Two load balancers between which names divide their requests. */
interface DnsPair {
  readonly serving: string;
  readonly idle: string;
  readonly names: readonly { readonly name: NameSeen; readonly ids: readonly [string, string] }[];
}

export function balancerOf({ name }: OutsideRoute): string {
  return name.split(':')[0] ?? '';
}

/** Names of the load balancers to which the records of a host name lead. */
export function leadsTo(names: readonly NameSeen[], host: string): readonly string[] {
  const own = names.filter(({ name }) => plain(name) === plain(host));
  return own.flatMap(({ records }) => records.flatMap(({ balancer }) => balancer ?? []));
}

/** Whether a condition of a rule, in which `*` and `?` are wildcards, is for the host (ELB user guide, host conditions: case does not count). */
export function isHost(pattern: string, host: string): boolean {
  const source = plain(pattern).replaceAll(/[^]/g, (one) => (one === '*' ? '.*' : one === '?' ? '.' : literal(one)));
  return new RegExp(`^${source}$`).test(plain(host));
}

function literal(one: string): string {
  return /[a-z0-9]/.test(one) ? one : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function plain(name: string): string {
  return name.replace(/\.$/, '').toLowerCase();
}

/** Pairs of load balancers that weighted records divide requests between; the one with the larger weight serves. */
export function pairsIn(
  { names }: Pick<AccountSeen, 'names'>,
  { host, loadBalancer }: { readonly host?: string | undefined; readonly loadBalancer?: string | undefined },
): readonly DnsPair[] {
  const found = names
    .filter(({ name }) => host === undefined || plain(name) === plain(host))
    .flatMap((name) => {
      const sides = name.records.toSorted((a, b) => (b.weight ?? 0) - (a.weight ?? 0));
      const [a, b] = sides;
      if (sides.length !== 2 || a?.weight === undefined || b?.weight === undefined) return [];
      if (a.id === undefined || b.id === undefined || a.balancer === undefined || b.balancer === undefined) return [];
      if (a.balancer === b.balancer) return [];
      if (loadBalancer !== undefined && loadBalancer !== a.balancer && loadBalancer !== b.balancer) return [];
      return [{ serving: a.balancer, idle: b.balancer, name, ids: [a.id, b.id] as const }];
    });
  const pairs = Map.groupBy(found, ({ serving, idle }) => `${serving} ${idle}`);
  return [...pairs.values()].map((all) => ({
    serving: all[0]!.serving,
    idle: all[0]!.idle,
    names: all.map(({ name, ids }) => ({ name, ids })),
  }));
}

/** Host names that clients of these routes may use, the likeliest first; none with a wildcard. */
export function hostsFor(
  { names, hosts }: AccountSeen,
  routes: readonly OutsideRoute[],
  divided: DnsPair['names'],
  asked: string | undefined,
): readonly string[] {
  const balancers = new Set(routes.map(balancerOf));
  const conditions = routes.flatMap((route) => hosts[route.name] ?? []);
  const leading = names.filter(({ records }) => records.some(({ balancer = '' }) => balancers.has(balancer)));
  const isFor = (host: string): boolean => conditions.length === 0 || conditions.some((one) => isHost(one, host));
  const all = [
    ...(asked === undefined ? [] : [asked]),
    ...divided.map(({ name }) => name.name),
    ...conditions,
    ...leading.map(({ name }) => name).filter(isFor),
  ];
  return [...new Set(all.map(plain))].filter((host) => !/[*?\\]/.test(host));
}
