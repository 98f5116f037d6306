import { Elbv2 } from '../../../src/aws/elbv2.ts';
import type { Clock } from '../../../src/clock.ts';
import { createPullDeployer } from '../../../src/deployers/pull.ts';
import { openBucket } from '../../../src/releases/index.ts';
import { BUCKET } from './bucket.ts';
import type { DeployerPort } from '../../../src/deployers/deployer.ts';
import type { Delivery } from '../../../src/domain/goal.ts';
import type { FleetPort } from '../../../src/fleets/fleet.ts';
import { createDeploys } from '../../../src/run/deploys/deploys.ts';
import { createInstanceProbe } from '../../../src/run/deploys/instance-probe.ts';
import { nothingInPlace } from '../../../src/run/deploys/nothing-in-place.ts';
import type { InstanceProbe, Ports } from '../../../src/steps/ports.ts';
import { createDiscovery } from '../../../src/traffic/discover.ts';
import type { TrafficPort } from '../../../src/traffic/traffic.ts';
import { NOTHING_TOLD, OWNER } from '../worlds.ts';
import type { LittleSession } from './wire.ts';

/** What a process has of the outside world without deploys in place. */
export function plainPorts(fleet: FleetPort, inner: TrafficPort, session: LittleSession, clock: Clock): Ports {
  const traffic = createDiscovery(inner, new Elbv2(session), OWNER);
  const inPlace = nothingInPlace({ environment: 'shop' }, clock);
  return { fleet, traffic, outside: traffic, clock, ...NOTHING_TOLD, inPlace };
}

/** The real deployer of pull deploys. */
export function permitsBy(session: LittleSession): DeployerPort {
  const tools = { clock: session.clock, by: 'ann@desk' };
  return createPullDeployer(openBucket(session, BUCKET), tools);
}

function deliveryBy({ kind, description: words }: DeployerPort): Delivery {
  if (kind !== 'pull') return { words, check: false, migrate: 'with-deploy' };
  const converges = { pollS: 1, downloadS: 1, restartS: 10 };
  return { words, check: false, migrate: 'no', movesPointer: true, converges };
}

export function withDeploys(ports: Ports, deployer: DeployerPort, probe?: Partial<InstanceProbe>): Ports {
  const inPlace = {
    deploys: createDeploys({ environment: 'shop', deployer }),
    delivery: deliveryBy(deployer),
    probe: { ...createInstanceProbe({}, ports.clock), ...probe },
  } satisfies Ports['inPlace'];
  return { ...ports, inPlace };
}
