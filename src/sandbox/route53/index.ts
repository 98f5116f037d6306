import type { Service } from '../service.ts';
import { changeOperations } from './changes.ts';
import { healthCheckFault, healthCheckOperations } from './health-checks.ts';
import type { Names } from './model.ts';
import { recordOperations } from './records.ts';
import { tagOperations } from './tags.ts';
import { zoneOperations } from './zones.ts';

export type Route53Options = Omit<Names, 'zones' | 'changes' | 'healthChecks'>;

export interface Route53 extends Service {
  readonly id: 'route53';
  /** What name servers answer from. */
  readonly names: Names;
}

/** The Route 53 service: zones, records and their changes. What it does and why is in BEHAVIOUR. */
export function createRoute53(options: Route53Options): Route53 {
  const names: Names = { ...options, zones: new Map(), changes: new Map(), healthChecks: new Map() };
  return {
    id: 'route53',
    names,
    operations: {
      ...zoneOperations(names),
      ...recordOperations(names),
      ...changeOperations(names),
      ...healthCheckOperations(names),
      ...tagOperations(names),
    },
    faults: { 'health-check': healthCheckFault(names) },
    close: async () => {},
  };
}
