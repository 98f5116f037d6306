import type { Clock } from '../clock.ts';
import type { Counts } from './balancer/counts.ts';
import type { BalancerAddresses } from './elbv2/world.ts';
import type { BalancerEndpoint } from './route53/model.ts';
import type { AdminPage, FaultMaker, Machines, SandboxTimes, Service } from './service.ts';
import { z } from 'zod';
import { parse } from './api/faults.ts';

/** What the sandbox needs of the ELBv2 service beyond its operations. */
export interface Balancers extends Service {
  readonly id: 'elbv2';
  /** What became of every client request, in JSON; `total` counts them all. */
  traffic(): { readonly total: number; readonly inFlight: number; readonly failed: number };
  resetTraffic(): void;
  /** Requests that were sent to targets. */
  readonly requests: Counts['sum'];
  endpoint(dnsName: string): BalancerEndpoint | undefined;
  urls(): readonly { readonly listenerArn: string; readonly url: string }[];
  /** Prolongs deregistration delays that begin from now on; 0 ends it. */
  slowDrain(ms: number, group?: string): void;
}

export interface BalancersOptions {
  readonly machines: Machines;
  readonly clock: Clock;
  /** Read whenever a time is needed. */
  readonly times: SandboxTimes;
  readonly region: string;
  readonly pageSize: number;
  readonly addresses: BalancerAddresses;
  readonly subnet: (id: string) => { readonly zone: string; readonly vpcId: string } | undefined;
}

export type BalancersFactory<B extends Balancers = Balancers> = (options: BalancersOptions) => B;

const drain = z.looseObject({ ms: z.number().positive(), group: z.string().optional() });

/** Slow draining, among the faults that can be asked for. */
export function drainFault(balancers: Balancers): Readonly<Record<string, FaultMaker>> {
  return {
    drain: (spec) => {
      const { ms, group } = parse(drain, spec);
      balancers.slowDrain(ms, group);
      return () => balancers.slowDrain(0, group);
    },
  };
}

/** Traffic counts, among the pages. */
export function trafficPage(balancers: Balancers): AdminPage {
  return { read: () => balancers.traffic(), reset: () => balancers.resetTraffic() };
}
