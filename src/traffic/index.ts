import type { Session } from '../aws/session.ts';
import type { Config } from '../config/config.ts';
import type { TrafficPort } from './traffic.ts';

/** Opens the way of moving traffic that the config names; only that kind's code is loaded. */
export async function openTraffic({ traffic }: Config, session: Session): Promise<TrafficPort> {
  const [{ createTargetGroups }, { Elbv2 }] = await Promise.all([
    import('./target-groups.ts'),
    import('../aws/elbv2.ts'),
  ]);
  return createTargetGroups(new Elbv2(session), traffic);
}
