import type { Session } from '../aws/session.ts';
import type { Config } from '../config/config.ts';
import type { FleetPort } from './fleet.ts';

/** Opens the fleet adapter of the config; only the code of its kind is loaded. */
export async function openFleet({ environment, fleet, traffic }: Config, session: Session): Promise<FleetPort> {
  const { Ec2 } = await import('../aws/ec2.ts');
  const options = {
    owner: { environment, tagPrefix: fleet.tagPrefix },
    ec2: new Ec2(session),
    ssm: async () => new (await import('../aws/ssm.ts')).Ssm(session),
    cloudwatch: async () => new (await import('../aws/cloudwatch.ts')).CloudWatch(session),
  };
  if (fleet.kind === 'ec2') return (await import('./ec2/index.ts')).createEc2Fleet({ ...options, config: fleet });
  if (fleet.kind === 'auto-scaling') {
    const [groups, { AutoScaling }, { Standby }, { Refreshes }] = await Promise.all([
      import('./auto-scaling/index.ts'),
      import('../aws/autoscaling.ts'),
      import('../aws/standby.ts'),
      import('../aws/refreshes.ts'),
    ]);
    const moves = traffic.kind === 'target-groups' && { moves: true as const };
    const clients = {
      scaling: new AutoScaling(session),
      standby: new Standby(session),
      refreshes: new Refreshes(session),
    };
    return groups.createAutoScalingFleet({ ...options, config: fleet, ...clients, traffic: traffic.kind, ...moves });
  }
  const [opsworks, { OpsWorks }] = await Promise.all([import('./opsworks/index.ts'), import('../aws/opsworks.ts')]);
  return opsworks.createOpsWorksFleet({ ...options, config: fleet, opsworks: new OpsWorks(session) });
}
