import { onTestFinished } from 'vitest';
import { AutoScaling } from '../../src/aws/autoscaling.ts';
import { CloudWatch } from '../../src/aws/cloudwatch.ts';
import { Ec2 } from '../../src/aws/ec2.ts';
import { Refreshes } from '../../src/aws/refreshes.ts';
import { Standby } from '../../src/aws/standby.ts';
import { createAutoScalingFleet } from '../../src/fleets/auto-scaling/index.ts';
import type { LaunchOrder } from '../../src/fleets/fleet.ts';
import { openSession } from './aws.ts';
import { quickSandbox } from './quick-sandbox.ts';
import { scalingOf } from './scaling.ts';
import { OWNER } from './worlds.ts';

export const HELD = { before: 1, at: 2, run: 'r1', since: '2026-01-01T00:00:00.000Z', who: 'ann' };

/** A sandbox with the group `shop-web`, of which the fleet makes clones, as long as a test runs. */
export async function startCloned() {
  const sandbox = await quickSandbox({
    instances: 2,
    production: [{ name: 'shop-blue', port: 8080 }],
    test: [{ name: 'shop-green', port: 8080 }],
    weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
    scalingGroups: ['shop-web'],
  });
  onTestFinished(async () => sandbox.close());
  const scaling = scalingOf(sandbox, 'shop-web');
  onTestFinished(() => scaling.client.destroy());
  const session = openSession(sandbox.url);
  const fleet = createAutoScalingFleet({
    owner: OWNER,
    config: {
      kind: 'auto-scaling',
      tagPrefix: 'turnout',
      clone: 'shop-web',
      image: { name: 'shop-{release}', owner: 'self' },
    },
    ec2: new Ec2(session),
    ssm: async () => Promise.reject(new Error('There is no SSM here.')),
    scaling: new AutoScaling(session),
    cloudwatch: async () => new CloudWatch(session),
    standby: new Standby(session),
    refreshes: new Refreshes(session),
    traffic: 'weighted-listener',
  });
  const order = async (): Promise<LaunchOrder> => {
    const [blue] = await fleet.readFleets(['shop-41']);
    const zones = { 'eu-west-1a': 1, 'eu-west-1b': 1 };
    const targetGroups = [sandbox.test[0]!.arn];
    const spec = await fleet.resolve({ release: '42', zones, blue: blue!, fleet: '42-r1', targetGroups });
    return { fleet: '42-r1', release: '42', spec: JSON.parse(JSON.stringify(spec)) as typeof spec, held: HELD };
  };
  return { sandbox, scaling, fleet, order };
}
