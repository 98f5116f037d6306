import type { Ec2, IpPermission } from '../aws/ec2.ts';
import { configuredPools, members, servingFleets } from '../domain/roles.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { attempt } from '../errors.ts';
import type { Finding } from '../run/doctor/finding.ts';
import { reachFindings, type Inbound, type Reach } from '../run/doctor/reach.ts';
import type { Context } from './context.ts';

/** The security groups of the servers that serve, and of the load balancers of the config's target groups. */
export async function reachChecked(
  { session }: Pick<Context, 'session'>,
  snapshot: Snapshot,
): Promise<readonly Finding[]> {
  const pools = configuredPools(snapshot);
  const ids = servingFleets(snapshot)
    .flatMap(members)
    .map(({ id }) => id);
  const arns = [...new Set(pools.flatMap(({ loadBalancers = [] }) => loadBalancers))];
  if (ids.length === 0 || arns.length === 0) return [];
  const [{ Ec2: Client }, { Elbv2 }] = await Promise.all([import('../aws/ec2.ts'), import('../aws/elbv2.ts')]);
  const [ec2, elbv2] = [new Client(session), new Elbv2(session)];
  const read = async (): Promise<Reach> => {
    const [balancers, servers] = await Promise.all([
      elbv2.loadBalancers(arns),
      ec2.instancesById(ids, ({ InstanceId = '', SecurityGroups = [] }) => {
        return [InstanceId, SecurityGroups.flatMap(({ GroupId }) => GroupId ?? [])] as const;
      }),
    ]);
    return {
      balancers: new Map(
        balancers.map(({ LoadBalancerArn = '', SecurityGroups = [] }) => [LoadBalancerArn, SecurityGroups]),
      ),
      servers: new Map(servers),
      inbound: await inboundOf(ec2, [...new Set(servers.flatMap(([, groups]) => groups))]),
    };
  };
  return reachFindings(pools, await attempt(read()));
}

async function inboundOf(ec2: Ec2, ids: readonly string[]): Promise<Reach['inbound']> {
  const groups = await ec2.securityGroups(ids);
  return new Map(groups.map(({ GroupId = '', IpPermissions = [] }) => [GroupId, IpPermissions.flatMap(toInbound)]));
}

/** Without ports it is for all of them (EC2 API, IpPermission). */
function toInbound(rule: IpPermission): readonly Inbound[] {
  const { IpProtocol, FromPort = 0, ToPort = 65_535, UserIdGroupPairs = [] } = rule;
  if (IpProtocol !== 'tcp' && IpProtocol !== '-1') return [];
  const { IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] } = rule;
  return [
    {
      ports: IpProtocol === '-1' ? [0, 65_535] : [FromPort, ToPort],
      groups: UserIdGroupPairs.flatMap(({ GroupId }) => GroupId ?? []),
      byAddress: IpRanges.length + Ipv6Ranges.length + PrefixListIds.length > 0,
    },
  ];
}
