import type { Clock } from '../../clock.ts';
import type { Elbv2 } from '../elbv2/index.ts';
import type { DnsPlan } from './options.ts';
import { createRoute53, type Route53 } from '../route53/index.ts';
import type { Scheduler } from '../scheduler.ts';
import { createResolver, type CachingResolver, type ResolverOptions } from './resolver.ts';
import { startNameServer, type NameServer } from './server.ts';

/** The sandbox's DNS: its name server, and resolvers that ask it. */
export interface Dns extends NameServer {
  /** A caching resolver of its own: what one client, or one client's network, knows. */
  resolver(options?: Pick<ResolverOptions, 'overrunMs'>): CachingResolver;
}

export interface DnsComponents {
  readonly route53: Route53;
  readonly dns: Dns;
}

export interface DnsDependencies {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly elbv2: Pick<Elbv2, 'endpoint'>;
  readonly pageSize: number;
  readonly plan: DnsPlan;
}

/** Opens Route 53 and its name server. Throws an `OperatorError` when the port is taken. */
export async function openDns({ clock, scheduler, elbv2, pageSize, plan }: DnsDependencies): Promise<DnsComponents> {
  // Nothing waits while the world is built.
  const times = { processingMs: 0, propagationMs: 0, insyncMs: 0, ttlMs: plan.ttl };
  const balancer = (name: string) => elbv2.endpoint(name);
  const route53 = createRoute53({ clock, scheduler, times, pageSize, balancer });
  const server = await startNameServer({ state: route53.state, port: plan.port });
  const possible = (name: string) => server.possible(name);
  return {
    route53,
    dns: { ...server, resolver: (options = {}) => createResolver({ ...options, server, clock, possible }) },
  };
}
