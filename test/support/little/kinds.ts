import { AutoScaling } from '../../../src/aws/autoscaling.ts';
import { CloudWatch } from '../../../src/aws/cloudwatch.ts';
import { Ec2 } from '../../../src/aws/ec2.ts';
import { Elbv2 } from '../../../src/aws/elbv2.ts';
import { OpsWorks } from '../../../src/aws/opsworks.ts';
import type { Session } from '../../../src/aws/session.ts';
import { Refreshes } from '../../../src/aws/refreshes.ts';
import { Standby } from '../../../src/aws/standby.ts';
import { Route53 } from '../../../src/aws/route53.ts';
import { createAutoScalingFleet } from '../../../src/fleets/auto-scaling/index.ts';
import { createEc2Fleet } from '../../../src/fleets/ec2/index.ts';
import type { FleetPort } from '../../../src/fleets/fleet.ts';
import { createOpsWorksFleet } from '../../../src/fleets/opsworks/index.ts';
import type { Counter } from '../../../src/traffic/residual-traffic.ts';
import type { TargetGroupsConfig, WeightedListenerConfig } from '../../../src/config/config.ts';
import { createPreviews, type PreviewPort } from '../../../src/traffic/preview.ts';
import { createTargetGroups } from '../../../src/traffic/target-groups.ts';
import type { TrafficPort } from '../../../src/traffic/traffic.ts';
import { createWeightedDns } from '../../../src/traffic/weighted-dns/index.ts';
import { createWeightedListener } from '../../../src/traffic/weighted-listener.ts';
import { HOLD_S } from './hold.ts';
import { stage, type Scene } from './scene.ts';
import type { LittleCloud } from './cloud.ts';
import { askIn, TAIL_S } from './names.ts';
import { stageNames, stageWeights, withTtl } from './scene-weights.ts';
import { production, testing, type State, type Way } from './state.ts';
import { withStack } from './opsworks.ts';
import { withScaling } from './scene-scaling.ts';

/** The real adapters, opened for a little cloud, and how that looks in the beginning. */
export interface Kind {
  readonly fleet: string;
  readonly traffic: string;
  readonly stage: (scene: Scene) => State;
  open(
    session: Session,
    start: State,
    cloud: LittleCloud,
  ): { readonly fleet: FleetPort; readonly traffic: TrafficPort };
}

/** Every kind of fleet with every kind of traffic: a further one is a further row. */
export const KINDS: readonly [Kind, ...Kind[]] = [
  {
    fleet: 'ec2',
    traffic: 'target-groups',
    stage,
    open: (session, start) => ({ fleet: ec2Fleet(session), traffic: targetGroups(session, start) }),
  },
  {
    fleet: 'ec2',
    traffic: 'weighted-listener',
    stage: stageWeights,
    open: (session, start) => ({ fleet: ec2Fleet(session), traffic: weightedListener(session, start) }),
  },
  {
    fleet: 'ec2',
    traffic: 'weighted-dns',
    stage: stageNames,
    open: (session, start, cloud) => ({ fleet: ec2Fleet(session), traffic: weightedDns(session, start, cloud) }),
  },
];

/** Beside `KINDS`: with its many requests it has a matrix of its own, with fewer rows. */
export const OPSWORKS: Kind = {
  fleet: 'opsworks',
  traffic: 'target-groups',
  stage: (scene) => withStack(stage(scene)),
  open: (session, start) => ({ fleet: opsWorksFleet(session), traffic: targetGroups(session, start) }),
};

/** The same where weights move traffic; the names' TTL is lowered before a switch. */
export const OPSWORKS_BY_WEIGHTS: readonly Kind[] = [
  {
    fleet: 'opsworks',
    traffic: 'weighted-listener',
    stage: (scene) => withStack(stageWeights(scene)),
    open: (session, start) => ({ fleet: opsWorksFleet(session), traffic: weightedListener(session, start) }),
  },
  {
    fleet: 'opsworks',
    traffic: 'weighted-dns',
    stage: (scene) => withStack(withTtl(stageNames(scene), LONG_TTL_S)),
    open: (session, start, cloud) => ({ fleet: opsWorksFleet(session), traffic: weightedDns(session, start, cloud) }),
  },
];

const LONG_TTL_S = 15;

/** Auto Scaling groups that take turns, which change by themselves: in the random worlds, and with matrices of their own. */
export const SCALED: readonly [Kind, ...Kind[]] = [
  {
    fleet: 'auto-scaling',
    traffic: 'weighted-listener',
    stage: (scene) => withScaling(stageWeights(scene), scene),
    open: (session, start) => ({ fleet: scaledFleet(session), traffic: weightedListener(session, start) }),
  },
  {
    fleet: 'auto-scaling',
    traffic: 'weighted-dns',
    stage: (scene) => withScaling(stageNames(scene), scene),
    open: (session, start, cloud) => ({ fleet: scaledFleet(session), traffic: weightedDns(session, start, cloud) }),
  },
];

/** Groups that are attached to the target groups of production and of test in turn. */
export const ATTACHED: Kind = {
  fleet: 'auto-scaling',
  traffic: 'target-groups',
  stage: (scene) => withScaling(stage(scene), scene),
  open: (session, start) => ({ fleet: scaledFleet(session, true), traffic: targetGroups(session, start) }),
};

