import type { Session } from '../aws/session.ts';
import type { Elbv2 } from '../aws/elbv2.ts';
import type { Config, TrafficConfig } from '../config/config.ts';
import type { Ownership } from '../domain/owners.ts';
import { inAccount } from './account.ts';
import { createDiscovery, type OutsidePort } from './discover.ts';
import { counterOf } from './residual-traffic.ts';
import { differences } from './compatibility.ts';
import { createGroups, createTargetGroups, inRole } from './target-groups.ts';
import type { TrafficPort } from './traffic.ts';

/** Opens the way of moving traffic that the config names, which also sees what the config does not name. */
export async function openTraffic(
  config: Pick<Config, 'traffic' | 'account' | 'profile' | 'file'>,
  session: Session,
  owner: Ownership,
): Promise<TrafficPort & OutsidePort> {
  const { Elbv2 } = await import('../aws/elbv2.ts');
  const elbv2 = new Elbv2(session);
  return inAccount(createDiscovery(await openKind(config.traffic, session, elbv2), elbv2, owner), config);
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
async function openKind(traffic: TrafficConfig, session: Session, elbv2: Elbv2): Promise<TrafficPort> {
  if (traffic.kind === 'target-groups') return createTargetGroups(elbv2, traffic);
  const counter = counterOf(session);
  if (traffic.kind === 'weighted-dns') {
    const [{ Route53 }, { createWeightedDns }] = await Promise.all([
      import('../aws/route53.ts'),
      import('./weighted-dns/index.ts'),
    ]);
    return createWeightedDns({ elbv2, route53: new Route53(session), counter }, traffic);
  }
  const { createWeightedListener } = await import('./weighted-listener.ts');
  const { names } = traffic;
  if (names === undefined) return createWeightedListener(elbv2, traffic, counter);
  return createWeightedListener(elbv2, traffic, counter, async () => {
    const [{ Route53 }, { aliasNotes }] = await Promise.all([
      import('../aws/route53.ts'),
      import('./weighted-dns/checks.ts'),
    ]);
    return aliasNotes(new Route53(session), names);
  });
}
