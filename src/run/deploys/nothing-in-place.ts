import type { Clock } from '../../clock.ts';
import { noDeployer } from '../../deployers/none.ts';
import type { InPlace } from '../../steps/ports.ts';
import { createDeploys } from './deploys.ts';
import { createInstanceProbe, type InstanceProbeOptions } from './instance-probe.ts';

/** For runs that deploy nothing in place: no deployer. */
export function nothingInPlace(
  options: InstanceProbeOptions & { readonly environment: string },
  clock: Clock,
): InPlace {
  return {
    deploys: createDeploys({ environment: options.environment, deployer: noDeployer }),
    probe: createInstanceProbe(options, clock),
  };
}
