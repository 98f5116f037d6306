import type { Session } from '../aws/session.ts';
import type { Elbv2 } from '../aws/elbv2.ts';
import type { Config, TrafficConfig } from '../config/config.ts';
import { defined } from '../domain/defined.ts';
import type { Ownership } from '../domain/owners.ts';
import { inAccount } from './account.ts';
import type { Surroundings } from '../domain/traffic.ts';
import { NOTHING_BESIDE, type Beside } from './beside.ts';
import { createDiscovery, type OutsidePort } from './discover.ts';
import { counterOf } from './residual-traffic.ts';
import { differences } from './compatibility.ts';
import { createGroups, createTargetGroups, inRole } from './target-groups.ts';
import { createPreviews, type PreviewPort } from './preview.ts';
import type { TrafficPort } from './traffic.ts';

/** Opens the way of moving traffic that the config names, which also sees what the config does not name. */
export async function openTraffic(
  config: Pick<Config, 'traffic' | 'account' | 'profile' | 'file'> & Partial<Pick<Config, 'fleet'>>,
  session: Session,
  owner: Ownership,
): Promise<TrafficPort & OutsidePort> {
  const { Elbv2 } = await import('../aws/elbv2.ts');
  const elbv2 = new Elbv2(session);
  const { port, names } = await openKind(config.traffic, session, elbv2);
  const impaired = async (): Promise<Surroundings['impaired']> => {
    const { Ec2 } = await import('../aws/ec2.ts');
    return new Ec2(session).impaired();
  };
  const volumes = async (): Promise<Surroundings['volumes']> => {
    const { Ec2 } = await import('../aws/ec2.ts');
    const left = await new Ec2(session).detachedVolumes(`${owner.tagPrefix}:environment`, owner.environment);
    return left.map(({ VolumeId: id = '', Size: sizeGb }) => ({ id, ...defined({ sizeGb }) }));
  };
  const scalingGroups: Beside['scalingGroups'] = async () => {
    const { AutoScaling } = await import('../aws/autoscaling.ts');
    const { fleet } = config;
    if (fleet?.kind !== 'auto-scaling') return new AutoScaling(session).groupsByTargetGroup();
    // Those of the config are this environment's fleets, and so are those that were cloned for it.
    const named = fleet.groups ?? [fleet.clone ?? ''];
    return new AutoScaling(session).groupsByTargetGroup(
      ({ AutoScalingGroupName: name = '', Tags = [] }) =>
        named.includes(name) ||
        (fleet.clone !== undefined &&
          Tags.some(({ Key, Value }) => Key === `${owner.tagPrefix}:environment` && Value === owner.environment)),
    );
  };
  return inAccount(createDiscovery(port, elbv2, owner, { names, impaired, volumes, scalingGroups }), config);
}

/** Opens the rules of `preview` in the config, which may be left where it has none any more. */
export async function openPreviews(
  config: Pick<Config, 'traffic' | 'preview'>,
  session: Session,
  owner: Ownership,
): Promise<PreviewPort> {
  const { Elbv2 } = await import('../aws/elbv2.ts');
  return createPreviews(new Elbv2(session), config, owner);
}

interface OpenKind extends Pick<Beside, 'names'> {
  readonly port: TrafficPort;
}

/** What differs between groups that servers move between; where weights divide traffic, their reading says it. */
export async function groupDifferences(
  { traffic }: Pick<Config, 'traffic'>,
  session: Session,
): Promise<readonly string[]> {
  if (traffic.kind !== 'target-groups') return [];
  const { Elbv2 } = await import('../aws/elbv2.ts');
  const wanted = [...inRole('production', traffic.production), ...inRole('test', traffic.test)];
  return differences(await createGroups(new Elbv2(session), wanted, 'test').groups());
}

/** Only that kind's code is loaded; all of them work on target groups. */
async function openKind(traffic: TrafficConfig, session: Session, elbv2: Elbv2): Promise<OpenKind> {
  const { names: none } = NOTHING_BESIDE;
  if (traffic.kind === 'target-groups') return { port: createTargetGroups(elbv2, traffic), names: none };
  const counter = counterOf(session);
  if (traffic.kind === 'weighted-dns') {
    const [{ Route53 }, { createWeightedDns }] = await Promise.all([
      import('../aws/route53.ts'),
      import('./weighted-dns/index.ts'),
    ]);
    const { names, ...port } = createWeightedDns({ elbv2, route53: new Route53(session), counter }, traffic);
    return { port, names };
  }
  const { createWeightedListener } = await import('./weighted-listener.ts');
  const { names } = traffic;
  if (names === undefined) return { port: createWeightedListener(elbv2, traffic, counter), names: none };
  const aliases = async (): Promise<readonly string[]> => {
    const [{ Route53 }, { aliasNotes }] = await Promise.all([
      import('../aws/route53.ts'),
      import('./weighted-dns/checks.ts'),
    ]);
    return aliasNotes(new Route53(session), names);
  };
  return { port: createWeightedListener(elbv2, traffic, counter, aliases), names: none };
}
