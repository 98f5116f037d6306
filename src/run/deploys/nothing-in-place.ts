import type { Clock } from '../../clock.ts';
import { noDeployer } from '../../deployers/none.ts';
import type { InPlace } from '../ports.ts';
import { Deliveries } from './deliveries.ts';
import { createInstanceProbe, type ProbeOptions } from './instance-probe.ts';

/** For runs that deploy nothing in place: no deployer, and no target groups but those of the config. */
export function nothingInPlace(options: ProbeOptions & { readonly environment: string }, clock: Clock): InPlace {
  return {
    deliveries: new Deliveries({ environment: options.environment, deployer: noDeployer }),
    probe: createInstanceProbe(options, clock),
    widen: async () => false,
  };
}
