import { ApiFailure } from './failure.ts';
import { EPOCH } from './clock.ts';
import type { LittleCloud } from './cloud.ts';
import type { Layer, OpsInstance, Stack } from './held-by.ts';
import type { Box, State } from './state.ts';

/** OpsWorks over a little cloud's instances, without its API's breadth. Unlike the sandbox it lets two instances share a hostname. */

const STACK = 'stack-1';
const APP = 'shop';

/** A world of plain instances, with a layer for each of its fleets. */
export function withStack(state: State): State {
  const own = [...state.boxes.values()].filter(({ id }) => id !== 'i-other' && id !== 'i-hand');
  const fleets = Map.groupBy(own, (box) => box.tags['turnout:fleet'] ?? 'blue');
  const layers = [...fleets].map(([name, boxes]): [string, Layer] => {
    const json = jsonFor(boxes[0]?.image.replace('ami-', '') ?? '');
    return [`layer-${name}`, { id: `layer-${name}`, name, json, tags: boxes[0]?.tags ?? {} }];
  });
  const instances = [...fleets].flatMap(([name, boxes]) =>
    boxes.map(({ id, zone }): [string, OpsInstance] => [
      `ops-${id}`,
      { id: `ops-${id}`, layer: `layer-${name}`, hostname: id, zone, box: id, stops: false },
    ]),
  );
  return { ...state, stack: { layers: new Map(layers), instances: new Map(instances) } };
}

function jsonFor(revision: string): string {
  return JSON.stringify({ deploy: { [APP]: { scm: { revision } } } });
}

function stackOf({ stack }: State): Stack {
  if (stack === undefined) throw new Error('There is no stack here.');
  return stack;
}

function refused(message: string): ApiFailure {
  return new ApiFailure('ValidationException', message);
}

function found<T>(map: ReadonlyMap<string, T>, id: string): T {
  const value = map.get(id);
  if (value === undefined) throw new ApiFailure('ResourceNotFoundException', `Unable to find ${id}`);
  return value;
}

function setLayer(cloud: LittleCloud, id: string, layer: Layer | undefined): void {
  cloud.change((state) => ({
    ...state,
    stack: { ...stackOf(state), layers: changed(stackOf(state).layers, id, layer) },
  }));
}

function setInstance(cloud: LittleCloud, id: string, instance: OpsInstance | undefined): void {
  cloud.change((state) => {
    const stack = stackOf(state);
    return { ...state, stack: { ...stack, instances: changed(stack.instances, id, instance) } };
  });
}

function changed<T>(map: ReadonlyMap<string, T>, id: string, value: T | undefined): ReadonlyMap<string, T> {
  const next = new Map(map);
  if (value === undefined) next.delete(id);
  else next.set(id, value);
  return next;
}

function statusOf({ box, stops }: OpsInstance, { boxes }: State): string {
  if (box === undefined) return 'stopped';
  const { state } = boxes.get(box) as Box;
  if (state === 'pending') return 'booting';
  if (state === 'running') return 'online';
  if (!stops) return 'connection_lost';
  return state === 'terminated' ? 'stopped' : 'shutting_down';
}

function shownInstance(instance: OpsInstance, seen: State): object {
  const { id, layer, hostname, zone, box } = instance;
  const Status = statusOf(instance, seen);
  return {
    InstanceId: id,
    Hostname: hostname,
    LayerIds: [layer],
    StackId: STACK,
    AvailabilityZone: zone,
    SubnetId: `subnet-${zone}`,
    InstanceType: 't3.micro',
    Os: 'Amazon Linux',
    Status,
    CreatedAt: new Date(EPOCH).toISOString(),
    // Not backed by EBS: what is stopped has lost its EC2 instance.
    ...(box === undefined || Status === 'stopped' ? {} : { Ec2InstanceId: box }),
  };
}

interface Named {
  readonly StackId?: string;
  readonly LayerId?: string;
  readonly InstanceId?: string;
  readonly ResourceArn?: string;
}

/** The instances that a request is about, by their EC2 ids. */
export function boxesOf(state: State, { InstanceId, ResourceArn }: Named): readonly string[] {
  const all = [...(state.stack?.instances.values() ?? [])];
  const named = all.filter(({ id, layer }) => id === InstanceId || layer === ResourceArn);
  return named.flatMap(({ box }) => box ?? []);
}

/** What a layer's instances are, its tags say: they are changed there, with those of its instances. @returns whether a layer has it */
export function tagLayerOf(cloud: LittleCloud, box: string, tags: Readonly<Record<string, string>>): boolean {
  const instance = [...(cloud.state.stack?.instances.values() ?? [])].find((one) => one.box === box);
  if (instance === undefined) return false;
  tagLayer(cloud, { ResourceArn: instance.layer, Tags: tags });
  return true;
}

function tagLayer(cloud: LittleCloud, { ResourceArn, Tags }: Tagging): void {
  const layer = found(stackOf(cloud.state).layers, ResourceArn);
  setLayer(cloud, layer.id, { ...layer, tags: { ...layer.tags, ...Tags } });
  for (const box of boxesOf(cloud.state, { ResourceArn })) cloud.tag(box, Tags);
}

