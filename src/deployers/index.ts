import type { Session } from '../aws/session.ts';
import type { DeployerConfig } from '../config/config.ts';
import { createGuardian } from '../programs/guardian.ts';
import type { DeployerPort, DeployerTools } from './deployer.ts';

/** Opens the deployer that a section of the config names; only that kind's code is loaded. */
export async function openDeployer(
  config: DeployerConfig,
  _session: Session,
  tools: DeployerTools,
): Promise<DeployerPort> {
  const { createCommandDeployer } = await import('./command.ts');
  return createCommandDeployer(config, tools, createGuardian(config.graceMs));
}
