import { randomUUID } from 'node:crypto';
import type {
  CreateLayerRequest,
  DeleteLayerRequest,
  DescribeLayersRequest,
  DescribeLoadBasedAutoScalingRequest,
  LayerType,
  SetLoadBasedAutoScalingRequest,
  UpdateLayerRequest,
} from '@aws-sdk/client-opsworks';
import { ACCOUNT } from '../ec2/state.ts';
import type { Call } from '../service.ts';
import { checkedJson } from './custom-json.ts';
import { validationException, opsWorksNotFound, provideOneKind } from './errors.ts';
import { instancesIn, layerOf, timestamp, stackOf, type OpsLayer, type OpsWorksState } from './state.ts';

const NAME_MAX = 32;
const SHORT = /^[A-Za-z0-9\-_.]+$/;
/** Value that DescribeLayers returns for passwords (OpsWorks API, Layer). */
const FILTERED = '*****FILTERED*****';

export function createLayer(state: OpsWorksState, input: CreateLayerRequest): object {
  return { LayerId: addLayer(state, input as Partial<OpsLayer>).LayerId };
}

/** Adds a layer with the given settings and defaults. */
export function addLayer(state: OpsWorksState, input: Partial<OpsLayer>): OpsLayer {
  const { StackId } = stackOf(state, input.StackId);
  checkNames(state, StackId, input);
  checkType(state, StackId, input.Type);
  checkedJson(input.CustomJson);
  const LayerId = randomUUID();
  const layer: OpsLayer = {
    Attributes: {},
    AutoAssignElasticIps: false,
    AutoAssignPublicIps: false,
    CustomRecipes: { Setup: [], Configure: [], Deploy: [], Undeploy: [], Shutdown: [] },
    CustomSecurityGroupIds: [],
    DefaultRecipes: { Setup: [], Configure: [], Deploy: [], Undeploy: [], Shutdown: [] },
    DefaultSecurityGroupNames: ['AWS-OpsWorks-Custom-Server'],
    EnableAutoHealing: true,
    InstallUpdatesOnBoot: true,
    LifecycleEventConfiguration: { Shutdown: { ExecutionTimeout: 120, DelayUntilElbConnectionsDrained: false } },
    Packages: [],
    UseEbsOptimizedInstances: false,
    VolumeConfigurations: [],
    ...input,
    StackId,
    LayerId,
    Arn: `arn:aws:opsworks:${state.region}:${ACCOUNT}:layer/${LayerId}`,
    CreatedAt: timestamp(state),
  };
  state.layers.set(LayerId, layer);
  return layer;
}

/** Both names must be unique in a stack (OpsWorks API, CreateLayer). */
function checkNames(
  state: OpsWorksState,
  stack: string,
  { Name = '', Shortname = '' }: Partial<OpsLayer>,
  self?: string,
): void {
  if (Name.length === 0 || Name.length > NAME_MAX)
    throw validationException(`Name must have 1 to ${NAME_MAX} characters`);
  if (!SHORT.test(Shortname) || Shortname.length > NAME_MAX)
    throw validationException(`Shortname must match [A-Za-z0-9-_.] and have 1 to ${NAME_MAX} characters`);
  const others = state.layers.values().filter((layer) => layer.StackId === stack && layer.LayerId !== self);
  if (others.some((layer) => layer.Name === Name))
    throw validationException(`There is already a layer named "${Name}" for this stack`);
  if (others.some((layer) => layer.Shortname === Shortname))
    throw validationException(`There is already a layer with shortname "${Shortname}" for this stack`);
}

/** A stack can have only one layer of each built-in type (OpsWorks API, CreateLayer). */
function checkType(state: OpsWorksState, stack: string, type: LayerType | undefined): void {
  if (type === 'custom') return;
  const exists = state.layers.values().some((layer) => layer.StackId === stack && layer.Type === type);
  if (exists) throw validationException(`There is already a layer of type "${type}" for this stack`);
}

export function describeLayers(state: OpsWorksState, input: DescribeLayersRequest, call?: Call): object {
  const { StackId, LayerIds } = input;
  if ((StackId === undefined) === (LayerIds === undefined)) throw provideOneKind('layer IDs or one stack ID');
  const layers = state.layers.values(call?.lagMs);
  if (StackId !== undefined) {
    stackOf(state, StackId);
    return { Layers: layers.filter((layer) => layer.StackId === StackId).map(layerShape) };
  }
  return {
    Layers: (LayerIds ?? []).map((id) => layerShape(layers.find((one) => one.LayerId === id) ?? throwNotFound(id))),
  };
}

function throwNotFound(id: string): never {
  throw opsWorksNotFound('layer', id);
}

function layerShape(layer: OpsLayer): OpsLayer {
  const attributes = Object.entries(layer.Attributes ?? {}).map(([key, value]) => [
    key,
    /password/i.test(key) && value !== '' ? FILTERED : value,
  ]);
  return { ...layer, Attributes: Object.fromEntries(attributes) };
}

export function updateLayer(state: OpsWorksState, { LayerId, ...change }: UpdateLayerRequest): object {
  const layer = layerOf(state, LayerId);
  checkedJson(change.CustomJson);
  checkNames(state, layer.StackId, { ...layer, ...(change as Partial<OpsLayer>) }, layer.LayerId);
  state.layers.set(layer.LayerId, { ...layer, ...(change as Partial<OpsLayer>) });
  return {};
}

export function deleteLayer(state: OpsWorksState, { LayerId }: DeleteLayerRequest): object {
  const layer = layerOf(state, LayerId);
  if (instancesIn(state, layer.LayerId).length > 0)
    throw validationException(
      'Please delete all instances of the layer, or remove them from it, before you delete the layer',
    );
  state.layers.set(layer.LayerId, undefined);
  state.tags.set(layer.Arn, undefined);
  state.scaling.delete(layer.LayerId);
  return {};
}

export function setLoadBasedAutoScaling(state: OpsWorksState, input: SetLoadBasedAutoScalingRequest): object {
  const { LayerId } = layerOf(state, input.LayerId);
  state.scaling.set(LayerId, { Enable: false, ...state.scaling.get(LayerId), ...input });
  return {};
}

export function describeLoadBasedAutoScaling(state: OpsWorksState, input: DescribeLoadBasedAutoScalingRequest): object {
  const ids = (input.LayerIds ?? []).map((id) => layerOf(state, id).LayerId);
  const none = { Enable: false, UpScaling: {}, DownScaling: {} };
  return {
    LoadBasedAutoScalingConfigurations: ids.map((LayerId) => ({ ...none, ...state.scaling.get(LayerId), LayerId })),
  };
}
