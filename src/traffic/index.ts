import type { Session } from '../aws/session.ts';
import type { Config } from '../config/config.ts';
import type { TrafficPort } from './traffic.ts';

/** Opens the way of moving traffic that the config names; only that kind's code is loaded. */
export async function openTraffic({ traffic }: Pick<Config, 'traffic'>, session: Session): Promise<TrafficPort> {
  const { Elbv2 } = await import('../aws/elbv2.ts');
  const elbv2 = new Elbv2(session);
  if (traffic.kind === 'target-groups') return (await import('./target-groups.ts')).createTargetGroups(elbv2, traffic);
  if (traffic.kind === 'weighted-dns') {
    const [{ Route53 }, { createWeightedDns }] = await Promise.all([
      import('../aws/route53.ts'),
      import('./weighted-dns/index.ts'),
    ]);
    const cloudwatch = async () => new (await import('../aws/cloudwatch.ts')).CloudWatch(session);
    const counter = { cloudwatch, now: () => session.options.clock.now() };
    return createWeightedDns({ elbv2, route53: new Route53(session), counter }, traffic);
  }
  const { createWeightedListener } = await import('./weighted-listener.ts');
  const { names } = traffic;
  if (names === undefined) return createWeightedListener(elbv2, traffic);
  return createWeightedListener(elbv2, traffic, async () => {
    const [{ Route53 }, { aliasNotes }] = await Promise.all([
      import('../aws/route53.ts'),
      import('./weighted-dns/checks.ts'),
    ]);
    return aliasNotes(new Route53(session), names);
  });
}
