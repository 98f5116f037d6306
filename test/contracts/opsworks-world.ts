import { Ec2 } from '../../src/aws/ec2.ts';
import { OpsWorks } from '../../src/aws/opsworks.ts';
import { Ssm } from '../../src/aws/ssm.ts';
import type { OpsWorksFleetConfig } from '../../src/config/config.ts';
import { createOpsWorksFleet } from '../../src/fleets/opsworks/index.ts';
import type { FleetPort } from '../../src/fleets/fleet.ts';
import type { Ownership } from '../../src/domain/owners.ts';
import type { FaultSpec } from '../../src/sandbox/api/faults.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { openSession } from '../support/aws.ts';
import { callOpsWorks, quickSandbox } from '../support/quick-sandbox.ts';
import type { Fault, FleetWorld, FleetWorldOptions, Request, Way } from './fleet-world.ts';

export type Boot = Partial<Omit<OpsWorksFleetConfig, 'kind' | 'tagPrefix' | 'stack'>>;

/** What the config says, by name of the way. */
const BOOTS: Readonly<Record<string, Boot>> = {
  'the revision of an app': { app: 'shop' },
  'attributes of custom JSON': { customJson: { deploy: { shop: { scm: { revision: '{release}' } } } } },
  'an image by name': { app: 'none', image: { name: 'shop-{release}' }, customJson: { deploy: { shop: null } } },
};

const OPERATIONS: Readonly<Record<Request, string>> = {
  read: 'DescribeInstances',
  launch: 'CreateInstance',
  tag: 'TagResource',
  terminate: 'StopInstance',
};

const FAULTS: Readonly<Record<Fault, FaultSpec>> = {
  throttled: { kind: 'throttle' },
  broken: { kind: 'error' },
  refused: { kind: 'error', code: 'ValidationException', status: 400, message: 'You have reached your limit' },
  lost: { kind: 'error-after' },
  stale: { kind: 'stale', ms: 3_600_000 },
  slow: { kind: 'delay', ms: 100 },
};

export interface OpsWorksWorld extends FleetWorld {
  readonly sandbox: Sandbox;
  readonly stack: string;
  /** The layer that serves. */
  readonly layer: string;
  addLayer(shortName: string, tags: object): Promise<string>;
  boot(layers: readonly string[], zone?: string, type?: string): Promise<string>;
}

export async function startOpsWorksWorld({ blue = 3 }: FleetWorldOptions = {}): Promise<OpsWorksWorld> {
  const sandbox = await quickSandbox({ instances: blue, opsworks: { stack: 'shop', layer: 'web', app: 'shop' } });
  const { Stacks } = await callOpsWorks(sandbox, 'DescribeStacks', {});
  const stack: string = Stacks[0].StackId;
  const { Layers } = await callOpsWorks(sandbox, 'DescribeLayers', { StackId: stack });
  const addLayer = async (shortName: string, Tags: object): Promise<string> => {
    const input = { StackId: stack, Type: 'custom', Name: shortName, Shortname: shortName };
    const { LayerId } = await callOpsWorks(sandbox, 'CreateLayer', input);
    const made = await callOpsWorks(sandbox, 'DescribeLayers', { LayerIds: [LayerId] });
    await callOpsWorks(sandbox, 'TagResource', { ResourceArn: made.Layers[0].Arn, Tags });
    return LayerId as string;
  };
  const boot = async (LayerIds: readonly string[], zone = 'eu-west-1a', InstanceType = 't3.micro'): Promise<string> => {
    const SubnetId = sandbox.ec2.network.subnets.find((subnet) => subnet.zone === zone)?.id;
    const place = { AvailabilityZone: zone, SubnetId };
    const input = { StackId: stack, LayerIds, InstanceType, ...place };
    const { InstanceId } = await callOpsWorks(sandbox, 'CreateInstance', input);
    await callOpsWorks(sandbox, 'StartInstance', { InstanceId });
    const { Instances } = await callOpsWorks(sandbox, 'DescribeInstances', { InstanceIds: [InstanceId] });
    return Instances[0].Ec2InstanceId as string;
  };
  let seen = 0;
  let layers = 0;
  return {
    sandbox,
    stack,
    layer: Layers[0].LayerId as string,
    addLayer,
    boot,
    blue: sandbox.blue,
    open: (way = 'the revision of an app') => openOpsWorksFleet(sandbox.url, BOOTS[way] as Boot),
    unmanaged: async (count) => {
      const layer = await addLayer(`unmanaged-${(layers += 1)}`, {});
      return Promise.all(Array.from({ length: count }, async () => boot([layer])));
    },
    neighbour: async () => boot([await addLayer('neighbour', NEIGHBOUR)]),
    living: async () => sandbox.instances.list().filter(({ state }) => state === 'pending' || state === 'running'),
    lose: (id) => sandbox.instances.loseHost(id),
    protect: async () => Promise.reject(new Error('OpsWorks stops what is protected from termination too.')),
    fault: (kind, on, times) => {
      sandbox.faults.add({ ...FAULTS[kind], operation: OPERATIONS[on], ...(times && { count: times }) });
    },
    heal: () => sandbox.faults.clear(),
    requests: () => {
      const names = sandbox.requests.all.slice(seen).map(({ operation }) => operation);
      seen += names.length;
      return { changes: names.filter((name) => !READ.test(name)), reads: names.filter((name) => READ.test(name)) };
    },
    close: async () => sandbox.close(),
  };
}

const READ = /^(Describe|Get|List)/;
const NEIGHBOUR = { 'turnout:environment': 'cafe', 'turnout:fleet': 'shop-41', 'turnout:release': '41' };

export function openOpsWorksFleet(
  url: string,
  boot: Boot,
  owner: Ownership = { environment: 'shop', tagPrefix: 'turnout' },
): FleetPort {
  const session = openSession(url);
  return createOpsWorksFleet({
    owner,
    config: { kind: 'opsworks', tagPrefix: 'turnout', stack: 'shop', revision: '{release}', ...boot },
    opsworks: new OpsWorks(session),
    ec2: new Ec2(session),
    ssm: async () => new Ssm(session),
  });
}

const clonesBlue = async (world: FleetWorld): Promise<object> => ({ layer: (world as OpsWorksWorld).layer });

/** Every way that the config has for OpsWorks. */
export const OPSWORKS_WAYS: readonly Way[] = [
  { name: 'the revision of an app', pins: clonesBlue },
  { name: 'attributes of custom JSON', pins: clonesBlue },
  { name: 'an image by name', pins: clonesBlue, missing: 'no-such-image' },
];
