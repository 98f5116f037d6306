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
  /** The state that name servers read. */
  readonly state: Route53State;
}

/** Route 53: zones, records and changes. For its behaviour see src/sandbox/BEHAVIOUR.md, "Route 53 and DNS". */
export function createRoute53(options: Route53Options): EmulatedRoute53 {
  const state: Route53State = { ...options, zones: new Map(), changes: new Map(), healthChecks: new Map() };
  return {
    id: 'route53',
    state,
    operations: {
      ...zoneOperations(state),
      ...recordOperations(state),
      ...changeOperations(state),
      ...healthCheckOperations(state),
      ...route53TagOperations(state),
    },
    faults: { 'health-check': healthCheckFault(state) },
    close: async () => {},
  };
}
