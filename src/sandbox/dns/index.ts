import type { Clock } from '../../clock.ts';
import type { EmulatedElbv2 } from '../elbv2/index.ts';
import type { DnsPlan } from './options.ts';
import { createRoute53, type EmulatedRoute53 } from '../route53/index.ts';
import type { Scheduler } from '../scheduler.ts';
import { createResolver, type CachingResolver, type ResolverOptions } from './resolver.ts';
import { startNameServer, type NameServer } from './server.ts';

/** The sandbox's name server, and resolvers that query it. */
export interface Dns extends NameServer {
  /** Creates a caching resolver, for one client or one client network. */
  resolver(options?: Pick<ResolverOptions, 'overrunMs'>): CachingResolver;
}

export interface DnsComponents {
  readonly route53: EmulatedRoute53;
  readonly dns: Dns;
}

export interface DnsDependencies {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly elbv2: Pick<EmulatedElbv2, 'endpoint'>;
  readonly pageSize: number;
  readonly plan: DnsPlan;
}

/** Starts Route 53 and its name server. Throws an `OperatorError` if the port is in use. */
export async function openDns({ clock, scheduler, elbv2, pageSize, plan }: DnsDependencies): Promise<DnsComponents> {
  // No delays while the first resources are created.
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
