import { Ec2 } from '../../../src/aws/ec2.ts';
import { Elbv2 } from '../../../src/aws/elbv2.ts';
import { OpsWorks } from '../../../src/aws/opsworks.ts';
import type { Session } from '../../../src/aws/session.ts';
import { createEc2Fleet } from '../../../src/fleets/ec2/index.ts';
import type { FleetPort } from '../../../src/fleets/fleet.ts';
import { createOpsWorksFleet } from '../../../src/fleets/opsworks/index.ts';
import { createTargetGroups } from '../../../src/traffic/target-groups.ts';
import type { TrafficPort } from '../../../src/traffic/traffic.ts';
import { withStack } from './opsworks.ts';
import type { State } from './state.ts';

/** The real adapters, opened for a little cloud whose production groups have these names. */
export interface Kind {
  readonly fleet: string;
  readonly traffic: string;
  /** What the kind has beside instances and target groups. */
  readonly stage?: (state: State) => State;
  open(session: Session, production: readonly string[]): { readonly fleet: FleetPort; readonly traffic: TrafficPort };
}

/** Every kind of fleet with every kind of traffic: a further one is a further row. */
export const KINDS: readonly [Kind, ...Kind[]] = [
  {
    fleet: 'ec2',
    traffic: 'target-groups',
    open: (session, production) => ({ fleet: ec2Fleet(session), traffic: targetGroups(session, production) }),
  },
];

/** Beside `KINDS`: with its many requests it has a matrix of its own, with fewer rows. */
export const OPSWORKS: Kind = {
  fleet: 'opsworks',
  traffic: 'target-groups',
  stage: withStack,
  open: (session, production) => ({ fleet: opsWorksFleet(session), traffic: targetGroups(session, production) }),
};

function opsWorksFleet(session: Session): FleetPort {
  return createOpsWorksFleet({
    owner: { environment: 'shop', tagPrefix: 'turnout' },
    wish: { kind: 'opsworks', tagPrefix: 'turnout', stack: 'shop', app: 'shop', revision: '{release}' },
    opsworks: new OpsWorks(session),
    ec2: new Ec2(session),
    ssm: async () => Promise.reject(new Error('There is no SSM here.')),
  });
}

function ec2Fleet(session: Session): FleetPort {
  return createEc2Fleet({
    owner: { environment: 'shop', tagPrefix: 'turnout' },
    boot: { kind: 'ec2', tagPrefix: 'turnout', image: { name: 'shop-{release}' } },
    ec2: new Ec2(session),
    ssm: async () => Promise.reject(new Error('There is no SSM here.')),
  });
}

function targetGroups(session: Session, production: readonly string[]): TrafficPort {
  return createTargetGroups(new Elbv2(session), {
    kind: 'target-groups',
    production: production.map((name) => ({ targetGroup: name })),
    test: [{ targetGroup: 'test' }],
  });
}
