import type { Session } from '../aws/session.ts';
import type { DeployerConfig } from '../config/config.ts';
import type { DeployerPort, DeployerTools } from './deployer.ts';

/** Opens the deployer of a section of the config; only the code of its kind is loaded. */
export async function openDeployer(
  config: DeployerConfig,
  session: Session,
  tools: DeployerTools,
): Promise<DeployerPort> {
  if (config.kind === 'ssm') {
    const [ssm, { Ssm }] = await Promise.all([import('./ssm.ts'), import('../aws/ssm.ts')]);
    const deliveryS = Math.ceil(config.deliveryTimeoutMs / 1000);
    return ssm.createSsmDeployer({ ...config, deliveryS, ssm: new Ssm(session) });
  }
  if (config.kind === 'opsworks') {
    const [opsworks, { OpsWorks }] = await Promise.all([import('./opsworks.ts'), import('../aws/opsworks.ts')]);
    return opsworks.createOpsWorksDeployer({ ...config, opsworks: new OpsWorks(session), fetchText });
  }
  if (config.kind === 'pull') {
    const [pull, { openBucket, readPublicKey }] = await Promise.all([
      import('./pull.ts'),
      import('../releases/index.ts'),
    ]);
    return pull.createPullDeployer(openBucket(session, config), tools, await readPublicKey(config.publicKey));
  }
  const [command, guardian] = await Promise.all([import('./command.ts'), import('../programs/guardian.ts')]);
  return command.createCommandDeployer(config, tools, guardian.createGuardian(config.graceMs));
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
