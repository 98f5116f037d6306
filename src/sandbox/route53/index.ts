import type { Service } from '../service.ts';
import { changeOperations } from './changes.ts';
import { healthCheckFault, healthCheckOperations } from './health-checks.ts';
import type { Route53State } from './model.ts';
import { recordOperations } from './records.ts';
import { route53TagOperations } from './tags.ts';
import { zoneOperations } from './zones.ts';

export type Route53Options = Omit<Route53State, 'zones' | 'changes' | 'healthChecks'>;

export interface EmulatedRoute53 extends Service {
  readonly id: 'route53';
  /** What name servers answer from. */
  readonly names: Route53State;
}

/** The Route 53 service: zones, records and their changes. What it does and why is in BEHAVIOUR. */
export function createRoute53(options: Route53Options): EmulatedRoute53 {
  const names: Route53State = { ...options, zones: new Map(), changes: new Map(), healthChecks: new Map() };
  return {
    id: 'route53',
    names,
    operations: {
      ...zoneOperations(names),
      ...recordOperations(names),
      ...changeOperations(names),
      ...healthCheckOperations(names),
      ...route53TagOperations(names),
    },
    faults: { 'health-check': healthCheckFault(names) },
    close: async () => {},
  };
}