/** Each kind of fleet with each kind of traffic. */
export const EVERY_KIND: readonly Kind[] = [...KINDS, OPSWORKS, ...OPSWORKS_BY_WEIGHTS, ...SCALED, ATTACHED];

/** Those of the random worlds. */
export const LIVED: readonly Kind[] = [...KINDS, ...SCALED, ATTACHED];

function scaledFleet(session: Session, moves = false): FleetPort {
  // Opened beforehand: virtual time does not wait for it.
  const cloudwatch = new CloudWatch(session);
  return createAutoScalingFleet({
    owner: { environment: 'shop', tagPrefix: 'turnout' },
    config: {
      kind: 'auto-scaling',
      tagPrefix: 'turnout',
      groups: ['shop-a', 'shop-b'],
      image: { name: 'shop-{release}' },
    },
    ec2: new Ec2(session),
    ssm: async () => Promise.reject(new Error('There is no SSM here.')),
    scaling: new AutoScaling(session),
    cloudwatch: async () => cloudwatch,
    standby: new Standby(session),
    refreshes: new Refreshes(session),
    ...(moves && { moves }),
  });
}

function opsWorksFleet(session: Session): FleetPort {
  return createOpsWorksFleet({
    owner: { environment: 'shop', tagPrefix: 'turnout' },
    config: { kind: 'opsworks', tagPrefix: 'turnout', stack: 'shop', app: 'shop', revision: '{release}' },
    opsworks: new OpsWorks(session),
    ec2: new Ec2(session),
    ssm: async () => Promise.reject(new Error('There is no SSM here.')),
  });
}

function ec2Fleet(session: Session): FleetPort {
  const cloudwatch = new CloudWatch(session);
  return createEc2Fleet({
    owner: { environment: 'shop', tagPrefix: 'turnout' },
    config: { kind: 'ec2', tagPrefix: 'turnout', image: { name: 'shop-{release}' } },
    ec2: new Ec2(session),
    ssm: async () => Promise.reject(new Error('There is no SSM here.')),
    cloudwatch: async () => cloudwatch,
  });
}

function targetGroups(session: Session, start: State): TrafficPort {
  return createTargetGroups(new Elbv2(session), targetGroupsIn(start));
}

function targetGroupsIn(start: State): TargetGroupsConfig {
  return {
    kind: 'target-groups',
    production: production(start).map(({ name }) => ({ targetGroup: name })),
    test: testing(start).map(({ name }) => ({ targetGroup: name })),
  };
}

/** With `preview` in the config: a header leads to green. */
export function openPreviewIn(session: Session, start: State): PreviewPort {
  const traffic = start.ways === undefined ? targetGroupsIn(start) : weightedListenerIn(start);
  const owner = { environment: 'shop', tagPrefix: 'turnout' };
  return createPreviews(
    new Elbv2(session),
    { traffic, preview: { by: 'header', name: 'x-preview', value: '42' } },
    owner,
  );
}

/** Loaded beforehand: virtual time does not wait for a file. */
function counterOf(session: Session): Counter {
  const cloudwatch = new CloudWatch(session);
  return { cloudwatch: async () => cloudwatch, now: () => session.clock.now() };
}

function weightedListener(session: Session, start: State): TrafficPort {
  return createWeightedListener(new Elbv2(session), weightedListenerIn(start), counterOf(session));
}

function weightedListenerIn({ groups, ways }: State): WeightedListenerConfig {
  const routes = (role: Way['role']) =>
    [...(ways?.values() ?? [])]
      .filter((way) => way.role === role)
      .map(({ port, priority }) => ({ loadBalancer: 'shop', port, ...(priority === undefined ? {} : { priority }) }));
  return {
    kind: 'weighted-listener',
    groups: [...groups.values()].flatMap(({ name, others }) => (others === true ? [] : { targetGroup: name })),
    production: routes('production'),
    test: routes('test'),
    stickiness: 'keep',
    retentionMs: HOLD_S * 1000,
    residualTraffic: { requests: 10, withinMs: TAIL_S * 1000 },
    steps: [100],
    everyMs: 30_000,
  };
}

function weightedDns(session: Session, { groups, ways }: State, cloud: LittleCloud): TrafficPort {
  const [blue = '', green = ''] = groups.keys();
  const config = {
    kind: 'weighted-dns',
    groups: [blue, green].map((targetGroup) => ({ targetGroup })),
    production: [...(ways ?? [])].map(([name, { ttlS }]) => ({
      name,
      zone: name.replace('www.', ''),
      type: 'A' as const,
      blue,
      green,
      ...(ttlS !== undefined && { lowerTtl: { fromS: LONG_TTL_S, toS: 5 } }),
    })),
    retentionMs: HOLD_S * 1000,
    residualTraffic: { requests: 10, withinMs: TAIL_S * 1000 },
    steps: [100],
    everyMs: 30_000,
  } as const;
  const counter = counterOf(session);
  const means = { elbv2: new Elbv2(session), route53: new Route53(session), counter, ask: askIn(cloud) };
  return createWeightedDns(means, config);
}