interface Tagging {
  readonly ResourceArn: string;
  readonly Tags: Readonly<Record<string, string>>;
}

type Reading = (cloud: LittleCloud, input: never, seen: State) => object;
type Writing = (cloud: LittleCloud, input: never) => object;

export const stackReads: Readonly<Record<string, Reading>> = {
  DescribeStacks: () => ({ Stacks: [{ StackId: STACK, Name: 'shop' }] }),
  DescribeLayers: (_cloud, _input: Named, seen) => ({
    Layers: [...stackOf(seen).layers.values()].map(({ id, name, json }) => ({
      LayerId: id,
      Arn: id,
      StackId: STACK,
      Type: 'custom',
      Name: name,
      Shortname: name,
      CustomJson: json,
    })),
  }),
  ListTags: (_cloud, { ResourceArn = '' }: Named, seen) => ({ Tags: found(stackOf(seen).layers, ResourceArn).tags }),
  DescribeLoadBasedAutoScaling: () => ({ LoadBasedAutoScalingConfigurations: [] }),
};

/** DescribeInstances of OpsWorks; EC2 has one of that name too. */
export function describeStackInstances({ LayerId }: Named, seen: State): object {
  const { layers, instances } = stackOf(seen);
  if (LayerId !== undefined) found(layers, LayerId);
  const named = [...instances.values()].filter(({ layer }) => layer === (LayerId ?? layer));
  return { Instances: named.map((instance) => shownInstance(instance, seen)) };
}

export const stackWrites: Readonly<Record<string, Writing>> = {
  CreateLayer: (cloud, { Shortname, CustomJson }: { Shortname: string; CustomJson: string }) => {
    const { layers } = stackOf(cloud.state);
    if ([...layers.values()].some(({ name }) => name === Shortname))
      throw refused(`There is already a layer with shortname "${Shortname}" for this stack`);
    const id = `layer-${layers.size + 1}-${cloud.clock.now}`;
    setLayer(cloud, id, { id, name: Shortname, json: CustomJson, tags: {} });
    return { LayerId: id };
  },
  DeleteLayer: (cloud, { LayerId = '' }: Named) => {
    const { layers, instances } = stackOf(cloud.state);
    found(layers, LayerId);
    if ([...instances.values()].some(({ layer }) => layer === LayerId)) throw refused('The layer is not empty');
    setLayer(cloud, LayerId, undefined);
    return {};
  },
  UpdateLayer: (cloud, { LayerId, CustomJson }: { LayerId: string; CustomJson: string }) => {
    setLayer(cloud, LayerId, { ...found(stackOf(cloud.state).layers, LayerId), json: CustomJson });
    return {};
  },
  TagResource: (cloud, tagging: Tagging) => {
    tagLayer(cloud, tagging);
    return {};
  },
  CreateInstance: (cloud, input: { LayerIds: readonly string[]; Hostname: string; AvailabilityZone: string }) => {
    const layer = found(stackOf(cloud.state).layers, input.LayerIds[0] ?? '').id;
    const id = `ops-${stackOf(cloud.state).instances.size + 1}-${cloud.clock.now}`;
    const { Hostname: hostname, AvailabilityZone: zone } = input;
    setInstance(cloud, id, { id, layer, hostname, zone, stops: false });
    return { InstanceId: id };
  },
  StartInstance: (cloud, { InstanceId = '' }: Named) => {
    const instance = found(stackOf(cloud.state).instances, InstanceId);
    if (statusOf(instance, cloud.state) !== 'stopped') throw refused('The instance is not stopped');
    const { json, tags } = found(stackOf(cloud.state).layers, instance.layer);
    const revision = String(JSON.parse(json).deploy[APP].scm.revision);
    const fit = !revision.endsWith('-sick');
    const box = cloud.boot({ zone: instance.zone, image: `ami-${revision}`, fit, tags, token: instance.id });
    setInstance(cloud, instance.id, { ...instance, box, stops: false });
    return {};
  },
  StopInstance: (cloud, { InstanceId = '' }: Named) => {
    const instance = found(stackOf(cloud.state).instances, InstanceId);
    setInstance(cloud, instance.id, { ...instance, stops: true });
    if (instance.box !== undefined) cloud.terminate(instance.box);
    return {};
  },
  DeleteInstance: (cloud, { InstanceId = '' }: Named) => {
    const instance = found(stackOf(cloud.state).instances, InstanceId);
    if (statusOf(instance, cloud.state) !== 'stopped') throw refused('Please stop the instance before you delete it');
    setInstance(cloud, instance.id, undefined);
    return {};
  },
};

/** What must not be, beside what the watchman sees: two of one name at work. */
export function stackFaults({ stack, ...state }: State): readonly string[] {
  const running = [...(stack?.instances.values() ?? [])].filter((one) => statusOf(one, state) !== 'stopped');
  const names = running.map(({ hostname, layer }) => `${layer}/${hostname}`);
  return names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} runs twice`);
}
