import type { Session } from '../aws/session.ts';
import type { Config, OpsWorksFleetConfig } from '../config/config.ts';
import type { FleetPort } from './fleet.ts';

/** Opens the fleet adapter of the config; only the code of its kind is loaded. */
export async function openFleet({ environment, fleet }: Config, session: Session): Promise<FleetPort> {
  if (fleet.kind === 'opsworks') return openOpsWorks(environment, fleet, session);
  const [{ createEc2Fleet }, { Ec2 }] = await Promise.all([import('./ec2/index.ts'), import('../aws/ec2.ts')]);
  return createEc2Fleet({
    owner: { environment, tagPrefix: fleet.tagPrefix },
    config: fleet,
    ec2: new Ec2(session),
    ssm: async () => new (await import('../aws/ssm.ts')).Ssm(session),
  });
}

async function openOpsWorks(environment: string, config: OpsWorksFleetConfig, session: Session): Promise<FleetPort> {
  const [{ createOpsWorksFleet }, { OpsWorks }, { Ec2 }] = await Promise.all([
    import('./opsworks/index.ts'),
    import('../aws/opsworks.ts'),
    import('../aws/ec2.ts'),
  ]);
  return createOpsWorksFleet({
    owner: { environment, tagPrefix: config.tagPrefix },
    config,
    opsworks: new OpsWorks(session),
    ec2: new Ec2(session),
    ssm: async () => new (await import('../aws/ssm.ts')).Ssm(session),
  });
}
