import type { Session } from '../aws/session.ts';
import type { DeployerConfig, OpsWorksDeployerConfig, SsmDeployerConfig } from '../config/config.ts';
import type { DeployerPort, DeployerTools } from './deployer.ts';

/** Opens the deployer of a section of the config; only the code of its kind is loaded. */
export async function openDeployer(
  config: DeployerConfig,
  session: Session,
  tools: DeployerTools,
): Promise<DeployerPort> {
  if (config.kind === 'ssm') return openSsm(config, session);
  if (config.kind === 'opsworks') return openOpsWorks(config, session);
  const [{ createCommandDeployer }, { createGuardian }] = await Promise.all([
    import('./command.ts'),
    import('../programs/guardian.ts'),
  ]);
  return createCommandDeployer(config, tools, createGuardian(config.graceMs));
}

async function openSsm({ deliveryTimeoutMs, ...same }: SsmDeployerConfig, session: Session): Promise<DeployerPort> {
  const [{ createSsmDeployer }, { Ssm }] = await Promise.all([import('./ssm.ts'), import('../aws/ssm.ts')]);
  return createSsmDeployer({ ...same, deliveryS: Math.ceil(deliveryTimeoutMs / 1000), ssm: new Ssm(session) });
}

async function openOpsWorks(config: OpsWorksDeployerConfig, session: Session): Promise<DeployerPort> {
  const [{ createOpsWorksDeployer }, { OpsWorks }] = await Promise.all([
    import('./opsworks.ts'),
    import('../aws/opsworks.ts'),
  ]);
  return createOpsWorksDeployer({ ...config, opsworks: new OpsWorks(session), fetchText });
}

/** Undefined when the log cannot be read: the URLs of OpsWorks expire. */
async function fetchText(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LOG_MS) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

const LOG_MS = 5000;
