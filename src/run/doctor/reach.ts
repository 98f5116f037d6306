import { isRegistered } from '../../domain/roles.ts';
import type { Pool } from '../../domain/snapshot.ts';
import { shell } from '../../domain/shell.ts';
import { count, list } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import { about, type Finding } from './finding.ts';

/** Whether security groups let the load balancers reach the servers: where they do not, a new server never becomes healthy. Pure. */

/** What one rule of a security group lets in over TCP. */
export interface Inbound {
  readonly ports: readonly [from: number, to: number];
  /** From what is in these security groups. */
  readonly groups: readonly string[];
  /** From addresses. */
  readonly byAddress: boolean;
}

export interface Reach {
  /** Security groups by load balancer, as the target groups name them; one may have none. */
  readonly balancers: ReadonlyMap<string, readonly string[]>;
  /** Security groups by server. */
  readonly servers: ReadonlyMap<string, readonly string[]>;
  /** By security group. */
  readonly inbound: ReadonlyMap<string, readonly Inbound[]>;
}

/** @param pools those of the config: a server that serves has to be reached in each, as a new one that is like it will be */
export function reachFindings(pools: readonly Pool[], reach: Reach | OperatorError): readonly Finding[] {
  const { ok, failure, notChecked } = about('target groups');
  if (reach instanceof OperatorError)
    return [notChecked(`Security groups between load balancers and servers: ${reach.message}`, ...reach.next)];
  const ways = pools.flatMap((pool) => waysTo(pool, reach));
  const closed = ways.filter(({ isOpen }) => !isOpen);
  if (closed.length > 0) return closed.map((way) => failure(closedText(way), opening(way)));
  const ports = [...new Set(ways.map(({ port }) => `${port}`))];
  return ports.length === 0
    ? []
    : [ok(`Security groups let the load balancers reach the servers at ${portsText(ports)}.`)];
}

interface Way {
  readonly pool: string;
  readonly port: number;
  /** Security groups of the load balancer. */
  readonly from: readonly string[];
  /** Of servers that have the same ones. */
  readonly to: readonly string[];
  readonly servers: number;
  readonly isOpen: boolean;
}

/** From each load balancer to servers that have the same security groups. A load balancer without any is known by its addresses only. */
function waysTo(
  { name, port, loadBalancers = [], targets }: Pool,
  { balancers, servers, inbound }: Reach,
): readonly Way[] {
  const alike = Object.values(Object.groupBy([...servers.values()], (groups) => groups.toSorted().join(' ')));
  // ELB has reached a server there: another interface of it may have other groups.
  const isReached = targets.some((target) => isRegistered(target) && target.state === 'healthy');
  return loadBalancers.flatMap((balancer) => {
    const from = balancers.get(balancer) ?? [];
    return alike.flatMap((some = []): readonly Way[] => {
      const to = some[0] ?? [];
      if (to.length === 0) return [];
      const rules = to.flatMap((group) => inbound.get(group) ?? []);
      const isOpen = isReached || rules.some((rule) => letsIn(rule, port, from));
      return [{ pool: name, port, from, to, servers: some.length, isOpen }];
    });
  });
}

/** Which addresses a load balancer has is not asked: a rule for addresses may be for those. */
function letsIn({ ports: [least, most], groups, byAddress }: Inbound, port: number, from: readonly string[]): boolean {
  return least <= port && port <= most && (byAddress || groups.some((group) => from.includes(group)));
}

function closedText({ pool, port, from, to, servers }: Way): string {
  const balancer = from.length === 0 ? 'the load balancer' : `the load balancer (${list(from)})`;
  return `No security group of ${count(servers, 'server')} that ${servers === 1 ? 'serves' : 'serve'} (${list(to)}) lets ${balancer} of ${pool} in at port ${port}: no server that is like ${servers === 1 ? 'it' : 'them'} becomes healthy there.`;
}

function opening({ port, from: [source], to: [group = ''] }: Way): string {
  const of = source === undefined ? shell`--cidr ${'CIDR-OF-THE-SUBNETS'}` : shell`--source-group ${source}`;
  return `\`${shell`aws ec2 authorize-security-group-ingress --group-id ${group} --protocol tcp --port ${`${port}`}`} ${of}\` lets it in.`;
}

function portsText(ports: readonly string[]): string {
  return `${ports.length === 1 ? 'port' : 'ports'} ${list(ports)}`;
}
